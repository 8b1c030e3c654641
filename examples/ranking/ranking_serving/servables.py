"""The loaded versions of the model, found by number, by label or as the latest."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.json_format import MessageToDict
from numpy.typing import NDArray
from tensorflow.core.protobuf import saved_model_pb2

from ranking_serving.errors import invalid, not_found
from ranking_serving.serving_config import ServingConfig

DEFAULT_SIGNATURE = "serving_default"


class Servable:
    """One version."""

    def __init__(self, version: int, folder: Path) -> None:
        self.version = version
        self._loaded = tf.saved_model.load(str(folder))
        saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
        self.signature_defs = {
            name: MessageToDict(definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
            for name, definition in saved.meta_graphs[0].signature_def.items()
        }

    def inputs(self, signature: str) -> dict[str, tf.TensorSpec]:
        """Return the named inputs of a signature.

        Raises:
            RestError: The model has no such signature.
        """
        if signature not in self._loaded.signatures:
            raise invalid(f'Serving signature name: "{signature}" not found in signature def')
        return self._loaded.signatures[signature].structured_input_signature[1]

    def predict(self, signature: str, tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run a signature.

        Args:
            signature: One that `inputs` knows.
            tensors: Each of its inputs.

        Raises:
            RestError: The tensors do not fit each other.
        """
        constants = {name: tf.constant(value) for name, value in tensors.items()}
        try:
            outputs = self._loaded.signatures[signature](**constants)
        except tf.errors.InvalidArgumentError as error:
            raise invalid(error.message) from error
        return {name: np.asarray(value) for name, value in outputs.items()}


class Servables:
    """All versions that a configuration names, loaded at once as TensorFlow Serving does before it listens."""

    def __init__(self, config: ServingConfig) -> None:
        self.config = config
        base = Path(config.base_path)
        missing = [version for version in config.versions if not (base / str(version) / "saved_model.pb").is_file()]
        if missing:
            raise FileNotFoundError(f"{base}: no SavedModel of version {missing[0]}; train it, or release another")
        self._versions = {version: Servable(version, base / str(version)) for version in config.versions}

    def find(self, name: str, version: int | None, label: str | None) -> Servable:
        """Return the version that a prediction asks for: a number, a label's, or the greatest number.

        Raises:
            RestError: There is none.
        """
        number = self._number(name, version, label)
        if name != self.config.name or (number is not None and number not in self._versions):
            wanted = f"Latest({name})" if number is None else f"Specific({name}, {number})"
            raise not_found(f"Servable not found for request: {wanted}")
        return self._versions[max(self._versions) if number is None else number]

    def status(self, name: str, version: int | None, label: str | None) -> dict[str, Any]:
        """Return the state of one version, or of all when none is named.

        Raises:
            RestError: There is none.
        """
        if name != self.config.name:
            raise not_found(f"Could not find any versions of model {name}")
        number = self._number(name, version, label)
        if number is not None and number not in self._versions:
            raise not_found(f"Could not find version {number} of model {name}")
        numbers = sorted(self._versions, reverse=True) if number is None else [number]
        available = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return {"model_version_status": [{"version": str(number), **available} for number in numbers]}

    def metadata(self, name: str, version: int | None, label: str | None) -> dict[str, Any]:
        """Return the signatures of a version.

        Raises:
            RestError: There is no such version.
        """
        servable = self.find(name, version, label)
        return {
            "model_spec": {"name": name, "signature_name": "", "version": str(servable.version)},
            # twice: a field of that name in a map of that name
            "metadata": {"signature_def": {"signature_def": servable.signature_defs}},
        }

    def _number(self, name: str, version: int | None, label: str | None) -> int | None:
        if label is None:
            return version
        if name != self.config.name or label not in self.config.labels:
            raise invalid(f"Unrecognized servable version label: {label}")
        return self.config.labels[label]

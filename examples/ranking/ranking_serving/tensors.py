"""JSON to tensors and back: TensorFlow Serving's row format ("instances") and column format ("inputs")."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ranking_serving.errors import invalid

Tensors = dict[str, NDArray[Any]]


class Spec(Protocol):
    """What is read of a TensorSpec."""

    @property
    def shape(self) -> Any:
        """The shape, with None where any size is right."""
        ...

    @property
    def dtype(self) -> Any:
        """The element type."""
        ...


def parse(body: bytes) -> tuple[dict[str, Any], str | None]:
    """Parse a request.

    Returns:
        The document and the signature that it names.

    Raises:
        RestError: It is no JSON object, or lacks what is needed.
    """
    try:
        document = json.loads(body)
    except json.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from error
    except (ValueError, RecursionError) as error:
        raise invalid("JSON Parse error: not UTF-8, or nested too deeply") from error
    if not isinstance(document, dict):
        raise invalid("JSON Parse error: the document has to be an object")
    signature = document.get("signature_name")
    if signature is not None and not isinstance(signature, str):
        raise invalid("'signature_name' key must be a string value")
    if "instances" in document and "inputs" in document:
        raise invalid("Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist")
    if "instances" not in document and "inputs" not in document:
        raise invalid("Missing 'inputs' or 'instances' key")
    return document, signature


def tensors_of(document: dict[str, Any], specs: Mapping[str, Spec]) -> Tensors:
    """Read the tensors of a parsed request.

    Raises:
        RestError: A name, a shape or an element type does not fit the signature.
    """
    columns = _columns(document["instances"], specs) if "instances" in document else document["inputs"]
    if len(specs) == 1 and not isinstance(columns, dict):
        columns = {next(iter(specs)): columns}
    if not isinstance(columns, dict) or columns.keys() != specs.keys():
        raise invalid(f"the named inputs have to be {sorted(specs)}")
    return {name: _tensor(name, columns[name], spec) for name, spec in specs.items()}


def _columns(instances: Any, specs: Mapping[str, Spec]) -> Any:
    if not isinstance(instances, list) or not instances:
        raise invalid("'instances' must be a non-empty list")
    if not any(isinstance(instance, dict) for instance in instances):
        return instances
    for position, instance in enumerate(instances):
        missing = specs.keys() if not isinstance(instance, dict) else specs.keys() ^ instance.keys()
        if missing:
            raise invalid(
                f"Failed to process element: {position} of 'instances' list. Error: Invalid argument: "
                f"the named inputs have to be {sorted(specs)}; missing or unknown: {sorted(missing)}"
            )
    return {name: [instance[name] for instance in instances] for name in specs}


def _tensor(name: str, value: Any, spec: Spec) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise invalid(f"Input {name}: its lists have different lengths") from error
    if array.dtype.kind not in "iuf":  # NumPy would also turn "1.5" and true into numbers
        raise invalid(f"Input {name}: JSON Value is not of the type expected: {spec.dtype.name}")
    if not spec.shape.is_compatible_with(array.shape):
        raise invalid(f"Input {name}: the shape is {list(array.shape)}, the signature wants {spec.shape}")
    return array.astype(spec.dtype.as_numpy_dtype)


def answer(outputs: Tensors, *, rows: bool) -> dict[str, Any]:
    """Return the response's document; a single output goes without its name.

    Args:
        outputs: Each named output.
        rows: Answer "predictions" by rows instead of "outputs" by columns.
    """
    lists = {name: output.tolist() for name, output in outputs.items()}
    if len(lists) == 1:
        return {"predictions" if rows else "outputs": next(iter(lists.values()))}
    if not rows:
        return {"outputs": lists}
    return {"predictions": [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]}

"""The churn model, from its artifact `model.json` (format logistic-terms/1 of the churn example).

Plain Python: the format is a list of summands, so a worker of a few megabytes needs neither scikit-learn nor NumPy.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = "logistic-terms/1"
FILE_NAME = "model.json"
FLAGS = {"true": True, "1": True, "false": False, "0": False}


class ModelError(Exception):
    """The artifact is missing, is not the wanted one, or is no model of this format."""


class RecordError(Exception):
    """A record is not what the model reads."""


@dataclass(frozen=True)
class Model:
    """A logistic regression.

    Attributes:
        version: What results call it.
        digest: Of its artifact.
        document: The artifact, parsed.
    """

    version: str
    digest: str
    document: dict[str, Any]

    def score(self, record: dict[str, Any]) -> float:
        """Return the probability that the customer leaves.

        Args:
            record: From JSON, or from CSV with every value a string. Keys that the model does not read are ignored.

        Raises:
            RecordError: A field is missing or wrong; the message names it.
        """
        values = {name: _value(name, field, record) for name, field in self.document["fields"].items()}
        log_odds = self.document["intercept"]
        for term in self.document["terms"]:
            value = values[term["field"]]
            if term["equals"] is not None:
                column = 1.0 if value == term["equals"] else 0.0
            else:
                column = (float(value) - term["mean"]) / term["scale"]
            log_odds += term["coefficient"] * column
        # exp() of a large positive number overflows, that of a negative one does not
        return 1 / (1 + math.exp(-log_odds)) if log_odds >= 0 else math.exp(log_odds) / (1 + math.exp(log_odds))


def load(directory: Path, version: str, wanted_digest: str | None = None) -> Model:
    """Read the model of a directory; the bytes that were hashed are the bytes that are parsed.

    Raises:
        ModelError: It cannot be read, has another digest, or is no model of this format.
    """
    path = directory / FILE_NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path}: cannot read the model: {error.strerror}; MODEL_PATH has to name its folder"
        ) from error
    # of a folder in which it is the only file, as for every model: sha256sum model.json | sha256sum
    line = f"{hashlib.sha256(data).hexdigest()}  {FILE_NAME}\n"
    digest = "sha256:" + hashlib.sha256(line.encode()).hexdigest()
    if wanted_digest and wanted_digest.removeprefix("sha256:") != digest.removeprefix("sha256:"):
        raise ModelError(
            f"{path}: the model is {digest}, but MODEL_DIGEST wants {wanted_digest}; "
            "the file was changed, or another version is mounted"
        )
    try:
        model = Model(version, digest, _document(data))
        # a trial record: what is missing in the artifact shows now, not in the first file
        model.score({name: _example(field) for name, field in model.document["fields"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecordError) as error:
        raise ModelError(f"{path}: no model of format {FORMAT}: {error}; train it with churn_service.train") from error
    return model


def _document(data: bytes) -> dict[str, Any]:
    document = json.loads(data)
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']!r}")
    return document


def _example(field: dict[str, Any]) -> Any:
    return {"number": field["minimum"], "flag": True, "category": (field["values"] or [""])[0]}[field["kind"]]


def _value(name: str, field: dict[str, Any], record: dict[str, Any]) -> Any:
    value = record.get(name)
    if value is None or value == "":
        raise RecordError(f"{name} is missing")
    if field["kind"] == "category":
        if value not in field["values"]:
            raise RecordError(f"{name} is {value!r}; it has to be one of {', '.join(field['values'])}")
        return value
    if field["kind"] == "flag":
        known = value if isinstance(value, bool) else FLAGS.get(value.lower()) if isinstance(value, str) else None
        if known is None:
            raise RecordError(f"{name} is {value!r}; it has to be true or false")
        return known
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not field["minimum"] <= number <= field["maximum"]:
        raise RecordError(f"{name} is {value!r}; it has to be from {field['minimum']:g} to {field['maximum']:g}")
    return number

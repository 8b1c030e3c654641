"""The model artifact: one JSON file that holds a logistic regression and what its inputs may be.

JSON instead of a pickle, because loading a pickle runs whatever its author put into it, and because a reviewer
can read the difference between two models. Numbers are rounded to ten significant digits when they are written,
so that training on another processor (whose linear algebra differs in the last bits) gives the same digest.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = "logistic-terms/1"
FILE_NAME = "model.json"


class ArtifactError(Exception):
    """The artifact is missing, is not the wanted one, or is no model of this format."""


@dataclass(frozen=True)
class Field:
    """One input of the model.

    Attributes:
        kind: "number", "flag" (true or false) or "category".
        minimum: Least value of a number.
        maximum: Greatest value of a number.
        values: The values that a category may have.
    """

    kind: str
    minimum: float = 0.0
    maximum: float = 0.0
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Term:
    """One summand of the log-odds.

    Attributes:
        field: The input that it reads.
        coefficient: Its weight.
        mean: Subtracted from a number first.
        scale: Divides a number after that.
        equals: For a category: the value for which the term counts.
    """

    field: str
    coefficient: float
    mean: float = 0.0
    scale: float = 1.0
    equals: str | None = None

    def column(self, record: dict[str, Any]) -> float:
        """Return what this term reads from a record, before its weight."""
        value = record[self.field]
        if self.equals is not None:
            return 1.0 if value == self.equals else 0.0
        return (float(value) - self.mean) / self.scale


@dataclass(frozen=True)
class Artifact:
    """A logistic regression as data.

    Attributes:
        name: The model's name.
        threshold: Probability from which the answer is yes.
        intercept: Log-odds of a record whose terms are all zero.
        fields: The inputs, by name.
        terms: The summands, in the order of the estimator's columns.
        training: What the training noted about itself: rows, seed, quality.
    """

    name: str
    threshold: float
    intercept: float
    fields: dict[str, Field]
    terms: tuple[Term, ...]
    training: dict[str, Any]


def rounded(number: float) -> float:
    """Round to ten significant digits, the precision of the format."""
    return float(f"{number:.10g}")


def dump(artifact: Artifact) -> bytes:
    """Return the artifact's bytes, the same for the same model."""
    document = {"format": FORMAT, **asdict(artifact)}
    return (json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def digest_of(data: bytes) -> str:
    """Return the digest that a release pins, as `sha256:<hex>`: of a folder in which the artifact is the only file.

    As for every model: `cd FOLDER && sha256sum model.json | sha256sum` (docs/workloads.md; with several files, too).
    """
    line = f"{hashlib.sha256(data).hexdigest()}  {FILE_NAME}\n"
    return "sha256:" + hashlib.sha256(line.encode()).hexdigest()


def load(directory: Path, wanted_digest: str | None = None) -> tuple[Artifact, str]:
    """Read the model of a directory; the bytes that were hashed are the bytes that are parsed.

    Args:
        directory: Where model.json is.
        wanted_digest: The digest that it has to have, with or without `sha256:`.

    Returns:
        The model and its digest.

    Raises:
        ArtifactError: It cannot be read, has another digest, or is no model of this format.
    """
    path = directory / FILE_NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = f"{path}: cannot read the model: {error.strerror}; MODEL_PATH has to name the folder of {FILE_NAME}"
        raise ArtifactError(reason) from error
    digest = digest_of(data)
    if wanted_digest and wanted_digest.removeprefix("sha256:") != digest.removeprefix("sha256:"):
        raise ArtifactError(
            f"{path}: the model is {digest}, but MODEL_DIGEST wants {wanted_digest}; "
            "the file was changed, or another version is mounted"
        )
    try:
        return _parse(json.loads(data)), digest
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: no model of format {FORMAT}: {error}; train it again") from error


def _parse(document: dict[str, Any]) -> Artifact:
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']!r}")
    fields = {name: Field(**{**field, "values": tuple(field["values"])}) for name, field in document["fields"].items()}
    terms = tuple(Term(**term) for term in document["terms"])
    unknown = {term.field for term in terms} - fields.keys()
    if unknown:
        raise ValueError(f"terms read fields that it does not declare: {sorted(unknown)}")
    return Artifact(
        name=str(document["name"]),
        threshold=float(document["threshold"]),
        intercept=float(document["intercept"]),
        fields=fields,
        terms=terms,
        training=dict(document["training"]),
    )

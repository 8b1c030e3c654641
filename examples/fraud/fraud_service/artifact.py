"""The model artifact: a random forest in skops' format, made reproducible.

A forest is too much for a JSON of our own. skops stores it as a zip of arrays and a description of types, and
loading it constructs only types that are trusted by name; a pickle would run whatever its author put into it.
One type has to be trusted here that skops does not trust by itself: scikit-learn's Tree, whose arrays index memory
unchecked. So an artifact should still come with a pinned digest.

skops numbers the objects by their addresses in memory and stamps the zip's entries with the time, so the same
model has another digest each time. `dump` renumbers and restamps: the same model has the same bytes.
"""

import hashlib
import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import sklearn
import skops.io
from sklearn.ensemble import RandomForestClassifier

FILE_NAME = "model.skops"
TRUSTED = ["sklearn.tree._tree.Tree"]
_ABOUT = "about.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name


class ArtifactError(Exception):
    """The artifact is missing, is not the wanted one, or is no model for this service."""


@dataclass(frozen=True)
class About:
    """What the artifact says about itself.

    Attributes:
        name: The model's name.
        features: Its inputs, in the order of the columns.
        sklearn: The version of scikit-learn that wrote it.
        rows: How many payments it was trained with.
        seed: Of the data and the forest.
        auc: Area under the ROC curve on unseen payments.
    """

    name: str
    features: tuple[str, ...]
    sklearn: str
    rows: int
    seed: int
    auc: float


def dump(forest: RandomForestClassifier, about: About) -> bytes:
    """Return the artifact's bytes, the same for the same model."""
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(forest))) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    schema = entries.pop("schema.json").decode()
    # addresses become numbers in the order of their first use; entries are named after them
    numbers: dict[str, str] = {}
    for address in re.findall(r'"__id__": (\d+)|"(\d+)\.npy"', schema):
        numbers.setdefault(address[0] or address[1], str(len(numbers) + 1))
    schema = re.sub(r'("__id__": )(\d+)', lambda found: found[1] + numbers[found[2]], schema)
    schema = re.sub(r'"(\d+)\.npy"', lambda found: f'"{numbers[found[1]]}.npy"', schema)
    renamed = {f"{numbers[name.removesuffix('.npy')]}.npy": data for name, data in entries.items()}
    renamed["schema.json"] = schema.encode()
    renamed[_ABOUT] = json.dumps(asdict(about), indent=1, sort_keys=True).encode()
    output = io.BytesIO()
    # stored, not deflated: compressed bytes depend on the version of zlib
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(renamed):
            target.writestr(zipfile.ZipInfo(name, _EPOCH), renamed[name])
    return output.getvalue()


def digest_of(data: bytes) -> str:
    """Return the digest that a release pins, as `sha256:<hex>`: of a folder in which the artifact is the only file.

    As for every model: `cd FOLDER && sha256sum model.skops | sha256sum` (docs/workloads.md; with several files, too).
    """
    line = f"{hashlib.sha256(data).hexdigest()}  {FILE_NAME}\n"
    return "sha256:" + hashlib.sha256(line.encode()).hexdigest()


def load(directory: Path, wanted_digest: str | None = None) -> tuple[RandomForestClassifier, About, str]:
    """Read the model of a directory; the bytes that were hashed are the bytes that are parsed.

    Args:
        directory: Where model.skops is.
        wanted_digest: The digest that it has to have, with or without `sha256:`.

    Returns:
        The forest, what it says about itself, and its digest.

    Raises:
        ArtifactError: It cannot be read, has another digest, or is no model for this service.
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
    about = _about(path, data)
    try:
        forest = skops.io.loads(data, trusted=TRUSTED)
    except Exception as error:  # skops raises what the broken part raises
        raise ArtifactError(f"{path}: skops cannot or may not load it: {error}; train it again") from error
    if not isinstance(forest, RandomForestClassifier):
        raise ArtifactError(f"{path}: it holds a {type(forest).__name__}, not a random forest")
    return forest, about, digest


def _about(path: Path, data: bytes) -> About:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = json.loads(archive.read(_ABOUT))
        about = About(**{**document, "features": tuple(document["features"])})
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path}: no model of this service: {error}; train it with fraud_service.train") from error
    if about.sklearn != sklearn.__version__:
        raise ArtifactError(
            f"{path}: written by scikit-learn {about.sklearn}, this process has {sklearn.__version__}; "
            "predictions may differ between versions: train it again with this one, or release the image that fits"
        )
    return about

"""The digest of a version's folder, which a release pins: a SavedModel is several files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class DigestError(Exception):
    """The folder is not what the release pins."""


def digest_of(folder: Path) -> str:
    """Return the digest of a folder, as `sha256:<hex>`.

    It is the SHA-256 of what `sha256sum` prints for the files in the order of their relative paths, so anyone can
    check it: `cd FOLDER && find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum`.

    Raises:
        OSError: A file cannot be read.
    """
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = "".join(f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n" for path in paths)
    return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()


def check(folder: Path, wanted: str) -> None:
    """Compare a folder with the digest that the release pins.

    Args:
        folder: The version's folder, on a file system (what is served from a bucket is checked where it is copied).
        wanted: The digest, with or without `sha256:`.

    Raises:
        DigestError: It differs, or there is no such folder.
    """
    if not folder.is_dir():
        raise DigestError(f"{folder}: there is no such version; MODEL_BASE, MODEL_NAME and MODEL_VERSION lead there")
    found = digest_of(folder)
    if found.removeprefix("sha256:") != wanted.removeprefix("sha256:"):
        raise DigestError(
            f"{folder}: the model is {found}, but MODEL_DIGEST wants {wanted}; "
            "a file was changed, or another version is mounted"
        )

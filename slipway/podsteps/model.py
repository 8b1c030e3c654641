"""Copies a release's model out of the bucket, and lets the service start only with the one that the release names.

    python -I -c SCRIPT FROM TO sha256:DIGEST

The digest of a folder is the SHA-256 of what `sha256sum` prints for its files, sorted by their paths
(docs/workloads.md). What is hashed is what is copied: each byte is read once. Exit 0: TO has the model. Exit 1: it does
not, and one line says why. This text is in every pod with a model, so a change of it is a rollout of them all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK = 1 << 20


class WrongModelError(Exception):
    """What is there is not what the release names."""


def files(folder: Path, inside: str = "") -> Iterator[str]:
    """Paths of the files below `folder`, relative to it. Raises WrongModelError for all but plain files and folders."""
    with os.scandir(folder / inside) as entries:
        for entry in entries:
            path = inside + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from files(folder, f"{path}/")
            elif not entry.is_file(follow_symlinks=False):
                raise WrongModelError(f"{path!r} is neither a file nor a folder")
            elif not path.isprintable() or "\\" in path:  # sha256sum would write it in another way
                raise WrongModelError(f"{path!r} is no name that is the same everywhere")
            else:
                yield path


def copied(source: Path, target: Path) -> str:
    """Copy one file; the digest of the bytes that were copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(reader, "rb") as old, target.open("xb") as new:
        while chunk := old.read(CHUNK):
            digest.update(chunk)
            new.write(chunk)
    target.chmod(0o444)
    return digest.hexdigest()


def fetch(source: Path, target: Path, wanted: str) -> int:
    """Copy the folder and compare; the number of its files. `target` appears when all is well, and not before."""
    partial = target.with_name(f"{target.name}.partial")
    for left in (partial, target):  # by this step's last try: a pod's folder outlives its containers
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(left)
    if not source.is_dir():
        raise WrongModelError(f"{source} is not in the bucket")
    paths = sorted(files(source), key=os.fsencode)
    if not paths:
        raise WrongModelError(f"{source} has no files")
    lines = "".join(f"{copied(source / path, partial / path)}  {path}\n" for path in paths)
    found = f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"
    if found != wanted:
        shutil.rmtree(partial)
        raise WrongModelError(f"{source} is {found}, and the release names {wanted}: a file differs, lacks or is more")
    partial.rename(target)
    return len(paths)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    source, target, wanted = arguments
    try:
        count = fetch(Path(source), Path(target), wanted)
    except (WrongModelError, OSError) as error:
        sys.stderr.write(f"model: {error}\n")
        return 1
    sys.stderr.write(f"model: {count} files of {source}, as the release names them\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Changes of the file system that are either there as a whole or not at all, also after a power failure."""

import os
from collections.abc import Iterable
from pathlib import Path

PARTIAL = ".partial"


def write(path: Path, lines: Iterable[str]) -> None:
    """Write a file: under a hidden name first, then flushed, then renamed.

    A crash leaves at most the hidden file, which the next try overwrites.

    Raises:
        OSError: It cannot be written.
    """
    partial = path.with_name(f".{path.name}{PARTIAL}")
    with partial.open("w", encoding="utf-8", newline="\n") as output:
        output.writelines(lines)
        output.flush()
        os.fsync(output.fileno())
    move(partial, path)


def move(source: Path, target: Path) -> None:
    """Rename within one file system, and flush both folders: the rename itself survives a power failure.

    Raises:
        OSError: It cannot be moved.
    """
    source.replace(target)
    for folder in {source.parent, target.parent}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""Where tools are kept: outside the clone, one folder for one pin, in place whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Generator

    from slipway.progress import Progress
    from slipway.tools.pins import Tool


def root() -> Path:
    """Return the cache: $SLIPWAY_CACHE, else $XDG_CACHE_HOME/slipway, else ~/.cache/slipway."""
    if own := os.environ.get("SLIPWAY_CACHE"):
        return Path(own).expanduser().absolute()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser().absolute() / "slipway"
    return Path.home() / ".cache" / "slipway"


def folder(tool: Tool, cache: Path) -> Path:
    """Return the folder of a tool's pin; it exists only when it is complete."""
    return cache / "tools" / f"{tool.name}-{tool.version}-{tool.key}"


def result(tool: Tool, cache: Path) -> Path:
    """Return what a caller wants of a tool: the executable, or the folder of its files."""
    return folder(tool, cache) if tool.files else folder(tool, cache) / tool.name


def has(tool: Tool, cache: Path) -> bool:
    """Say whether the tool is there, complete."""
    return result(tool, cache).exists()


@contextlib.contextmanager
def placing(tool: Tool, cache: Path) -> Generator[Path]:
    """Give an empty folder to fill; it becomes the tool's own by one rename when the block ends well.

    An interruption leaves at most a `.partial-` folder, which the next placing of the same tool removes. Call it
    with the lock of the tool held.
    """
    parent = cache / "tools"
    parent.mkdir(parents=True, exist_ok=True)
    prefix = f".partial-{tool.name}-"
    for leftover in parent.glob(f"{prefix}{tool.version}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{prefix}{tool.version}-", dir=parent))
    try:
        yield partial
        partial.chmod(0o755)
        _flush(partial)
        target = folder(tool, cache)
        shutil.rmtree(target, ignore_errors=True)  # only a broken one can be there: `has` said no
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _flush(place: Path) -> None:
    """Write the files through, so that a power cut after the rename leaves no empty executable."""
    for path in place.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())


@contextlib.contextmanager
def locked(name: str, cache: Path, progress: Progress) -> Generator[None]:
    """Hold a lock between processes, so that two of them never make the same tool at once.

    Raises:
        FailedError: the cache cannot be written.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        file = (cache / f".{name}.lock").open("a")
    except OSError as error:
        raise FailedError(
            f"{cache}: the cache of tools cannot be written ({error.strerror}); set SLIPWAY_CACHE to a folder that can"
        ) from error
    with file:
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    progress.say(f"another process is making the tools of {name}: waiting for it")
                    told = True
                time.sleep(0.5)
        yield  # the lock ends with the file

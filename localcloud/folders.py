"""Where the stand-ins of each environment live: one folder for one environment, with nothing shared between two.

`.slipway/NAME` of the clone; with $SLIPWAY_LOCAL_DIR that folder for `local`, and `$SLIPWAY_LOCAL_DIR-NAME` beside it
for every other environment. A folder holds a control plane, Google's store, Pulumi's state and the work directory, and
says in its file `environment` whose it is: so what an interrupted start or an environment without a file any more left
behind is still found and removed, and a stranger's folder is not.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Generator

LOCAL: Final = "local"
"""The environment that always runs on stand-ins."""
VARIABLE: Final = "SLIPWAY_LOCAL_DIR"
_MARK: Final = "environment"


def folder(root: Path, environment: str = LOCAL) -> Path:
    """Where the stand-ins of `environment` live in the clone at `root`.

    Raises FailedError when $SLIPWAY_LOCAL_DIR is the folder of another environment, as `env.sh` of its work directory
    sets it for the plain CLI: `local` would be applied to that environment's cloud.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return root / ".slipway" / environment
    local = Path(named).absolute()
    if (owner := _owner(local)) not in {LOCAL, ""}:
        raise FailedError(f"{VARIABLE} is {local}, the folder of environment `{owner}`; unset it in this shell")
    return local if environment == LOCAL else local.with_name(f"{local.name}-{environment}")


def folders(root: Path) -> dict[str, Path]:
    """The folders of the clone at `root` that exist, by environment, whether or not it has a file any more."""
    local = folder(root)
    if os.environ.get(VARIABLE):
        beside = {found.name.removeprefix(f"{local.name}-"): found for found in local.parent.glob(f"{local.name}-*")}
    else:
        beside = {found.name: found for found in local.parent.glob("*") if found != local}
    others = {name: found for name, found in sorted(beside.items()) if _owner(found) == name}
    return {**({LOCAL: local} if local.exists() else {}), **others}


def claim(root: Path, environment: str) -> Path:
    """The folder of `environment`, made if it is not there, with its name in it."""
    found = folder(root, environment)
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _owner(found) != environment:
        (found / _MARK).write_text(f"{environment}\n", encoding="utf-8")
    return found


def remove(path: Path) -> None:
    """Remove an environment's folder. Its mark goes last: killed in between, the rest is still known as ours."""
    for found in path.iterdir():
        if found.name == _MARK:
            continue
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        else:
            found.unlink()
    shutil.rmtree(path)


def start_command(path: Path) -> str:
    """What a person types to start the control plane in an environment's folder."""
    owner = _owner(path)
    return "slipway cluster start" + (f" -e {owner}" if owner not in {LOCAL, ""} else "")


@contextlib.contextmanager
def exclusive(root: Path, environment: str, doing: str) -> Generator[Path]:
    """One command at a time changes what is in an environment's folder. Raises FailedError that says which one does.

    A lock of the operating system: it is gone with the process that held it, however that ended.
    """
    claimed = claim(root, environment)
    with (claimed / "command.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise FailedError(f"another command is at work here ({file.read().strip()}): wait for it to end") from None
        file.truncate(0)
        file.write(f"{doing}, process {os.getpid()}\n")
        file.flush()
        yield claimed


def _owner(path: Path) -> str:
    """The environment that a folder says it belongs to; empty where it says nothing."""
    try:
        return (path / _MARK).read_text(encoding="utf-8").strip()
    except OSError:
        return ""

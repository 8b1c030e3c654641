"""Where something is mounted in a container: which paths may be taken, and that no two lie in each other."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Annotated, Final

from slipway.schema.base import WrongAtError, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH: Final = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
TAKEN: Final = {
    "/tmp": "every container's own scratch space",  # noqa: S108 - a path in the pod
    "/models": "the release's model",
    "/var/run/secrets": "secrets",
    "/proc": "the kernel's",
    "/sys": "the kernel's",
    "/dev": "the kernel's",
}
"""What the pod mounts by itself (infra/kubernetes/pod.py), and what belongs to the machine."""


def mount_path(text: str) -> None:
    """An absolute path below the root that nothing else is mounted at. Raises ValueError."""
    if not _PATH.fullmatch(text):
        raise ValueError(f"`{text}` is no path to mount at; write an absolute one without a slash at its end: /data")
    for taken, whose in TAKEN.items():
        if inside(text, taken) or inside(taken, text):
            raise ValueError(f"`{text}` collides with {taken}, which is for {whose}; choose another path")


def inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == folder or path.startswith(f"{folder}/")


def apart(mounts: Mapping[tuple[str, ...], str]) -> None:
    """Check that no mount hides another. Raises WrongAtError at the later of two; keys are where a path is written."""
    for (first, one), (second, other) in itertools.combinations(mounts.items(), 2):
        if inside(one, other) or inside(other, one):
            what = f"`{other}` and `{one}` of {'.'.join(first[:-1])} lie in each other"
            raise WrongAtError(second, f"{what}; give each a path of its own")


MountPath = Annotated[str, checked(mount_path)]

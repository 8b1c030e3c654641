"""What a verb comes to: writes, or that it is so already. What makes no sense now is refused by FailedError."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway.errors import FailedError

if TYPE_CHECKING:
    from slipway.operations.live import Live, Revision

MANAGER: Final = "slipway-operations"
"""Field manager of what a person decided, and Git says nothing about: it stays until somebody takes it back."""
AS_KUBECTL: Final = "kubectl"
"""Field manager of a template that is put back, as `kubectl rollout undo` writes it. The Kubernetes provider takes over
what kubectl has written (pulumi-kubernetes, `fixCSAFieldManagers`): the next release then removes what it does not
have. Under a name of our own, a variable of the old release would stay in the new one for ever."""


@dataclass(frozen=True)
class Patch:
    """One write: a JSON patch (list) or a merge patch (dict) to the object at `path`, or to a subresource of it."""

    path: str
    body: Any
    manager: str = MANAGER


@dataclass(frozen=True)
class Decision:
    """What to write, and what to say. Without patches it is so already."""

    said: str
    patches: tuple[Patch, ...] = ()
    comes: tuple[str, ...] = ()
    """What comes next, a sentence each."""
    target: Revision | None = None
    """The revision that is gone back to, or on to: its template is wanted from now on."""
    at_once: bool = False
    """Whether the target is to be taken without steps, once its controller has seen it."""

    @property
    def already(self) -> bool:
        """Whether there is nothing to write."""
        return not self.patches


def refuse(live: Live, what: str) -> FailedError:
    """The refusal of a verb on a service."""
    return FailedError(f"{live.key}: {what}")


def merge(live: Live, body: dict[str, Any], *, status: bool = False) -> Patch:
    """A merge patch that is refused when the workload is not what was looked at (`metadata.resourceVersion`).

    Two people who promote at once make one step, not two.
    """
    held = {"metadata": {"resourceVersion": live.version}} if live.version else {}
    return Patch(f"{live.path}/status" if status else live.path, {**held, **body})

"""One set of verbs for every kind of workload: what a kind can, its adapter says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from slipway.operations import deployments, rollouts, sets

if TYPE_CHECKING:
    from slipway.operations.decisions import Decision
    from slipway.operations.live import Live, Revision


class Adapter(Protocol):
    """What each kind of workload has. Every verb returns what to write, or raises FailedError with the reason."""

    def complete(self, live: Live) -> bool:
        """Whether no release is under way."""
        ...

    def standing(self, live: Live) -> str:
        """Where it stands, in a few words."""
        ...

    def last_good(self, live: Live) -> Revision | None:
        """The complete revision to go back to while a release is under way."""
        ...

    def promote(self, live: Live, *, full: bool) -> Decision:
        """On to the next step, or to the end."""
        ...

    def abort(self, live: Live) -> Decision:
        """Stop the release under way and go back."""
        ...

    def retry(self, live: Live, wanted: str) -> Decision:
        """Start again what was aborted; `wanted` is the stamp of Git's manifest."""
        ...

    def rollback(self, live: Live, number: int | None, *, steps: bool) -> Decision:
        """Back to a revision, by default to the last good one."""
        ...

    def pause(self, live: Live) -> Decision:
        """Stand still."""
        ...

    def resume(self, live: Live) -> Decision:
        """Go on."""
        ...


_ADAPTERS: Final[dict[str, Adapter]] = {
    "Deployment": deployments,
    "Rollout": rollouts,
    "StatefulSet": sets,
    "DaemonSet": sets,
}


def adapter(live: Live) -> Adapter:
    """The verbs of the service's kind."""
    return _ADAPTERS[live.kind.name]

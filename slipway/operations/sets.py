"""Verbs on a StatefulSet or a DaemonSet: they go forward and back pod by pod, and neither can be paused.

Sources: Kubernetes API reference, StatefulSetStatus (`updateRevision`, `currentRevision`) and DaemonSetStatus
(`updatedNumberScheduled`); kubectl 1.34, pkg/polymorphichelpers/rollback.go, which puts a ControllerRevision's template
back, and `kubectl rollout pause`, which knows Deployments only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from slipway.operations import returning
from slipway.operations.decisions import Decision, refuse

if TYPE_CHECKING:
    from slipway.operations.live import Live, Revision


def complete(live: Live) -> bool:
    """Whether every pod runs the wanted template."""
    if not live.seen:
        return False
    status = live.status
    if live.kind.name == "DaemonSet":
        return int(status.get("updatedNumberScheduled", 0)) >= int(status.get("desiredNumberScheduled", 0))
    return status.get("currentRevision") == status.get("updateRevision")


def standing(live: Live) -> str:
    """Where it stands, in a few words."""
    number = live.current.number if live.current else "?"
    return f"revision {number} is {'complete' if complete(live) else 'in progress'}"


def last_good(live: Live) -> Revision | None:
    """While a release is under way: the revision before it, as far as somebody recorded that it was healthy."""
    if complete(live):
        return None
    now = live.current
    older = [each for each in live.revisions if now is None or each.number < now.number]
    well = [each for each in older if each.record and each.record.outcome == returning.HEALTHY]
    return well[-1] if well else None


def promote(live: Live, *, full: bool) -> Decision:
    """Refused: it has no steps."""
    del full
    raise refuse(live, f"nothing to promote: a {live.kind.name} has no steps ({standing(live)})")


def abort(live: Live) -> Decision:
    """Back to the last complete revision."""
    if (now := live.current) and now.record and now.record.what == "abort":
        return Decision(f"{live.key} was aborted already: it is back at revision {now.number}")
    if complete(live):
        raise refuse(live, f"nothing to abort: {standing(live)}")
    target, why = returning.chosen(live, None, last_good(live))
    decision = returning.to(live, target)
    return returning.named(decision, f"{live.key} is aborted: back to revision {target.number}, {why}")


def retry(live: Live, wanted: str) -> Decision:
    """On again to what Git has."""
    return returning.again(live, wanted, standing(live), complete=complete(live))


def rollback(live: Live, number: int | None, *, steps: bool) -> Decision:
    """Back to a revision, pod by pod: a broken one is replaced first, for its controller keeps to no order."""
    del steps
    target, why = returning.chosen(live, number, last_good(live))
    decision = returning.to(live, target)
    return returning.named(decision, f"{decision.said}, {why}, pod by pod")


def pause(live: Live) -> Decision:
    """Refused: Kubernetes cannot."""
    _unable(live)


def resume(live: Live) -> Decision:
    """Refused: Kubernetes cannot."""
    _unable(live)


def _unable(live: Live) -> NoReturn:
    raise refuse(live, f"a {live.kind.name} cannot be paused: Kubernetes has no such switch for it; abort goes back")

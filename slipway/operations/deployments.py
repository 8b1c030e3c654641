"""Verbs on a Deployment. Source: kubectl 1.34, `kubectl rollout pause|resume|undo|status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.operations import returning
from slipway.operations.decisions import Decision, merge, refuse

if TYPE_CHECKING:
    from slipway.operations.live import Live, Revision


def complete(live: Live) -> bool:
    """Whether no release is under way.

    The condition is kubectl's, and holds when a pod of a complete release is not ready. A paused one has no such
    reason: there the numbers say it.
    """
    if not live.seen:
        return False
    status = live.status
    updated = int(status.get("updatedReplicas", 0))
    if int(status.get("replicas", 0)) > updated or updated < int(live.spec.get("replicas", 1)):
        return False
    if live.paused:
        return True
    reasons = {each["type"]: each.get("reason") for each in status.get("conditions", [])}
    return reasons.get("Progressing") in {"NewReplicaSetAvailable", "DeploymentResumed", None}


def standing(live: Live) -> str:
    """Where it stands, in a few words."""
    number = live.current.number if live.current else "?"
    if live.paused:
        return f"revision {number} is {'complete' if complete(live) else 'in progress'}, and it is paused"
    return f"revision {number} is complete" if complete(live) else f"revision {number} is in progress"


def last_good(live: Live) -> Revision | None:
    """While a release is under way: the revision before it, which still has pods or was recorded as healthy."""
    if complete(live):
        return None
    now = live.current
    older = [each for each in live.revisions if now is None or each.number != now.number]
    well = [each for each in older if each.pods or (each.record and each.record.outcome == returning.HEALTHY)]
    return well[-1] if well else None


def promote(live: Live, *, full: bool) -> Decision:
    """Refused: a Deployment has no steps that somebody could end."""
    del full
    if complete(live):
        raise refuse(live, f"nothing to promote: {standing(live)}")
    way = "resume it" if live.paused else "it goes on by itself"
    raise refuse(live, f"nothing to promote: a {live.kind.name} has no steps ({standing(live)}); {way}")


def abort(live: Live) -> Decision:
    """Back to the last complete revision: the controller itself would go on trying for ever."""
    if (now := live.current) and now.record and now.record.what == "abort":
        return Decision(f"{live.key} was aborted already: it is back at revision {now.number}")
    if complete(live):
        raise refuse(live, f"nothing to abort: {standing(live)}")
    target, why = returning.chosen(live, None, last_good(live))
    decision = returning.to(live, target)
    number = live.current.number if live.current else "?"
    return returning.named(
        decision, f"{live.key}: revision {number} is aborted: back to revision {target.number}, {why}"
    )


def retry(live: Live, wanted: str) -> Decision:
    """On again to what Git has, after an abort or a rollback. `wanted` is the stamp of Git's manifest."""
    return returning.again(live, wanted, standing(live), complete=complete(live))


def rollback(live: Live, number: int | None, *, steps: bool) -> Decision:
    """Back to a revision."""
    del steps
    target, why = returning.chosen(live, number, last_good(live))
    decision = returning.to(live, target)
    return returning.named(decision, f"{decision.said}, {why}")


def pause(live: Live) -> Decision:
    """Stand still."""
    if live.paused:
        return Decision(f"{live.key} is paused already ({standing(live)})")
    if complete(live):
        comes = f"nothing is under way ({standing(live)}): the next release will stand still until `resume`"
    else:
        comes = "pods that are starting still start; the deadline does not run while it is paused"
    return Decision(f"{live.key} is paused", (merge(live, {"spec": {"paused": True}}),), (comes,))


def resume(live: Live) -> Decision:
    """Go on."""
    if not live.paused:
        return Decision(f"{live.key} is not paused ({standing(live)})")
    return Decision(f"{live.key} goes on", (merge(live, {"spec": {"paused": False}}),))

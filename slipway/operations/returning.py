"""Going back: which revision, and the write that makes it the wanted one. The same for every kind of workload.

Sources: kubectl 1.34, pkg/polymorphichelpers/rollback.go, and argo-rollouts 1.10, cmd/undo: the old template replaces
the present one by a JSON patch, without the label of its hash.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slipway.operations.decisions import AS_KUBECTL, Decision, Patch, refuse
from slipway.stamp import STAMP

if TYPE_CHECKING:
    from slipway.operations.live import Live, Revision

_UNKNOWN = "unknown"
FAILED = "failed"
HEALTHY = "healthy"


def to(live: Live, target: Revision, *, at_once: bool = False) -> Decision:
    """Make `target` the wanted revision. Refused for a paused workload, as kubectl does: nothing would move."""
    now = live.current
    if now and now.number == target.number:
        return Decision(f"{live.key} is at revision {target.number} already")
    if live.paused:
        raise refuse(live, "it is paused, so nothing would move; resume it first")
    return Decision(
        f"{live.key} goes from revision {now.number if now else '?'} back to revision {target.number}",
        (_patch(live, target),),
        target=target,
        at_once=at_once,
    )


def chosen(live: Live, number: int | None, good: Revision | None) -> tuple[Revision, str]:
    """The revision to go back to, and why that one: the one asked for, `good`, or the last that did not fail."""
    now = live.current
    if number is not None:
        found = live.revision(number)
        if found is None:
            there = ", ".join(str(each.number) for each in live.revisions) or "none"
            raise refuse(live, f"revision {number} is not kept; there are {there}")
        return found, "as asked for"
    if good is not None and (now is None or good.number != now.number):
        return good, "the last that was complete"
    older = [each for each in live.revisions if now is None or each.number < now.number]
    if not older:
        raise refuse(live, "there is no older revision to go back to")
    well = [each for each in older if each.record and each.record.outcome == HEALTHY]
    if well:
        return well[-1], "the last that was healthy"
    rest = [each for each in older if not (each.record and each.record.outcome == FAILED)]
    if not rest:
        raise refuse(live, "every older revision has failed, too; name one by --to (slipway history)")
    return rest[-1], "the one before; how it ended was not recorded"


def forward(live: Live, wanted: str) -> Decision:
    """On again to what Git has, after somebody went back. `wanted` is the stamp of Git's manifest."""
    there = [each for each in live.revisions if each.annotations.get(STAMP) == wanted]
    if not there:
        raise refuse(live, "no revision here is what Git has now; `slipway up` releases that")
    decision = to(live, there[-1])
    return named(decision, f"{live.key}: on again to revision {there[-1].number}, which is what Git has")


def again(live: Live, wanted: str, standing: str, *, complete: bool) -> Decision:
    """Forward for a kind whose controller tries for ever by itself: refused where it has Git's manifest already."""
    if live.annotations.get(STAMP) != wanted:
        return forward(live, wanted)
    if complete:
        raise refuse(live, f"nothing to try again: {standing}")
    raise refuse(live, f"its controller still tries by itself ({standing}); abort it, or release another")


def _patch(live: Live, target: Revision) -> Patch:
    body: list[dict[str, Any]] = [{"op": "replace", "path": "/spec/template", "value": target.template}]
    stamp = target.annotations.get(STAMP, _UNKNOWN)
    if not live.annotations:
        body.append({"op": "add", "path": "/metadata/annotations", "value": {STAMP: stamp}})
    else:
        body.append({"op": "add", "path": f"/metadata/annotations/{STAMP.replace('/', '~1')}", "value": stamp})
    if live.version:  # refused with 409 when it is not what was looked at
        body.append({"op": "replace", "path": "/metadata/resourceVersion", "value": live.version})
    return Patch(live.path, body, AS_KUBECTL)


def named(decision: Decision, said: str) -> Decision:
    """The same writes in other words."""
    return decision if decision.already else replace(decision, said=said)

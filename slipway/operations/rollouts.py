"""Verbs on an Argo Rollout: the writes of its own plugin (argo-rollouts 1.10, pkg/kubectl-argo-rollouts/cmd)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slipway.operations import returning
from slipway.operations.decisions import Decision, merge, refuse
from slipway.stamp import STAMP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.operations.decisions import Patch
    from slipway.operations.live import Live, Revision


def complete(live: Live) -> bool:
    """Whether no release is under way: the wanted template is the stable one."""
    status = live.status
    return live.seen and bool(status.get("stableRS")) and status.get("currentPodHash") == status.get("stableRS")


def aborted(live: Live) -> bool:
    """Whether the release under way was aborted, by somebody or by a check."""
    return bool(live.status.get("abort")) and not complete(live)


def standing(live: Live) -> str:
    """Where it stands, in a few words."""
    number = live.current.number if live.current else "?"
    if complete(live):
        said = f"revision {number} is complete"
    elif aborted(live):
        said = f"revision {number} was aborted"
    else:
        all_steps, index = _steps(live)
        step = f", step {index + 1} of {len(all_steps)}" if index < len(all_steps) else ""
        said = f"revision {number} is in progress{step}"
    return f"{said}, and it is paused" if live.paused else said


def last_good(live: Live) -> Revision | None:
    """While a release is under way: the stable one."""
    return None if complete(live) else live.by_hash(live.status.get("stableRS", ""))


def promote(live: Live, *, full: bool) -> Decision:
    """End the pause at which it stands; with `full`, skip all steps and checks that are left."""
    if complete(live):
        raise refuse(live, f"nothing to promote: {standing(live)}")
    if aborted(live):
        raise refuse(live, f"nothing to promote: {standing(live)}; retry it first")
    on = (merge(live, {"spec": {"paused": False}}),) if live.paused else ()
    if full:
        if live.status.get("promoteFull"):
            return Decision(f"{live.key} is promoted fully already: the last pods change")
        body = {"status": {"promoteFull": True}}
        said = f"{live.key} is promoted fully ({standing(live)}): the steps and checks that are left are skipped"
        return Decision(said, (merge(live, body, status=True), *_fresh(on)))
    body = _onward(live)
    if body is None and not on:
        steps, index = _steps(live)
        doing = next(iter(steps[index])) if index < len(steps) else "pods"
        if doing in {"analysis", "experiment", "plugin"}:
            raise refuse(live, f"its checks run ({standing(live)}); promote skips no check, promote --full does")
        return Decision(f"{live.key} goes on already ({standing(live)})")
    status = (merge(live, {"status": body}, status=True),) if body is not None else ()
    return Decision(f"{live.key} is promoted ({standing(live)})", (*status, *(_fresh(on) if status else on)))


def abort(live: Live) -> Decision:
    """Stop and take the new release's pods and traffic away: the stable one serves everything."""
    if aborted(live):
        return Decision(f"{live.key} is aborted already ({standing(live)})")
    if complete(live):
        raise refuse(live, f"nothing to abort: {standing(live)}")
    stable = last_good(live)
    if stable is None:
        raise refuse(live, "it is its first release: there is nothing to go back to; release another")
    said = f"{live.key}: revision {live.current.number if live.current else '?'} is aborted"
    patch = merge(live, {"status": {"abort": True}}, status=True)
    return Decision(f"{said}: revision {stable.number} serves everything", (patch,))


def retry(live: Live, wanted: str) -> Decision:
    """Start an aborted release again at its first step; after a rollback, what Git has, by every step."""
    if not aborted(live):
        if live.annotations.get(STAMP) == wanted:
            raise refuse(live, f"nothing to try again: {standing(live)}")
        return returning.forward(live, wanted)
    said = f"{live.key}: {standing(live)} and starts again at its first step"
    return Decision(said, (merge(live, {"status": {"abort": False}}, status=True),))


def rollback(live: Live, number: int | None, *, steps: bool) -> Decision:
    """Back to a revision: at once, or with `steps` by all steps and checks of a release.

    Back to the stable one while another is under way is always at once: its pods are there.
    """
    target, why = returning.chosen(live, number, last_good(live))
    stable = target.hash == live.status.get("stableRS")
    decision = returning.to(live, target, at_once=not steps and not stable)
    if stable:
        how = "its pods still run"
    else:
        how = "by every step and check" if steps else "at once, without steps and checks"
    return returning.named(decision, f"{decision.said}, {why}: {how}")


def pause(live: Live) -> Decision:
    """Stand still where it is."""
    if live.paused:
        return Decision(f"{live.key} is paused already ({standing(live)})")
    comes = "it stands at its present weight until `resume`"
    if complete(live):
        comes = f"nothing is under way ({standing(live)}): the next release will stand still until `resume`"
    return Decision(f"{live.key} is paused", (merge(live, {"spec": {"paused": True}}),), (comes,))


def resume(live: Live) -> Decision:
    """Go on after `pause`. A step that waits for somebody is ended by `promote`, which approves it."""
    if live.paused:
        return Decision(f"{live.key} goes on ({standing(live)})", (merge(live, {"spec": {"paused": False}}),))
    if live.status.get("pauseConditions") and not complete(live) and not aborted(live):
        raise refuse(live, f"nobody paused it: it holds by its own plan ({standing(live)}); promote ends that")
    return Decision(f"{live.key} is not paused ({standing(live)})")


def _steps(live: Live) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The steps of a canary, and the index of the present one; none for a blue-green."""
    steps: Sequence[Mapping[str, Any]] = live.spec.get("strategy", {}).get("canary", {}).get("steps") or []
    return steps, int(live.status.get("currentStepIndex", 0) or 0)


def _onward(live: Live) -> dict[str, Any] | None:
    """What promotion writes to the status; None when it stands at no pause.

    An inconclusive check pauses on its own account: its step is passed over, too (cmd/promote, `getPatches`). What the
    plugin does in all other cases, one step further each time it is called, is left out: a second call would skip
    checks that nobody looked at.
    """
    status = live.status
    if not status.get("pauseConditions"):
        return None
    canary: Mapping[str, Any] = status.get("canary") or {}
    run: Mapping[str, Any] = canary.get("currentStepAnalysisRunStatus") or {}
    if run.get("status") == "Inconclusive" and status.get("controllerPause"):
        steps, index = _steps(live)
        return {"pauseConditions": None, "controllerPause": False, "currentStepIndex": min(index + 1, len(steps))}
    return {"pauseConditions": None}


def _fresh(patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
    """The same writes after another one to the same object, whose version has changed by that."""
    return tuple(replace(each, body={k: v for k, v in each.body.items() if k != "metadata"}) for each in patches)

"""The way of a release in words: each step of a live workload, and whether it is behind, now, or to come. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway.operations.verbs import adapter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.operations.live import Live

DONE, NOW, TO_COME = "done", "now", "to come"
_ROUTES: Final = {"setHeaderRoute": "requests that match", "setMirrorRoute": "a copy of the traffic"}


@dataclass(frozen=True)
class Step:
    """A step, and where the release stands: `done`, `now` or `to come`."""

    text: str
    where: str


def steps(live: Live) -> list[Step]:
    """The steps of the newest release of `live`; none for a Deployment, whose only step is its pods.

    After an abort all are to come: a retry starts at the first one.
    """
    strategy: Mapping[str, Any] = live.spec.get("strategy") or {}
    if "canary" in strategy:
        listed: Sequence[Mapping[str, Any]] = strategy["canary"].get("steps") or []
        return _canary(live, listed)
    if "blueGreen" in strategy:
        return _blue_green(live, strategy["blueGreen"])
    return []


def _canary(live: Live, listed: Sequence[Mapping[str, Any]]) -> list[Step]:
    index = int(live.status.get("currentStepIndex", 0) or 0)
    if adapter(live).complete(live):
        index = len(listed)
    elif live.status.get("abort"):
        return [Step(_said(each), TO_COME) for each in listed]
    return [
        Step(_said(each), DONE if number < index else NOW if number == index else TO_COME)
        for number, each in enumerate(listed)
    ]


def _said(step: Mapping[str, Any]) -> str:
    """One step of a canary (argo-rollouts 1.10, CanaryStep: exactly one key is set)."""
    if "setWeight" in step:
        return f"{step['setWeight']} % of the traffic to the new release"
    if "pause" in step:
        pause: Mapping[str, Any] = step["pause"] or {}
        lasts = pause.get("duration")
        return f"hold {lasts}" if lasts else "hold until somebody promotes it"
    if "setCanaryScale" in step:
        return f"{step['setCanaryScale'].get('replicas', 'some')} pods of the new release without traffic"
    for kind, what in _ROUTES.items():
        if kind in step:
            return f"{what} to the new release" if step[kind].get("match") else f"{what}: no longer to the new release"
    if "analysis" in step:
        templates: list[Mapping[str, str]] = step["analysis"].get("templates") or []
        named = [each.get("templateName", "") for each in templates]
        return f"checks ({', '.join(named)})"
    return next(iter(step), "nothing")


def _blue_green(live: Live, strategy: Mapping[str, Any]) -> list[Step]:
    ways: Mapping[str, str] = live.status.get("blueGreen") or {}
    new = live.status.get("currentPodHash")
    switched, complete = bool(new) and new == ways.get("activeSelector"), adapter(live).complete(live)
    by_hand = strategy.get("autoPromotionEnabled") is False
    after = strategy.get("autoPromotionSeconds")
    if by_hand:
        when = "when somebody promotes it"
    else:
        when = f"{after}s after its pods are ready" if after else "when its pods are ready"
    before = DONE if switched or complete else TO_COME if live.status.get("abort") else NOW
    behind = DONE if complete else NOW if switched else TO_COME
    return [
        Step(f"pods of the new release behind `{strategy.get('previewService', '')}`", before),
        Step(f"`{strategy.get('activeService', '')}` is switched to them {when}", DONE if switched else TO_COME),
        Step(f"old pods are kept for {strategy.get('scaleDownDelaySeconds', 30)}s", behind),
    ]

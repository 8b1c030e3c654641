"""From `checks:` to the analysis of an Argo Rollout: steps, analysis before and after a switch, in the background.

A step with a time becomes `analysis` inline, whose measurements fill that time: it passes by good measurements only. A
step that waits for a person is measured before it waits, and goes on being measured while it does.

Source: Argo Rollouts 1.10, `rollout/analysis.go` and `analysis/analysis.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from slipway.schema.checks import Check
    from slipway.schema.rollout import Rollout

BACKGROUND: Final = "background"
BEFORE, AFTER = "before", "after"
_ARGS: Final = (
    {"name": "new", "valueFrom": {"podTemplateHashValue": "Latest"}},
    {"name": "old", "valueFrom": {"podTemplateHashValue": "Stable"}},
)


def held(service: str, checks: Sequence[Check], seconds: int) -> dict[str, Any]:
    """The step of a canary that measures for `seconds`, instead of a pause."""
    return {"analysis": _analysis(service, f"{max(seconds, shortest(checks))}s")}


def before_approval(service: str, checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Steps to put before the pause of a canary that a person ends; none without checks."""
    return [held(service, checks, 0)] if checks else []


def background(service: str, checks: Sequence[Check], steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`analysis` of a canary with `steps`: from its first pause without an end on, for as long as it takes."""
    first = next((index for index, step in enumerate(steps) if step.get("pause") == {}), None)
    if first is None or all(check.job for check in checks):  # a job has run before the pause
        return {}
    return {"analysis": {**_analysis(service, BACKGROUND), "startingStep": first}}


def around_switch(
    service: str, before: Sequence[Check], after: Sequence[Check], *, kept: int, old: int
) -> dict[str, Any]:
    """`prePromotionAnalysis` and `postPromotionAnalysis` of a blue-green rollout.

    `kept` and `old` are the seconds for which the preview, and then the old pods, are kept.
    """
    found: dict[str, Any] = {}
    if before:
        found["prePromotionAnalysis"] = _analysis(service, BEFORE, f"{max(kept, shortest(before))}s")
    if after:
        found["postPromotionAnalysis"] = _analysis(service, AFTER, f"{max(old, shortest(after))}s")
    return found


def shortest(checks: Sequence[Check]) -> int:
    """Seconds in which all of `checks` can pass."""
    return max((check.shortest for check in checks), default=0)


def checks_of(rollout: Rollout) -> tuple[Sequence[Check], Sequence[Check]]:
    """The checks of a rollout: until everybody gets the new release, and after the switch of a blue-green one."""
    return getattr(rollout, "checks", ()), getattr(rollout, "checks_after", ())


def template_names(strategy: Any) -> list[str]:
    """Every AnalysisTemplate that a compiled strategy names, once each, sorted."""
    return sorted(set(_named(strategy)))


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in cast("dict[str, Any]", value).items():
            if key == "templateName":
                yield below
            else:
                yield from _named(below)
    elif isinstance(value, list):
        for below in cast("list[Any]", value):
            yield from _named(below)


def _analysis(service: str, *purpose: str) -> dict[str, Any]:
    name = "-".join((service, "checks", *purpose))
    return {"templates": [{"templateName": name}], "args": [dict(arg) for arg in _ARGS]}

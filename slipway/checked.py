"""Says what checks came to: which one, its value, its limit, where. Pure: AnalysisRuns in, a verdict out.

Source: Argo Rollouts 1.10 API, AnalysisRun; its labels (`rollout-type`, `step-index`) in `utils/analysis/factory.go`.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from slipway import units
from slipway.health import ABORTED, Health, State, inconclusive
from slipway.rollouts.checks import checks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from slipway.schema.checks import Check
    from slipway.schema.manifest import Service

_BAD: Final = ("Failed", "Error")
_GO_ON: Final = "`slipway promote` goes on without it, `slipway abort` goes back"


def explained(
    health: Health, workload: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], service: Service
) -> Health:
    """`health` with the check that decided it. `runs` are the AnalysisRuns of the release, oldest first.

    A release that is healthy is failed where a `web` check was let pass on an answer that was no JSON: the controller
    counts that as good, whatever the limit.
    """
    status = workload.get("status", {})
    checks = {check.label: check for each in checks_of(service.rollout) for check in each}
    if health.state is State.FAILED and status.get("abort"):
        said = _said(workload, runs, checks, _BAD)
        return replace(health, message=f"{said}; {ABORTED}") if said else health
    if health.state is State.WAITING and inconclusive(status):
        said = _said(workload, runs, checks, ("Inconclusive",))
        return replace(health, message=f"{said}; {_GO_ON}") if said else health
    if health.state is State.HEALTHY and (unread := next(_unread(runs, checks), None)):
        return replace(health, state=State.FAILED, message=unread)
    return health


def _said(
    workload: Mapping[str, Any],
    runs: Sequence[Mapping[str, Any]],
    checks: Mapping[str, Check],
    phases: Sequence[str],
) -> str:
    """Of the last run that ended in one of `phases`: its checks that did, and where the rollout was."""
    ended = [run for run in runs if run.get("status", {}).get("phase") in phases]
    if not ended:
        return ""
    results: Sequence[Mapping[str, Any]] = ended[-1]["status"].get("metricResults") or []
    found = [_result(each, checks.get(each["name"])) for each in results if each.get("phase") in phases]
    return f"{'; '.join(found)}{_place(workload, ended[-1])}" if found else ""


def _result(result: Mapping[str, Any], check: Check | None) -> str:
    name, phase = result["name"], result["phase"]
    measurements = [each for each in _measurements(result) if each.get("phase") == phase]
    last: Mapping[str, Any] = measurements[-1] if measurements else {}
    if phase == "Error":
        return (
            f"check {name} could not be measured ({result.get('error', 0)} times: {last.get('message', 'no reason')})"
        )
    if phase == "Inconclusive":
        return f"check {name} had no data{_few(check)}{_because(last)}"
    counted = f"({result.get('failed', 0)} of {result.get('count', 0)} measurements failed)"
    if check is None or check.job:
        return f"check {name} failed {counted}{_because(last)}"
    return f"check {name}: {_compared(check, str(last.get('value', '')))} {counted}"


def _measurements(result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return result.get("measurements") or []


def _few(check: Check | None) -> str:
    if check is None or not check.needed:
        return ""
    return f" (fewer than {check.needed} samples within {check.window})"


def _because(measurement: Mapping[str, Any]) -> str:
    return f": {measurement['message'].strip()}" if measurement.get("message") else ""


def _compared(check: Check, text: str) -> str:
    """`4.2 % is above 1 %`: the worst value of a measurement, in the unit of the limit."""
    values = _numbers(text)
    if not values:
        return f"{text} is no number"
    if check.most is not None and max(values) > check.most and check.max:
        return f"{_shown(max(values), check.max)} is above {_limit(check.max)}"
    if check.least is not None and min(values) < check.least and check.min:
        return f"{_shown(min(values), check.min)} is below {_limit(check.min)}"
    return f"{text} was beyond a limit that has changed since"


def _numbers(text: str) -> list[float]:
    """The numbers of a measurement's value: `[0.042]` of a query, `0.87` of an answer."""
    try:
        values = [float(each) for each in text.strip("[]").split(",") if each]
    except ValueError:
        return []
    return [value for value in values if not math.isnan(value)]


def _shown(value: float, limit: str) -> str:
    unit = units.threshold(limit)[1]
    factor = {"%": 100, "ms": 1000}.get(unit, 1)
    return f"{value * factor:.3g} {unit}".rstrip()


def _limit(text: str) -> str:
    unit = units.threshold(text)[1]
    return f"{text.removesuffix(unit)} {unit}".rstrip()


def _place(workload: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """Where a run belongs: a step and its weight, before or after the switch."""
    labels: Mapping[str, str] = run["metadata"].get("labels") or {}
    kind = labels.get("rollout-type", "")
    if kind in {"PrePromotion", "PostPromotion"}:
        return " before the switch" if kind == "PrePromotion" else " after the switch"
    steps: Sequence[Mapping[str, Any]] = workload["spec"].get("strategy", {}).get("canary", {}).get("steps", [])
    if kind != "Step" or not (index := labels.get("step-index", "")).isdigit():
        return " while somebody was waited for"
    weights = [step["setWeight"] for step in steps[: int(index) + 1] if "setWeight" in step]
    every = sum("setWeight" in step for step in steps)
    return f" at step {len(weights)} of {every}, weight {weights[-1]} %" if weights else ""


def _unread(runs: Sequence[Mapping[str, Any]], checks: Mapping[str, Check]) -> Iterator[str]:
    """Checks of an answer that passed although a value was no number."""
    for run in runs:
        results: Sequence[Mapping[str, Any]] = run.get("status", {}).get("metricResults") or []
        for result in results:
            check = checks.get(result["name"])
            for measurement in _measurements(result) if check and check.web else ():
                value = measurement.get("value", "")
                if measurement.get("phase") == "Successful" and not _is_number(value):
                    yield (
                        f"check {result['name']} passed on an answer that is no number: `{value[:60]}`; "
                        "the release is out and was not measured"
                    )


def _is_number(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (int, float))
    except ValueError:
        return False

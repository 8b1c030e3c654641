"""Checks: their schema, what they compile to, and what is said of what they came to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from slipway.checked import explained
from slipway.health import Health, State, judge
from slipway.rollouts.compile import plan
from slipway.rollouts.templates import Where, templates
from slipway.schema.checks import Check, Checks, measurable
from slipway.schema.manifest import Service

WHERE = Where(namespace="growth", release_url="http://churn-canary.growth.svc")
ERRORS = {"metric": "error-rate", "max": "1%"}
CANARY = {
    "strategy": "canary",
    "steps": [{"weight": 25, "for": "5m"}, {"weight": 50, "until": "approved"}],
    "checks": [ERRORS],
}
IMAGE = "ml/churn@sha256:" + "1" * 64


def service(rollout: dict[str, Any]) -> Service:
    return Service.model_validate(
        {
            "kind": "Service",
            "name": "churn",
            "release": {"image": IMAGE},
            "port": 8080,
            "probes": {"ready": "/readyz"},
            "scaling": {"min": 4},
            "rollout": rollout,
        }
    )


def compiled(rollout: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    spec = service(rollout)
    return {each["name"]: each["spec"]["metrics"] for each in templates(spec, plan(spec).strategy, WHERE)}


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({}, "nothing is measured"),
        ({**ERRORS, "prometheus": "up", "name": "x"}, "both say what is measured"),
        ({"prometheus": "up", "max": 1}, "has no name"),
        ({"metric": "error-rate"}, "has no limit"),
        ({"metric": "error-rate", "max": 1}, "`1` is no share"),
        ({"metric": "p95-latency", "max": "1%"}, "`1%` is no time"),
        ({"metric": "p95-latency", "max": "1h"}, "is no limit"),
        ({"name": "q", "prometheus": "x", "min": 2, "max": 1}, "max 1 is below min 2"),
        ({"name": "q", "prometheus": "rate(x[$windw])", "max": 1}, "`$windw` stands for nothing"),
        ({"name": "q", "prometheus": "x", "max": 1, "min_samples": 5}, "nothing counts samples"),
        ({"name": "q", "job": {"command": ["a"]}, "max": 1}, "a job passes by its exit code"),
        ({"name": "q", "web": {"value": "$.a"}, "max": 1}, "it needs a url or a path"),
    ],
)
def test_what_is_refused(check: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("$", r"\$")):
        Check.model_validate(check)


def test_two_checks_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two checks are called `error-rate`"):
        TypeAdapter(Checks).validate_python([ERRORS, ERRORS])


@pytest.mark.parametrize(("failures", "shortest"), [(0, 60), (2, 120)])
def test_a_hold_in_which_nothing_good_need_be_measured_is_refused(failures: int, shortest: int) -> None:
    check = Check.model_validate({**ERRORS, "failures": failures})
    measurable([check], shortest)
    with pytest.raises(ValueError, match=f"hold for {shortest}s or more"):
        measurable([check], shortest - 1)


@pytest.mark.parametrize("seconds", [60, 89, 90, 300, 311])
def test_measurements_end_with_the_hold(seconds: int) -> None:
    (metric,) = compiled({**CANARY, "steps": [{"weight": 25, "for": f"{seconds}s"}]})[f"churn-checks-{seconds}s"]
    first, every = int(metric["initialDelay"][:-1]), int(metric["interval"][:-1])
    assert first >= 60, "not before the window has filled"
    assert first + (metric["count"] - 1) * every == seconds
    assert metric["count"] > metric["failureLimit"]


def test_every_template_that_is_named_exists() -> None:
    found = compiled(CANARY)
    assert set(found) == {"churn-checks-300s", "churn-checks-60s", "churn-checks-background"}
    assert "count" not in found["churn-checks-background"][0], "it goes on for as long as somebody is waited for"
    steps = plan(service(CANARY)).strategy["canary"]["steps"]
    assert [next(iter(step)) for step in steps] == ["setWeight", "analysis", "setWeight", "analysis", "pause"]


def test_blue_green_is_measured_on_both_sides_of_the_switch() -> None:
    found = compiled(
        {"strategy": "blue-green", "checks": [ERRORS], "checks_after": [{"metric": "saturation", "max": "80%"}]}
    )
    assert {name: [each["name"] for each in metrics] for name, metrics in found.items()} == {
        "churn-checks-before-60s": ["error-rate"],
        "churn-checks-after-60s": ["saturation"],
    }


def test_no_data_is_neither_good_nor_bad() -> None:
    metric = compiled(CANARY)["churn-checks-60s"][0]
    assert metric["successCondition"] == "len(result) > 0 && all(result, # <= 0.01)"
    assert metric["failureCondition"] == "len(result) > 0 && any(result, # > 0.01)"
    assert metric["inconclusiveLimit"] == 0
    query = metric["provider"]["prometheus"]["query"]
    assert query.endswith(">= 20)"), "too few samples leave nothing"
    assert '"{{args.new}}"' in query


def run(phase: str, value: str = "", **labels: str) -> dict[str, Any]:
    key = {"Failed": "failed", "Inconclusive": "inconclusive"}[phase]
    result = {
        "name": "error-rate",
        "phase": phase,
        "count": 3,
        key: 1,
        "measurements": [{"phase": phase, "value": value}],
    }
    return {"metadata": {"labels": labels}, "status": {"phase": phase, "metricResults": [result]}}


def rollout(**status: Any) -> dict[str, Any]:
    spec = {"replicas": 4, "strategy": plan(service(CANARY)).strategy}
    spec["template"] = {"spec": {"containers": [{"image": "i"}]}}
    status |= {"observedGeneration": "1", "availableReplicas": 4}
    return {"kind": "Rollout", "metadata": {"name": "churn", "generation": 1}, "spec": spec, "status": status}


def test_a_failed_check_is_named_with_value_limit_and_place() -> None:
    live = rollout(abort=True, phase="Degraded")
    step = run("Failed", "[0.042]", **{"rollout-type": "Step", "step-index": "3"})
    health = explained(judge(live, "i", 4), live, [step], service(CANARY))
    assert health.state is State.FAILED
    assert health.message == (
        "check error-rate: 4.2 % is above 1 % (1 of 3 measurements failed) at step 2 of 2, weight 50 %; "
        "aborted, back on the old release"
    )


def test_no_data_waits_for_somebody() -> None:
    live = rollout(phase="Paused", pauseConditions=[{"reason": "InconclusiveAnalysisRun"}])
    step = run("Inconclusive", "[]", **{"rollout-type": "Step", "step-index": "1"})
    health = explained(judge(live, "i", 4), live, [step], service(CANARY))
    assert health.state is State.WAITING
    assert (
        "check error-rate had no data (fewer than 20 samples within 1m) at step 1 of 2, weight 25 %" in health.message
    )
    assert "`slipway abort`" in health.message


def test_an_answer_that_is_no_number_fails_a_release_that_is_out() -> None:
    web = {"name": "golden", "web": {"url": "https://example.com/a", "value": "$.accuracy"}, "min": 0.9}
    spec = service({**CANARY, "checks": [web]})
    passed = {"name": "golden", "phase": "Successful", "measurements": [{"phase": "Successful", "value": "<html>"}]}
    runs = [{"metadata": {}, "status": {"phase": "Successful", "metricResults": [passed]}}]
    health = explained(Health(State.HEALTHY, 4, 4), rollout(), runs, spec)
    assert health.state is State.FAILED
    assert "no number: `<html>`" in health.message

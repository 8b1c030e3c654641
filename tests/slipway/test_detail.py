"""One service in full: its steps in words, its revisions by role, its pods; on objects as controllers write them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from slipway.operations.steps import steps
from slipway.report import detail
from tests.slipway.test_health import blue_green
from tests.slipway.test_operations import canary, live, rolling, whole

WAYS: list[tuple[str, dict[str, Any], str]] = [
    ("weight", {"setWeight": 10}, "10 % of the traffic to the new release"),
    ("time", {"pause": {"duration": "300s"}}, "hold 300s"),
    ("approval", {"pause": {}}, "hold until somebody promotes it"),
    ("beside", {"setCanaryScale": {"replicas": 2}}, "2 pods of the new release without traffic"),
    ("header", {"setHeaderRoute": {"name": "m", "match": [{}]}}, "requests that match to the new release"),
    ("mirror", {"setMirrorRoute": {"name": "m"}}, "a copy of the traffic: no longer to the new release"),
    ("checks", {"analysis": {"templates": [{"templateName": "churn"}]}}, "checks (churn)"),
]


@pytest.mark.parametrize(("step", "said"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_a_step_in_words(step: dict[str, Any], said: str) -> None:
    service = canary(currentStepIndex=0)
    service.workload["spec"]["strategy"] = {"canary": {"steps": [step]}}
    assert [(each.text, each.where) for each in steps(service)] == [(said, "now")]


def test_where_a_canary_stands() -> None:
    assert [each.where for each in steps(canary())] == ["done", "now", "to come", "to come"]
    assert {each.where for each in steps(whole())} == {"done"}
    assert {each.where for each in steps(canary(abort=True))} == {"to come"}, "a retry starts at the first"
    assert steps(rolling(updated=1)) == []


@pytest.mark.parametrize(
    ("status", "where"),
    [
        ({"active": "6c9"}, ["now", "to come", "to come"]),
        ({"active": "7d4"}, ["done", "done", "now"]),
        ({"active": "7d4", "stableRS": "7d4"}, ["done", "done", "done"]),
        ({"active": "6c9", "abort": True}, ["to come", "to come", "to come"]),
    ],
)
def test_where_a_blue_green_stands(status: dict[str, Any], where: list[str]) -> None:
    service = live("Rollout", blue_green(**status), ["6c9", "7d4"])
    assert [each.where for each in steps(service)] == where


def pod(name: str, of: str, *, ready: bool) -> dict[str, Any]:
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    return {
        "metadata": {"name": name, "labels": {"rollouts-pod-template-hash": of}},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [] if ready else [{"name": "service", "state": waiting}],
        },
    }


def test_revisions_have_roles_and_pods_reasons() -> None:
    values = detail.as_values(canary(), [pod("churn-b-1", "b", ready=True), pod("churn-c-1", "c", ready=False)], {})
    assert [(each["revision"], each["role"]) for each in values["revisions"]] == [(3, "new")], "2 has no pods here"
    assert [(each["name"], each["revision"], each["ready"]) for each in values["pods"]] == [
        ("churn-b-1", 2, True),
        ("churn-c-1", 3, False),
    ]
    assert values["pods"][1]["why"] == "CrashLoopBackOff: back-off 10s"
    out = io.StringIO()
    Console(file=out, width=160).print(detail.as_renderable(values))
    shown = out.getvalue()
    assert "churn-c-1" in shown
    assert "churn-b-1" not in shown, "a pod that is well needs no line"


def test_what_is_not_in_the_cluster_has_nothing() -> None:
    assert detail.as_values(None, [], {})["revisions"] == []

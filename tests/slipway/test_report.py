"""What people read, to the letter."""

# ruff: noqa: E501 - lines as people see them

from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING

from rich.console import Console

from slipway.engine.results import PropertyChange, StackResult, Step
from slipway.health import Health, State
from slipway.report.changes import any_change, changes, summary
from slipway.report.services import all_good, as_table, as_values
from slipway.waiting import Outcome
from tests.support.repositories import DIGEST

if TYPE_CHECKING:
    from tests.support.repositories import Clone

PREFIX = "urn:pulumi:local.growth::slipway::"
RESULT = StackResult(
    "local.growth",
    steps=(
        Step("create", f"{PREFIX}slipway:kubernetes:Service::churn"),
        Step("create", f"{PREFIX}pulumi:providers:kubernetes::cluster"),
        Step("create", f"{PREFIX}slipway:kubernetes:Service$kubernetes:core/v1:Service::churn-service"),
        Step("update", f"{PREFIX}kubernetes:apps/v1:Deployment::fraud-deployment", (
            PropertyChange("spec.template.spec.containers[0].image", f"old@{DIGEST}", f"new@{DIGEST}"),
            PropertyChange("spec.replicas", None, 3),
            PropertyChange("metadata.labels", {"b": "2", "a": "1"}, None),
            PropertyChange("data.text", "one\ntwo", ""),
        )),
        Step("replace", f"{PREFIX}gcp:storage/bucket:Bucket::models", (PropertyChange("location", "EU", "US", replaces=True),)),
        Step("delete", f"{PREFIX}kubernetes:core/v1:ConfigMap::old"),
    ),
    unchanged=4,
    messages=("churn-service: warning: slow\nvery slow",),
)  # fmt: skip


def test_a_preview_tells_dangerous_things_first() -> None:
    assert changes([RESULT], planned=True).splitlines() == [
        "local.growth: 1 to replace, 1 to delete, 1 to update, 1 to create",
        "  ± Bucket models",
        "      location: EU -> US  (forces the replacement)",
        "  - ConfigMap old",
        "  ~ Deployment fraud-deployment",
        f"      spec.template.spec.containers[0].image: old@sha256:{DIGEST[7:26]}…{DIGEST[-30:]} -> new@sha256:{DIGEST[7:26]}…{DIGEST[-30:]}",
        "      spec.replicas: (none) -> 3",
        '      metadata.labels: {"a": "1", "b": "2"} -> (none)',
        '      data.text: "one\\ntwo" -> ""',
        "  + Service churn-service",
        "  ! churn-service: warning: slow",
        "  ! very slow",
    ]


def test_an_update_tells_what_was_done() -> None:
    assert summary(RESULT, planned=False) == "1 replaced, 1 deleted, 1 updated, 1 created"


def test_without_details() -> None:
    assert changes([dataclasses.replace(RESULT, messages=())], planned=False, details=False) == (
        "local.growth: 1 replaced, 1 deleted, 1 updated, 1 created"
    )


def test_nothing_to_do() -> None:
    nothing = StackResult("local.growth", unchanged=7)
    assert changes([nothing, nothing], planned=True) == "local.growth: no change\nlocal.growth: no change"
    assert not any_change([nothing])
    assert any_change([nothing, RESULT])


def test_a_failure_is_told_once() -> None:
    failed = StackResult("local.growth", error="code 255\nno engine")
    assert changes([failed], planned=False) == "local.growth: failed\n  ! code 255\n  ! no engine"
    assert changes([dataclasses.replace(failed, messages=("a: error: refused",))], planned=False) == (
        "local.growth: failed\n  ! a: error: refused"
    )


def test_an_operation_of_a_later_engine_is_shown() -> None:
    odd = StackResult("local.growth", steps=(Step("outlive", f"{PREFIX}a:b:C::x"),))
    assert changes([odd], planned=True).endswith("  ? C x")


def outcomes(clone: Clone) -> list[Outcome]:
    churn, fraud, ranking = clone.desired("dev").services
    return [
        Outcome(churn, Health(State.PROGRESSING, 3, 4, "holding, step 2 of 4, weight 25 %")),
        Outcome(fraud, Health(State.HEALTHY, 3, 3)),
        Outcome(ranking, Health(State.WAITING, 1, 1, "[bold]paused[/bold]")),
    ]


def test_the_table(clone: Clone) -> None:
    screen = io.StringIO()
    Console(file=screen, width=160, highlight=False).print(as_table("dev", outcomes(clone)))
    assert [line.rstrip() for line in screen.getvalue().splitlines()] == [
        "SERVICE         ENVIRONMENT  STRATEGY  RELEASE                       READY  STATE",
        "growth/churn    dev          canary    1.4.0@0123456789ab, model 42    3/4  progressing: holding, step 2 of 4, weight 25 %",
        "growth/fraud    dev          rolling   2.1.3@0123456789ab              3/3  healthy",
        "search/ranking  dev          recreate  0123456789ab                    1/1  waiting: [bold]paused[/bold]",
    ]


def test_values(clone: Clone) -> None:
    assert as_values("dev", outcomes(clone))[0] == {
        "service": "growth/churn",
        "environment": "dev",
        "strategy": "canary",
        "release": {"image": f"ml/churn:1.4.0@{DIGEST}", "model": f"churn/42@{DIGEST}"},
        "ready": 3,
        "wanted": 4,
        "state": "progressing",
        "message": "holding, step 2 of 4, weight 25 %",
    }


def test_what_may_be_left_alone(clone: Clone) -> None:
    churn, fraud, ranking = outcomes(clone)
    assert all_good([fraud, ranking])
    assert all_good([])
    assert not all_good([churn, fraud])
    for state in (State.FAILED, State.MISSING, State.OTHER):
        assert not all_good([dataclasses.replace(fraud, health=Health(state, 0, 1))])

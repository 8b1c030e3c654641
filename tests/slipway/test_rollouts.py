"""The compiled strategy, and the weights that a number of pods can keep."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slipway.rollouts.compile import Plan, plan
from slipway.rollouts.weights import by_replicas
from slipway.schema.base import WrongAtError
from slipway.schema.manifest import Service
from slipway.schema.rollout import Canary


def service(rollout: dict[str, Any], **more: Any) -> Service:
    """A service called churn with a rollout."""
    release = {"image": f"ml/churn@sha256:{'1' * 64}"}
    spec = {"kind": "Service", "name": "churn", "release": release, "port": 8080, "probes": {"ready": "/readyz"}}
    return Service.model_validate({**spec, "rollout": rollout, **more})


def canary(*steps: tuple[int, str], **more: Any) -> Canary:
    listed = [{"weight": weight, "for": hold} for weight, hold in steps]
    return Canary.model_validate({"strategy": "canary", "steps": listed, **more})


def test_rolling() -> None:
    rollout = {"strategy": "rolling", "max_surge": "1", "max_unavailable": "10%", "deadline": "5m"}
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "10%"}}
    assert plan(service(rollout)) == Plan("apps/v1", "Deployment", strategy, deadline=300)


def test_recreate() -> None:
    assert plan(service({"strategy": "recreate"})) == Plan("apps/v1", "Deployment", {"type": "Recreate"}, 600)


def test_canary() -> None:
    steps = [{"weight": 25, "for": "5m"}, {"weight": 50, "until": "approved"}, {"weight": 75, "for": "1h"}]
    found = plan(service({"strategy": "canary", "steps": steps, "max_surge": "50%"}))
    assert (found.api_version, found.kind) == ("argoproj.io/v1alpha1", "Rollout")
    assert found.strategy == {
        "canary": {
            "maxSurge": "50%",
            "maxUnavailable": 0,  # never left out: Argo's code and its reference differ on the default
            "stableService": "churn-stable",
            "canaryService": "churn-canary",
            "steps": [
                {"setWeight": 25},
                {"pause": {"duration": "300s"}},
                {"setWeight": 50},
                {"pause": {}},
                {"setWeight": 75},
                {"pause": {"duration": "3600s"}},
            ],
        }
    }
    assert (found.pauses, found.parts) == (3900, 4)
    assert (found.sides, found.switches) == (("stable", "canary"), False)


@pytest.mark.parametrize(
    "rollout",
    [
        {"strategy": "canary", "steps": [{"weight": 3, "until": "approved"}]},
        {"strategy": "a-b", "match": {"header": {"name": "x-group", "value": "b"}}, "for": "1h", "pods": 2},
        {"strategy": "shadow", "for": "1h", "pods": 2},
    ],
    ids=lambda rollout: rollout["strategy"],
)
def test_a_service_that_rests_has_no_steps(rollout: dict[str, Any]) -> None:
    """They would hold a release for an hour, or for a person, and a test would start pods."""
    found = plan(service(rollout, scaling={"min": 0}))
    assert (found.strategy["canary"]["steps"], found.pauses, found.parts) == ([], 0, 1)
    assert found.sides == ("stable", "canary"), "they stay, and it wakes up as it was"


def test_a_blue_green_that_rests_waits_for_nobody() -> None:
    found = plan(service({"strategy": "blue-green", "preview_pods": 1, "promote": "approved"}, scaling={"min": 0}))
    assert found.strategy["blueGreen"]["autoPromotionEnabled"] is True
    assert "previewReplicaCount" not in found.strategy["blueGreen"]


def test_no_pods_keep_any_weight() -> None:
    assert by_replicas(canary((3, "1m")), 0) == []


def test_a_canary_without_traffic_has_no_services() -> None:
    steps = [{"weight": 50, "for": "1m"}]
    found = plan(service({"strategy": "canary", "steps": steps}, port=None, probes={}))
    assert found.sides == ()
    assert not any(key.endswith("Service") for key in found.strategy["canary"])


def test_blue_green() -> None:
    found = plan(service({"strategy": "blue-green", "preview_pods": 1, "after": "2m", "keep_old": "10m"}))
    assert found.strategy == {
        "blueGreen": {
            "activeService": "churn",
            "previewService": "churn-preview",
            "previewReplicaCount": 1,
            "autoPromotionEnabled": True,
            "autoPromotionSeconds": 120,
            "scaleDownDelaySeconds": 600,
            "maxUnavailable": 0,
        }
    }
    assert (found.sides, found.switches, found.pauses) == (("preview",), True, 120)


def test_a_switch_by_hand() -> None:
    strategy = plan(service({"strategy": "blue-green", "promote": "approved"})).strategy["blueGreen"]
    assert strategy["autoPromotionEnabled"] is False
    assert "autoPromotionSeconds" not in strategy


def test_an_a_b_test_removes_its_route_before_all_traffic_comes() -> None:
    match = {"header": {"name": "x-group", "value": "b"}}
    found = plan(service({"strategy": "a-b", "match": match, "pods": 2, "for": "1h"}))
    assert found.strategy["canary"]["steps"] == [
        {"setCanaryScale": {"replicas": 2}},
        {
            "setHeaderRoute": {
                "name": "slipway-match",
                "match": [{"headerName": "x-group", "headerValue": {"exact": "b"}}],
            }
        },
        {"pause": {"duration": "3600s"}},
        {"setHeaderRoute": {"name": "slipway-match"}},
    ]


@pytest.mark.parametrize(
    ("sent", "matches"),
    [
        ("group=b", True),
        ("lang=en; group=b", True),
        ("lang=en; group=b; theme=dark", True),
        ("group=bb", False),
        ("mygroup=b", False),
        ("lang=group=b", False),
        ("group=a", False),
    ],
)
def test_a_cookie_is_matched_whole(sent: str, *, matches: bool) -> None:
    rollout = {"strategy": "a-b", "match": {"cookie": {"name": "group", "value": "b"}}, "until": "approved"}
    steps = plan(service(rollout)).strategy["canary"]["steps"]
    (match,) = steps[1]["setHeaderRoute"]["match"]
    assert match["headerName"] == "cookie"
    assert bool(re.fullmatch(match["headerValue"]["regex"], sent)) is matches
    assert steps[2] == {"pause": {}}


def test_a_shadow() -> None:
    found = plan(service({"strategy": "shadow", "share": 20, "for": "30m"}))
    assert [next(iter(step)) for step in found.strategy["canary"]["steps"]] == [
        "setCanaryScale",
        "setMirrorRoute",
        "pause",
        "setMirrorRoute",
    ]
    mirror = found.strategy["canary"]["steps"][1]["setMirrorRoute"]
    assert mirror["percentage"] == 20
    assert mirror["match"], "a step without a match removes the route"
    assert found.strategy["canary"]["steps"][3] == {"setMirrorRoute": {"name": "slipway-mirror"}}
    assert found.pauses == 1800


@pytest.mark.parametrize(
    ("pods", "weights", "kept"),
    [
        (4, (25, 50), [(1, 25), (2, 50)]),
        (3, (33, 66), [(1, 33), (2, 67)]),
        (10, (10, 14, 20), "it is 1 pod, as the step before"),
        (10, (10, 20, 95), "90 % is the most; use 90 or less"),
        (2, (50,), [(1, 50)]),
        (3, (10,), "weight 10 with 3 replicas and no gateway cannot be kept: 33 % is the least"),
        (1, (50,), "a canary of 1 pod is all or nothing"),
        (200, (1, 99), [(2, 1), (198, 99)]),
    ],
)
def test_weights(pods: int, weights: tuple[int, ...], kept: str | list[tuple[int, int]]) -> None:
    rollout = canary(*((weight, "1m") for weight in weights))
    if isinstance(kept, str):
        with pytest.raises(WrongAtError, match=kept):
            by_replicas(rollout, pods)
    else:
        assert [(weight.pods, weight.kept) for weight in by_replicas(rollout, pods)] == kept


@given(st.integers(2, 1000), st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(sorted))
def test_weights_that_are_taken_rise_and_leave_both_sides_a_pod(pods: int, weights: list[int]) -> None:
    try:
        found = by_replicas(canary(*((weight, "1m") for weight in weights)), pods)
    except WrongAtError:
        assume(False)
    counts = [0, *(weight.pods for weight in found), pods]
    assert counts == sorted(set(counts))
    assert all(abs(weight.pods - pods * weight.wanted / 100) <= 0.5 for weight in found)


@given(st.integers(2, 1000), st.integers(1, 99))
def test_the_bound_that_is_named_is_the_bound(pods: int, weight: int) -> None:
    try:
        by_replicas(canary((weight, "1m")), pods)
    except WrongAtError as error:
        bound = int(str(error).split("use ")[1].split(" or ")[0])
        step = 1 if "or more" in str(error) else -1
        if 1 <= bound <= 99:
            assert by_replicas(canary((bound, "1m")), pods)
        with pytest.raises(WrongAtError):
            by_replicas(canary((bound - step, "1m")), pods)


CHECKS = [{"metric": "error-rate", "max": "1%", "every": "30s", "window": "1m"}]


def test_a_step_with_checks_is_held_by_its_measurements() -> None:
    steps = [{"weight": 25, "for": "5m"}, {"weight": 50, "until": "approved"}]
    canary = plan(service({"strategy": "canary", "steps": steps, "checks": CHECKS})).strategy["canary"]
    assert [next(iter(step)) for step in canary["steps"]] == ["setWeight", "analysis", "setWeight", "analysis", "pause"]
    assert canary["steps"][-1] == {"pause": {}}
    assert canary["analysis"]["startingStep"] == 4, "checked as long as somebody is waited for"


def test_a_switch_is_checked_before_and_after() -> None:
    rollout = {"strategy": "blue-green", "after": "2m", "keep_old": "5m", "checks": CHECKS, "checks_after": CHECKS}
    found = plan(service(rollout))
    assert found.strategy["blueGreen"].keys() >= {"prePromotionAnalysis", "postPromotionAnalysis"}
    assert found.pauses == 120 + 300


def test_a_hold_that_is_too_short_to_measure_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"30s is too short for check error-rate: its first measurement comes after 60s"
    ):
        service({"strategy": "canary", "steps": [{"weight": 50, "for": "30s"}], "checks": CHECKS})

"""The compiled strategy, and the weights that a number of pods can keep."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slipway.rollouts.compile import Plan, plan
from slipway.rollouts.weights import by_replicas
from slipway.schema.base import WrongAtError
from slipway.schema.rollout import Canary, Recreate, Rolling


def canary(*steps: tuple[int, str], **more: Any) -> Canary:
    listed = [{"weight": weight, "for": hold} for weight, hold in steps]
    return Canary.model_validate({"strategy": "canary", "steps": listed, **more})


def test_rolling() -> None:
    assert plan(Rolling(strategy="rolling", max_surge="1", max_unavailable="10%", deadline="5m")) == Plan(
        "apps/v1",
        "Deployment",
        {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "10%"}},
        deadline=300,
        pauses=0,
    )


def test_recreate() -> None:
    assert plan(Recreate(strategy="recreate")) == Plan("apps/v1", "Deployment", {"type": "Recreate"}, 600, 0)


def test_canary() -> None:
    found = plan(canary((25, "5m"), (50, "1h"), max_surge="50%"))
    assert (found.api_version, found.kind) == ("argoproj.io/v1alpha1", "Rollout")
    assert found.strategy == {
        "canary": {
            "maxSurge": "50%",
            "maxUnavailable": 0,  # never left out: Argo's code and its reference differ on the default
            "steps": [
                {"setWeight": 25},
                {"pause": {"duration": "300s"}},
                {"setWeight": 50},
                {"pause": {"duration": "3600s"}},
            ],
        }
    }
    assert found.pauses == 3900


@pytest.mark.parametrize(
    ("pods", "weights", "kept"),
    [
        (4, (25, 50), [(1, 25), (2, 50)]),
        (3, (33, 66), [(1, 33), (2, 67)]),
        (10, (5, 10, 20), "it is 1 pod, as the step before"),
        (10, (5, 15, 95), "that is every pod; use 94 or less"),
        (2, (50,), [(1, 50)]),
        (2, (10,), "that is no pod; use 25 or more"),
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

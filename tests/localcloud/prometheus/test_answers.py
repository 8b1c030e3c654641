"""The stand-in of Prometheus: what it understands, what it plays, and that it never answers what it does not know."""

from __future__ import annotations

import pytest

from localcloud.prometheus.answers import Asked, UnknownQueryError, answer, understood
from slipway.rollouts.queries import query
from slipway.schema.checks import Check

LIMITS = {"error-rate": "1%", "p95-latency": "250ms", "saturation": "80%", "prediction-drift": "10%"}


def asked(metric: str, needed: int | None = None) -> str:
    check = Check.model_validate({"metric": metric, "max": LIMITS[metric], "min_samples": needed})
    text = query(check, {}, namespace="growth", service="churn", cpu="250m")
    return text.replace("{{args.new}}", "abc12").replace("{{args.old}}", "def34")


def pod(fault: str = "") -> dict[str, object]:
    return {"spec": {"containers": [{"env": [{"name": "LOCALCLOUD_FAULT", "value": fault}]}]}}


def value(metric: str, *pods: dict[str, object], needed: int | None = None) -> float | None:
    result = answer(asked(metric, needed), lambda _: list(pods), 1.0)["data"]["result"]
    return float(result[0]["value"][1]) if result else None


@pytest.mark.parametrize("metric", LIMITS)
def test_each_built_in_query_is_understood(metric: str) -> None:
    found = understood(asked(metric))
    needed = 2 if metric == "saturation" else 20
    assert found == Asked(metric, "growth", "churn", "abc12", needed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metric", "fault", "bad"),
    [
        ("error-rate", "errors", True),
        ("p95-latency", "slow", True),
        ("prediction-drift", "drift", True),
        ("error-rate", "slow", False),
    ],
)
def test_faults_make_their_own_numbers_bad(metric: str, fault: str, *, bad: bool) -> None:
    good = value(metric, pod())
    assert good is not None
    assert (value(metric, pod(), pod(fault)) != good) is bad


def test_no_data_is_an_empty_vector() -> None:
    assert value("error-rate") is None, "no pods"
    assert value("error-rate", pod("silent")) is None
    assert value("error-rate", pod(), needed=5000) is None, "more samples than there are"


@pytest.mark.parametrize(
    "text", ["", "up", "vector(0)", asked("error-rate") + " or vector(0)", asked("error-rate")[1:]]
)
def test_what_it_does_not_know_is_an_error(text: str) -> None:
    with pytest.raises(UnknownQueryError):
        answer(text, lambda _: [pod()], 1.0)

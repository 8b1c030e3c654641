"""A change of the strategy while a release is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from slipway.errors import FailedError
from slipway.underway import changes_family, refuse

if TYPE_CHECKING:
    from slipway.live import Cluster

CANARY, BLUE_GREEN, ROLLING = {"canary": {"steps": []}}, {"blueGreen": {}}, {"type": "RollingUpdate"}
OLD, NEW = {"metadata": {}, "spec": {"a": 1}}, {"metadata": {}, "spec": {"a": 2}}


@pytest.mark.parametrize(
    ("before", "after", "template", "found"),
    [
        (CANARY, BLUE_GREEN, OLD, True),
        (BLUE_GREEN, CANARY, OLD, True),
        (CANARY, {"canary": {"steps": [1]}}, OLD, False),
        (CANARY, BLUE_GREEN, NEW, False),
        (ROLLING, BLUE_GREEN, OLD, False),
    ],
)
def test_what_changes(before: Any, after: Any, template: Any, *, found: bool) -> None:
    assert changes_family({"strategy": before, "template": OLD}, {"strategy": after, "template": template}) is found


class Table:
    def __init__(self, status: dict[str, Any] | None) -> None:
        self.status = status

    def get(self, path: str) -> dict[str, Any] | None:
        assert path == "/apis/argoproj.io/v1alpha1/namespaces/growth/rollouts/churn"
        return None if self.status is None else {"status": self.status}


@pytest.mark.parametrize(
    "status",
    [
        None,
        {},
        {"currentPodHash": "a", "stableRS": "a"},
        {"currentPodHash": "a"},
        {"currentPodHash": "b", "stableRS": "a", "abort": True},
    ],
)
def test_what_is_through_or_aborted_may_change(status: Any) -> None:
    refuse(cast("Cluster", Table(status)), "growth", "churn")


def test_what_is_under_way_may_not() -> None:
    with pytest.raises(FailedError, match="`slipway promote` or `slipway abort` it first"):
        refuse(cast("Cluster", Table({"currentPodHash": "b", "stableRS": "a"})), "growth", "churn")

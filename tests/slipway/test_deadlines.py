"""Times that the Rollouts controller leaves on old ReplicaSets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from slipway.deadlines import ANNOTATION, forget, stale

if TYPE_CHECKING:
    from slipway.live import Cluster

AT = {ANNOTATION: "2026-11-21T20:22:08Z"}


def replica_set(name: str, replicas: int, annotations: dict[str, str] | None) -> dict[str, Any]:
    return {"metadata": {"name": name, "annotations": annotations}, "spec": {"replicas": replicas}}


SETS = [
    replica_set("churn-left", 0, {**AT, "other": "stays"}),
    replica_set("churn-ending", 2, AT),
    replica_set("churn-ended", 0, {"other": "stays"}),
    replica_set("churn-bare", 0, None),
]


def test_only_a_time_for_what_is_scaled_down_already_is_stale() -> None:
    assert stale(SETS) == ["churn-left"]


class Listed:
    def __init__(self) -> None:
        self.patched: list[tuple[str, Any]] = []

    def get(self, path: str, **query: str) -> dict[str, Any]:
        assert path == "/apis/apps/v1/namespaces/growth/replicasets"
        assert query == {"labelSelector": "app.kubernetes.io/name=churn"}
        return {"items": SETS}

    def patch(self, path: str, body: Any, *, manager: str) -> None:
        assert manager == "slipway"
        self.patched.append((path, body))


def test_it_is_taken_away_and_nothing_else() -> None:
    cluster = Listed()
    assert forget(cast("Cluster", cluster), "growth", "churn") == ["churn-left"]
    body = {"metadata": {"annotations": {ANNOTATION: None}}}
    assert cluster.patched == [("/apis/apps/v1/namespaces/growth/replicasets/churn-left", body)]

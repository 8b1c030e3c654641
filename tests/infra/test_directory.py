"""What a stack declares of a Kustomize directory, and how that is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from slipway.health import State
from slipway.kustomize.health import deadline, health
from tests.support.repositories import DIGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from slipway.live import Cluster
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

IMAGE = f"quay.io/acme/legacy@{DIGEST}"
OBJECTS = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: legacy, labels: {{tier: old}}}}
spec:
  replicas: 2
  progressDeadlineSeconds: 90
  selector: {{matchLabels: {{app: legacy}}}}
  template:
    metadata: {{labels: {{app: legacy}}}}
    spec: {{containers: [{{name: main, image: "{IMAGE}"}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: store}}
spec:
  selector: {{matchLabels: {{app: store}}}}
  template:
    metadata: {{labels: {{app: store}}}}
    spec: {{containers: [{{name: main, image: "{IMAGE}"}}]}}
  volumeClaimTemplates: [{{metadata: {{name: data}}}}]
"""
KUSTOMIZATION = "resources: [objects.yaml]\nconfigMapGenerator: [{name: limits, literals: [above=1]}]\n"


@pytest.fixture
def legacy(clone: Clone) -> Clone:
    clone.write("manifests/growth/legacy/kustomization.yaml", KUSTOMIZATION)
    clone.write("manifests/growth/legacy/objects.yaml", OBJECTS)
    return clone


def test_objects_are_made_as_they_are_with_labels_of_whose_they_are(legacy: Clone, declared: Declare) -> None:
    del legacy
    found = declared("dev.growth")
    made = found["legacy-deployment-legacy"].inputs
    assert made["metadata"]["namespace"] == "growth"
    assert made["metadata"]["labels"] == {
        "tier": "old",
        "app.kubernetes.io/managed-by": "slipway",
        "app.kubernetes.io/part-of": "growth",
        "slipway.dev/kustomization": "legacy",
    }
    assert made["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    assert made["spec"]["selector"] == {"matchLabels": {"app": "legacy"}}
    assert made["spec"]["template"]["metadata"] == {"labels": {"app": "legacy"}}
    kept = found["legacy-statefulset-store"].inputs["metadata"]["annotations"]["slipway.dev/kept-volumes"]
    assert kept == '[{"metadata": {"name": "data"}}]'
    (limits,) = [each for name, each in found.items() if name.startswith("legacy-configmap-limits-")]
    assert limits.inputs["data"] == {"above": "1"}


class Table:
    """Stands in for slipway.live.Cluster: answers with objects by the end of their path."""

    def __init__(self, **objects: dict[str, Any]) -> None:
        self._objects = objects

    def get(self, path: str, **query: str) -> dict[str, Any] | None:
        del query
        return self._objects.get(path.rpartition("/")[2])


def live(replicas: int, ready: int) -> dict[str, Any]:
    return {
        "metadata": {"generation": 1},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"image": IMAGE}]}}},
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "availableReplicas": ready,
        },
    }


def test_it_is_as_its_worst_workload_is(legacy: Clone) -> None:
    (directory,) = legacy.desired("dev").directories
    assert deadline(directory) == 90 + 600
    first = "Deployment legacy"
    cases = [
        (Table(legacy=live(2, 2), store=live(1, 1)), State.HEALTHY, (3, 3), ""),
        (Table(legacy=live(2, 1), store=live(1, 1)), State.PROGRESSING, (2, 3), f"{first}: 1 of 2 pods are ready"),
        (Table(legacy=live(2, 2)), State.MISSING, (2, 2), "StatefulSet store: it is not in the cluster"),
    ]  # fmt: skip
    for table, state, pods, message in cases:
        found = health(cast("Cluster", table), directory)
        assert (found.state, (found.ready, found.wanted), found.message) == (state, pods, message)

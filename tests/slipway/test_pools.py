"""Totals of node pools: what counts for each zone, in a sentence and in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway.engine.results import StackResult
from slipway.report.pools import Size, pools

if TYPE_CHECKING:
    from tests.support.repositories import Clone

DEV = "environments/dev.yaml"
POOLS = "        machine: e2-standard-4\n        nodes: {min_per_zone: 1, max_per_zone: 3}\n"
NOW = "1..3 nodes per zone x 3 zones = 3..9 nodes (e2-standard-4: 12..36 vCPU, 48..144 GiB)"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev.platform::slipway::slipway:gcp:Thing${kind}::{name}"


def previewed(cluster: dict[str, Any] | None = None, **pools: dict[str, Any]) -> list[StackResult]:
    """A preview of a platform whose state has this cluster and these pools."""
    before: dict[str, Any] = {urn("gcp:container/nodePool:NodePool", f"main-{k}-pool"): v for k, v in pools.items()}
    if cluster is not None:
        before[urn("gcp:container/cluster:Cluster", "cluster-main-cluster")] = cluster
    return [StackResult("dev.growth"), StackResult("dev.platform", before=before)]


def told(clone: Clone, results: list[StackResult]) -> list[str]:
    return [str(change) for change in pools(clone.desired("dev"), results)]


REGIONAL = {"location": "europe-west4"}
SCALED = {"autoscaling": {"minNodeCount": 1, "maxNodeCount": 3}, "nodeConfig": {"machineType": "e2-standard-4"}}


def test_before_there_is_a_cluster_the_pools_are_only_named(clone: Clone) -> None:
    assert told(clone, previewed()) == [f"node pool general: {NOW}"]


def test_without_the_platform_nothing_is_said(clone: Clone) -> None:
    assert told(clone, [StackResult("dev.growth")]) == []


def test_what_stays_is_told_once(clone: Clone) -> None:
    assert told(clone, previewed(REGIONAL, general=SCALED)) == [f"node pool general: {NOW}"]


@pytest.mark.parametrize(
    ("cluster", "before", "said"),
    [
        (
            REGIONAL,
            {"nodeCount": 2, "nodeConfig": {"machineType": "n2-standard-8"}},
            "2 nodes per zone x 3 zones = 6 nodes (n2-standard-8: 48 vCPU, 192 GiB)",
        ),
        (
            {"location": "europe-west4-a"},
            SCALED,
            "1..3 nodes in one zone (e2-standard-4: 4..12 vCPU, 16..48 GiB)",
        ),
        (
            {**REGIONAL, "nodeLocations": ["europe-west4-a", "europe-west4-b"]},
            SCALED,
            "1..3 nodes per zone x 2 zones = 2..6 nodes (e2-standard-4: 8..24 vCPU, 32..96 GiB)",
        ),
        (
            REGIONAL,
            {**SCALED, "nodeLocations": ["europe-west4-b"]},
            "1..3 nodes in one zone (e2-standard-4: 4..12 vCPU, 16..48 GiB)",
        ),
        (
            REGIONAL,
            {
                "nodeCount": 1,
                "nodeConfig": {
                    "machineType": "n1-standard-8",
                    "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 2}],
                },
            },
            "1 node per zone x 3 zones = 3 nodes (n1-standard-8: 24 vCPU, 90 GiB, 6 nvidia-tesla-t4)",
        ),
        (
            REGIONAL,
            {"nodeCount": 1, "nodeConfig": {"machineType": "a3-highgpu-8g"}},
            "1 node per zone x 3 zones = 3 nodes (a3-highgpu-8g: 624 vCPU, 5616 GiB, 24 nvidia-h100-80gb)",
        ),
        (
            REGIONAL,
            {"nodeCount": 1, "nodeConfig": {"machineType": "z9-standard-1"}},
            "1 node per zone x 3 zones = 3 nodes (z9-standard-1)",
        ),
        (REGIONAL, {}, "0 nodes per zone x 3 zones = 0 nodes (?)"),
    ],
)
def test_a_change_tells_both(clone: Clone, cluster: dict[str, Any], before: dict[str, Any], said: str) -> None:
    assert told(clone, previewed(cluster, general=before)) == [f"node pool general: {said} -> {NOW}"]


def test_pools_that_come_and_go(clone: Clone) -> None:
    assert told(clone, previewed(REGIONAL, old=SCALED)) == [
        f"node pool general: none -> {NOW}",
        f"node pool old: {NOW} -> none",
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "        machine: n2-standard-8\n        nodes: {min_per_zone: 2, max_per_zone: 8}\n",
            "2..8 nodes per zone x 3 zones = 6..24 nodes (n2-standard-8: 48..192 vCPU, 192..768 GiB)",
        ),
        (
            "        {machine: g2-standard-24, nodes: {per_zone: 1}, zones: [europe-west4-a, europe-west4-b]}\n",
            "1 node per zone x 2 zones = 2 nodes (g2-standard-24: 48 vCPU, 192 GiB, 4 nvidia-l4)",
        ),
        (
            "        {machine: n1-standard-8, nodes: {per_zone: 1}, gpu: {type: nvidia-tesla-t4, count: 2}}\n",
            "1 node per zone x 3 zones = 3 nodes (n1-standard-8: 24 vCPU, 90 GiB, 6 nvidia-tesla-t4)",
        ),
    ],
)
def test_what_is_written(clone: Clone, written: str, said: str) -> None:
    general = "        machine: e2-standard-4\n        nodes: {min_per_zone: 1, max_per_zone: 3}\n"
    clone.edit(DEV, general, f"{general}      more:\n{written}")
    assert told(clone, previewed())[1:] == [f"node pool more: {said}"]


def test_the_cluster_s_own_zones_count(clone: Clone) -> None:
    clone.edit(DEV, "    pools:\n", "    zones: [europe-west4-b]\n    pools:\n")
    assert told(clone, previewed()) == [
        "node pool general: 1..3 nodes in one zone (e2-standard-4: 4..12 vCPU, 16..48 GiB)"
    ]


def test_json_has_the_numbers(clone: Clone) -> None:
    (change,) = pools(clone.desired("dev"), previewed(REGIONAL, general={**SCALED, "nodeLocations": ["z"]}))
    values = change.values()
    assert values["pool"] == "general"
    assert values["before"]["totals"] == {"nodes": (1, 3), "vCPU": (4, 12), "GiB": (16, 48)}
    assert values["after"] == {
        "machine": "e2-standard-4", "least": 1, "most": 3, "zones": 3, "gpu": "", "gpus": 0,
        "totals": {"nodes": (3, 9), "vCPU": (12, 36), "GiB": (48, 144)},
    }  # fmt: skip
    (new,) = pools(clone.desired("dev"), previewed())
    assert new.values()["before"] is None


def test_part_of_a_machine_s_memory_is_told_as_it_is() -> None:
    assert str(Size("n1-standard-1", 1, 1, 1)) == "1 node in one zone (n1-standard-1: 1 vCPU, 3.75 GiB)"

"""GKE node pools: what is refused, and what only the store knows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from tests.support.gcp import ACCOUNT, CLUSTER, NETWORK, POOL, REGION, SUBNETWORK, Cloud, Refused, ids

REFUSED: list[Refused] = [
    (POOL, {"nodeLocations": ["europe-west4-x"]}, "unknown zone"),
    (POOL, {"autoscaling": {"minNodeCount": 3, "maxNodeCount": 2}}, "minNodeCount 3 is greater than maxNodeCount 2"),
    (POOL, {"autoscaling": {"minNodeCount": 1, "totalMaxNodeCount": 2}}, "exclude each other"),
    (POOL, {"autoscaling": {"minNodeCount": 0}}, "needs a maximum"),
    (POOL, {"initialNodeCount": 1}, "Cannot set both initial_node_count and node_count"),
    (POOL, {"nodeCount": 1001}, "between 0 and 1000"),
    (POOL, {"maxPodsPerNode": 300}, "between 8 and 256"),
    (POOL, {"upgradeSettings": {"maxSurge": 0, "maxUnavailable": 0}}, "cannot both be 0"),
    (POOL, {"nodeConfig": {"machineType": "n2-standard-5"}}, "did you mean 'n2-standard-"),
    (POOL, {"nodeConfig": {"diskSizeGb": 5}}, "less than 10 GB"),
    (POOL, {"nodeConfig": {"spot": True, "preemptible": True}}, "not both"),
    (POOL, {"nodeConfig": {"labels": {"kubernetes.io/x": "y"}}}, "reserved for Kubernetes"),
    (POOL, {"nodeConfig": {"labels": {"x": "not a value"}}}, "no label value"),
    (POOL, {"nodeConfig": {"taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]}}, "NoSchedule is none of"),
    (
        POOL,
        {
            "nodeConfig": {
                "machineType": "n2-standard-4",
                "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}],
            }
        },
        "N1 machines only",
    ),
    (
        POOL,
        {"nodeConfig": {"machineType": "g2-standard-4", "guestAccelerators": [{"type": "nvidia-l4", "count": 2}]}},
        "comes with 1 nvidia-l4",
    ),
    (
        POOL,
        {
            "nodeConfig": {
                "machineType": "n1-standard-4",
                "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 3}],
            }
        },
        "numbers of 1, 2, 4",
    ),
    (
        POOL,
        {"nodeConfig": {"machineType": "n1-standard-4", "guestAccelerators": [{"type": "nvidia-l4", "count": 1}]}},
        "comes only with g2-",
    ),
    (
        POOL,
        {"nodeConfig": {"machineType": "n1-standard-4", "guestAccelerators": [{"type": "gpu", "count": 1}]}},
        "unknown accelerator",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (POOL, {"nodeCount": None, "initialNodeCount": 1, "autoscaling": {"minNodeCount": 1, "maxNodeCount": 3}}),
    (POOL, {"nodeConfig": {"machineType": "g2-standard-4", "guestAccelerators": [{"type": "nvidia-l4", "count": 1}]}}),
    (POOL, {"nodeConfig": {"machineType": "n2-custom-4-8192"}}),
    (POOL, {"nodeCount": "2"}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (POOL, {"cluster": "c2"}, "clusters/c2' was not found"),
    (POOL, {"nodeConfig": {"serviceAccount": "nobody-here@demo-project.iam.gserviceaccount.com"}}, "was not found"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def test_a_pod_range_carries_so_many_nodes(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    tight = [
        {"rangeName": "pods", "ipCidrRange": "10.4.0.0/21"},
        {"rangeName": "services", "ipCidrRange": "10.8.0.0/20"},
    ]
    cloud.create(SUBNETWORK, secondaryIpRanges=tight)
    cloud.build(ACCOUNT, CLUSTER)
    inputs, state = cloud.create(POOL, nodeCount=2)
    with pytest.raises(ProviderError, match=r"IP_SPACE_EXHAUSTED.* room for 8 nodes, 9 are wanted"):
        cloud.update(POOL, inputs, state, nodeCount=3)


def test_zones_of_clusters_and_pools(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT)
    _, cluster = cloud.create(CLUSTER, location="us-east1", subnetwork=None, ipAllocationPolicy=None)
    assert cluster.outputs["nodeLocations"] == ["us-east1-b", "us-east1-c", "us-east1-d"]
    _, pool = cloud.create(POOL, cluster=cluster.id, nodeLocations=["us-east1-c"])
    assert pool.outputs["nodeLocations"] == ["us-east1-c"]
    assert pool.outputs["cluster"] == "main"
    with pytest.raises(ProviderError, match="not in the cluster's region us-east1"):
        cloud.create(POOL, name="two", cluster=cluster.id, nodeLocations=["us-west1-a"])


def test_quotas(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT, CLUSTER)
    quotas = {"N2_CPUS": 24, "NVIDIA_L4_GPUS": {REGION: 2}}
    (cloud.store.root / "quotas.json").write_text(json.dumps(quotas))
    inputs, state = cloud.create(POOL, nodeCount=2)
    with pytest.raises(ProviderError, match=r"Quota 'N2_CPUS' exceeded\.  Limit: 24\.0 in region europe-west4\."):
        cloud.update(POOL, inputs, state, nodeCount=3)
    with pytest.raises(ProviderError, match="Quota 'NVIDIA_L4_GPUS' exceeded"):
        cloud.create(POOL, name="gpu", nodeConfig={"machineType": "g2-standard-4"})
    cloud.create(
        POOL,
        name="gpu",
        nodeConfig={"machineType": "g2-standard-4"},
        nodeLocations=["europe-west4-a", "europe-west4-b"],
    )
    assert cloud.update(POOL, inputs, state, nodeCount=1).outputs["nodeCount"] == 1

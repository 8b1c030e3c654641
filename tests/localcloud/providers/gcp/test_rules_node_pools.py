"""GKE node pools: what is refused, and what only the store knows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from tests.support.gcp import ACCOUNT, CLUSTER, NETWORK, POOL, REGION, SUBNETWORK, Cloud, Refused, ids

_L4: dict[str, Any] = {"machineType": "g2-standard-4"}
_BLUE_GREEN: dict[str, Any] = {"standardRolloutPolicy": {"batchNodeCount": 1}}


def _gpu(**sharing: Any) -> dict[str, Any]:
    return {"nodeConfig": {**_L4, "guestAccelerators": [{"type": "nvidia-l4", "count": 1, **sharing}]}}


def _confidential(machine: str, kind: str | None = None) -> dict[str, Any]:
    wanted = {"enabled": True, "confidentialInstanceType": kind}
    return {"nodeConfig": {"machineType": machine, "confidentialNodes": wanted}}


def _tpu(machine: str, topology: str, **pool: Any) -> dict[str, Any]:
    placement = {"type": "COMPACT", "tpuTopology": topology}
    return {"nodeConfig": {"machineType": machine}, "placementPolicy": placement, **pool}


def _blue_green(**policy: Any) -> dict[str, Any]:
    return {"upgradeSettings": {"strategy": "BLUE_GREEN", "blueGreenSettings": {"standardRolloutPolicy": policy}}}


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
    # disks, sharing, confidentiality
    (POOL, {"nodeConfig": {"machineType": "n4-standard-4", "diskType": "pd-balanced"}}, "takes hyperdisk-balanced"),
    (
        POOL,
        {"nodeConfig": {"machineType": "n2-standard-4", "diskType": "hyperdisk-balanced"}},
        "takes a persistent disk",
    ),
    (
        POOL,
        _gpu(gpuSharingConfig={"gpuSharingStrategy": "SLICES", "maxSharedClientsPerGpu": 2}),
        "neither TIME_SHARING",
    ),
    (POOL, _gpu(gpuSharingConfig={"gpuSharingStrategy": "MPS", "maxSharedClientsPerGpu": 49}), "not between 2 and 48"),
    (POOL, _gpu(gpuPartitionSize="1g.5gb"), "nvidia-l4 has no partitions of 1g.5gb: none"),
    (POOL, _gpu(gpuDriverInstallationConfig={"gpuDriverVersion": "535"}), "'535' is none of"),
    (POOL, _confidential("n2-standard-4"), "n2-standard-4 has no SEV"),
    (POOL, _confidential("c2d-standard-4", "SEV_SNP"), "with it are of the series n2d"),
    (POOL, _confidential("c3-highmem-4", "TDX"), "of C3 the c3-standard types have it"),
    (POOL, _confidential("n2d-standard-4", "SGX"), "'SGX' is none of SEV, SEV_SNP, TDX"),
    (POOL, {"nodeConfig": {"confidentialNodes": {"enabled": True}}}, "e2-medium has no SEV"),
    # TPUs
    (POOL, _tpu("ct5lp-hightpu-4t", "3x3"), "has no topology 3x3: 2x2, 2x4"),
    (POOL, _tpu("ct5lp-hightpu-8t", "4x4"), "has no topology 4x4: 2x4"),
    (POOL, _tpu("ct5p-hightpu-4t", "4x4x6"), "has no topology 4x4x6"),
    (POOL, _tpu("n2-standard-4", "2x2"), "needs a TPU machine type"),
    (POOL, _tpu("ct6e-standard-4t", "4x4"), "has 4 nodes, not 1"),
    (POOL, _tpu("ct6e-standard-4t", "4x4", nodeCount=4, nodeLocations=["europe-west4-a"] * 2), "is in one zone"),
    (POOL, _tpu("ct6e-standard-4t", "4x4", nodeCount=None, autoscaling={"maxNodeCount": 8}), "the maximum must be 4"),
    # zones
    (
        POOL,
        {"nodeConfig": _L4, "nodeLocations": ["europe-west4-a", "europe-west2-c"]},
        "does not exist in zone 'europe-west2-c'. It is in europe-west2-a, europe-west2-b",
    ),
    (
        POOL,
        {"nodeConfig": {"machineType": "t2a-standard-4"}, "nodeLocations": ["us-central1-c"]},
        "does not exist in zone 'us-central1-c'",
    ),
    (
        POOL,
        {"nodeConfig": {"machineType": "ct5lp-hightpu-1t"}, "location": "europe-west4-a"},
        "does not exist in zone 'europe-west4-a'. It is in europe-west4-b",
    ),
    (
        POOL,
        {
            "nodeLocations": ["europe-west9-a"],
            "nodeConfig": {
                "machineType": "n1-standard-4",
                "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}],
            },
        },
        'Accelerator type "nvidia-tesla-t4" does not exist in zone europe-west9-a',
    ),
    # upgrades
    (POOL, {"upgradeSettings": {"maxSurge": 15, "maxUnavailable": 6}}, "are 21 together, at most 20"),
    (POOL, {"upgradeSettings": {"maxSurge": -1}}, "less than 0"),
    (POOL, {"upgradeSettings": {"strategy": "SURGE", "blueGreenSettings": _BLUE_GREEN}}, "for strategy BLUE_GREEN"),
    (POOL, {"upgradeSettings": {"strategy": "BLUE_GREEN", "maxSurge": 1}}, "for strategy SURGE"),
    (POOL, _blue_green(batchPercentage=25), "not between 0 and 1"),
    (POOL, _blue_green(batchPercentage=0.5, batchNodeCount=1), "exclude each other"),
    (POOL, _blue_green(batchPercentage=0.5, batchSoakDuration="10m"), "no duration in seconds"),
    (
        POOL,
        {
            "upgradeSettings": {
                "strategy": "BLUE_GREEN",
                "blueGreenSettings": {**_BLUE_GREEN, "nodePoolSoakDuration": "700000s"},
            }
        },
        "more than 7 days",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (POOL, _gpu(gpuSharingConfig={"gpuSharingStrategy": "TIME_SHARING", "maxSharedClientsPerGpu": 4})),
    (POOL, _confidential("n2d-standard-4", "SEV_SNP")),
    (POOL, _confidential("c3-standard-4", "TDX")),
    (POOL, _tpu("ct6e-standard-4t", "4x4", nodeCount=4, nodeLocations=["europe-west4-a"])),
    (POOL, _tpu("ct5p-hightpu-4t", "4x4x8", nodeCount=32, nodeLocations=["europe-west4-b"])),
    (POOL, {"nodeConfig": {"machineType": "n4-standard-4", "diskType": "hyperdisk-balanced"}}),
    (POOL, _blue_green(batchPercentage=0.25, batchSoakDuration="600s")),
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


def test_a_regional_pool_is_in_all_zones_of_its_cluster(cloud: Cloud) -> None:
    """What a pool does not say of its zones follows from the cluster, and is refused when it is made."""
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT, CLUSTER)
    tpu = {"machineType": "ct6e-standard-1t"}
    with pytest.raises(ProviderError, match="'ct6e-standard-1t' does not exist in zone 'europe-west4-b'"):
        cloud.create(POOL, nodeConfig=tpu)
    cloud.create(POOL, nodeConfig=tpu, nodeLocations=["europe-west4-a"])


def test_blue_green_keeps_its_settings(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT, CLUSTER)
    inputs, state = cloud.create(POOL, **_blue_green(batchPercentage=0.25))
    settings = state.outputs["upgradeSettings"]
    assert settings["blueGreenSettings"]["nodePoolSoakDuration"] == "3600s"
    assert "maxSurge" not in settings
    assert not cloud.diff(POOL, inputs, state).detailed

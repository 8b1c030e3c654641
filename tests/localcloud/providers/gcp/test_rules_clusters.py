"""GKE clusters: what is refused, and what only the store knows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from tests.support.gcp import CLUSTER, NETWORK, POOL, PROJECT, REGION, SUBNETWORK, Cloud, Refused, ids

_PRIVATE = {"enablePrivateNodes": True, "enablePrivateEndpoint": True}
_EXCLUSION = {"exclusionName": "x", "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-02T00:00:00Z"}


def _window(**changes: str) -> dict[str, Any]:
    window = {"startTime": "2026-01-01T22:00:00Z", "endTime": "2026-01-02T04:00:00Z", "recurrence": "FREQ=DAILY"}
    return {"recurringWindow": {**window, **changes}}


REFUSED: list[Refused] = [
    (CLUSTER, {"clusterTelemetry": {"type": "ENABLED"}}, "not offered by this stand-in: terraform-provider-google"),
    (CLUSTER, {"enableAutopilot": True}, "conflicts with enableAutopilot"),
    (CLUSTER, {"clusterIpv4Cidr": "10.0.0.0/14"}, "conflicts with ipAllocationPolicy"),
    (CLUSTER, {"name": "c" * 41}, "41 characters, at most 40"),
    (CLUSTER, {"location": "europe-west4-d"}, "unknown region or zone"),
    (CLUSTER, {"nodeLocations": ["europe-west1-b"]}, "not in region europe-west4"),
    (CLUSTER, {"location": "europe-west4-a", "nodeLocations": ["europe-west4-a"]}, "leave out its own zone"),
    (CLUSTER, {"initialNodeCount": None}, "initial_node_count must be greater than zero"),
    (CLUSTER, {"nodePools": [{}]}, "declare each as a NodePool"),
    (
        CLUSTER,
        {"ipAllocationPolicy": {"clusterSecondaryRangeName": "a", "servicesSecondaryRangeName": "a"}},
        "tpg#6761",
    ),
    (CLUSTER, {"ipAllocationPolicy": {"clusterSecondaryRangeName": "a"}}, "name both secondary ranges"),
    (
        CLUSTER,
        {
            "privateClusterConfig": {
                **_PRIVATE,
                "masterIpv4CidrBlock": "172.16.0.0/28",
                "privateEndpointSubnetwork": "sub",
            }
        },
        "tgm#2119",
    ),
    (CLUSTER, {"privateClusterConfig": {**_PRIVATE, "masterIpv4CidrBlock": "172.16.0.0/24"}}, "must be a /28"),
    (CLUSTER, {"privateClusterConfig": {**_PRIVATE, "masterIpv4CidrBlock": "8.8.8.0/28"}}, "not in a private range"),
    (CLUSTER, {"masterAuthorizedNetworksConfig": None}, "tgm#901"),
    (
        CLUSTER,
        {"masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": "10.0.0.1/8"}]}},
        "no.* a CIDR|not a CIDR",
    ),
    (CLUSTER, {"workloadIdentityConfig": {"workloadPool": "demo-project"}}, "is not PROJECT.svc.id.goog"),
    (
        CLUSTER,
        {"workloadIdentityConfig": {"workloadPool": "other.svc.id.goog"}},
        "not the pool of the cluster's project",
    ),
    (CLUSTER, {"releaseChannel": {"channel": "FAST"}}, "expected releaseChannel.channel to be one of"),
    (CLUSTER, {"maintenancePolicy": _window(startTime="22:00")}, "no RFC 3339 time"),
    (CLUSTER, {"maintenancePolicy": _window(startTime="2026-01-01T22:00:00")}, "no RFC 3339 time"),
    (CLUSTER, {"maintenancePolicy": _window(endTime="2026-01-01T21:00:00Z")}, "not after the start"),
    (CLUSTER, {"maintenancePolicy": _window(recurrence="daily")}, "RFC 5545"),
    (CLUSTER, {"maintenancePolicy": {"dailyMaintenanceWindow": {"startTime": "25:00"}}}, "not HH:MM"),
    (CLUSTER, {"maintenancePolicy": {**_window(), "dailyMaintenanceWindow": {"startTime": "03:00"}}}, "only one of"),
    (
        CLUSTER,
        {
            "maintenancePolicy": {
                **_window(),
                "maintenanceExclusions": [{**_EXCLUSION, "exclusionOptions": {"scope": "ALL"}}],
            }
        },
        "scope",
    ),
    (CLUSTER, {"databaseEncryption": {"state": "ENCRYPTED"}}, "needs the name of a key"),
    (CLUSTER, {"loggingConfig": {"enableComponents": ["EVERYTHING"]}}, "EVERYTHING is none of"),
    (CLUSTER, {"datapathProvider": "ADVANCED"}, "expected datapathProvider"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (
        CLUSTER,
        {
            "maintenancePolicy": {
                **_window(),
                "maintenanceExclusions": [{**_EXCLUSION, "exclusionOptions": {"scope": "NO_UPGRADES"}}],
            }
        },
    ),
    (CLUSTER, {"location": "europe-west4-a", "nodeLocations": ["europe-west4-b"]}),
    (CLUSTER, {"privateClusterConfig": {**_PRIVATE, "privateEndpointSubnetwork": "sub"}}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (CLUSTER, {"subnetwork": "sub2"}, "subnetworks/sub2' was not found"),
    (
        CLUSTER,
        {"ipAllocationPolicy": {"clusterSecondaryRangeName": "pod", "servicesSecondaryRangeName": "services"}},
        "'pod' does not exist in subnetwork 'sub'",
    ),
    (
        CLUSTER,
        {
            "databaseEncryption": {
                "state": "ENCRYPTED",
                "keyName": f"projects/{PROJECT}/locations/{REGION}/keyRings/r/cryptoKeys/k",
            }
        },
        "cryptoKeys/k' (or it may not exist)",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def test_the_control_planes_range_overlaps_nothing(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, CLUSTER)
    for taken in ("10.0.0.16/28", "172.16.0.0/28"):
        private = {**_PRIVATE, "masterIpv4CidrBlock": taken}
        with pytest.raises(ProviderError, match="overlaps with an existing network"):
            cloud.create(CLUSTER, name="two", privateClusterConfig=private, ipAllocationPolicy=None)
    with pytest.raises(ProviderError, match=r"172\.16\.0\.0/24 conflicts with 172\.16\.0\.0/28"):
        cloud.create(SUBNETWORK, name="two", ipCidrRange="172.16.0.0/24", secondaryIpRanges=[])


def test_secondary_ranges_have_a_size(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    small = [
        {"rangeName": "pods", "ipCidrRange": "10.4.0.0/24"},
        {"rangeName": "services", "ipCidrRange": "10.8.0.0/20"},
    ]
    cloud.create(SUBNETWORK, secondaryIpRanges=small)
    with pytest.raises(ProviderError, match="range of pods must be"):
        cloud.create(CLUSTER)


def test_deletion_protection(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    inputs, state = cloud.create(CLUSTER, deletionProtection=None)
    said = "Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed"
    with pytest.raises(ProviderError, match=said):
        cloud.delete(CLUSTER, inputs, state)
    open_state = cloud.update(CLUSTER, inputs, state, deletionProtection=False)
    cloud.delete(CLUSTER, inputs, open_state)
    assert cloud.read(CLUSTER, inputs, open_state) is None


def test_a_cluster_takes_its_pools_along(cloud: Cloud) -> None:
    made = cloud.build()
    cloud.delete(CLUSTER, *made[CLUSTER])
    assert cloud.read(POOL, *made[POOL]) is None


def test_the_default_pool_is_there_unless_removed(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    cloud.create(CLUSTER, removeDefaultNodePool=None, initialNodeCount=2)
    (pool,) = cloud.store.all(POOL).values()
    assert (pool["name"], pool["nodeCount"], len(pool["nodeLocations"])) == ("default-pool", 2, 3)


def test_a_range_for_proxies_is_no_clusters(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    cloud.create(
        SUBNETWORK, purpose="REGIONAL_MANAGED_PROXY", role="ACTIVE", secondaryIpRanges=None, ipCidrRange="10.9.0.0/26"
    )
    with pytest.raises(ProviderError, match="is for proxies only"):
        cloud.create(CLUSTER, ipAllocationPolicy=None)


def test_a_private_endpoint_is_in_the_clusters_region(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    other = cloud.create(SUBNETWORK, name="far", region="us-east1", ipCidrRange="10.9.0.0/24", secondaryIpRanges=[])
    private = {**_PRIVATE, "privateEndpointSubnetwork": other[1].id}
    with pytest.raises(ProviderError, match="is not in the cluster's network and region"):
        cloud.create(CLUSTER, privateClusterConfig=private)

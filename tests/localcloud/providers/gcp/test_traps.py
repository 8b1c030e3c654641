"""The traps that others fell into, by their issue: tpg is hashicorp/terraform-provider-google, tgm is
terraform-google-modules/terraform-google-kubernetes-engine, pulumi_gcp is pulumi/pulumi-gcp.

What these tests hold is that the stand-in springs the same traps, so that a program which previews here is right there.
"""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.providers.model import Diff, ProviderError, State
from tests.support.gcp import (
    ACCOUNT,
    CLUSTER,
    NETWORK,
    POOL,
    REPOSITORY,
    SUBNETWORK,
    VALID,
    Cloud,
    request,
)


def _with_network(cloud: Cloud) -> Cloud:
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT)
    return cloud


def _diff_ignoring(cloud: Cloud, made: tuple[dict[str, Any], State], ignored: list[str], **changes: Any) -> Diff:
    inputs, state = made
    checked = cloud.inputs(CLUSTER, {**VALID[CLUSTER], **changes}, inputs)
    return cloud.provider.diff(request(CLUSTER, "it", state.id), inputs, state.outputs, checked, ignored)


def test_tpg_3409_pulumi_gcp_744_the_default_pool(cloud: Cloud) -> None:
    """Changing the default pool of a cluster replaces the cluster; inline pools are refused."""
    made = _with_network(cloud).create(CLUSTER)
    assert not cloud.store.all(POOL)
    changes: dict[str, Any] = {"initialNodeCount": 2, "nodeConfig": {"diskSizeGb": 50, "preemptible": True}}
    diff = _diff_ignoring(cloud, made, [], **changes)
    assert diff.detailed["initialNodeCount"].replaces
    assert any(how.replaces for path, how in diff.detailed.items() if path.startswith("nodeConfig"))
    assert not _diff_ignoring(cloud, made, ["nodeConfig", "initialNodeCount"], **changes).detailed
    assert "tpg#3409" in cloud.refusal(CLUSTER, nodePools=[{"initialNodeCount": 1}])


def test_pulumi_gcp_412_the_first_number_of_nodes_replaces_a_pool(cloud: Cloud) -> None:
    _with_network(cloud).build(CLUSTER)
    scaled = {"nodeCount": None, "initialNodeCount": 1, "autoscaling": {"minNodeCount": 1, "maxNodeCount": 3}}
    inputs, state = cloud.create(POOL, **scaled)
    assert cloud.diff(POOL, inputs, state, initialNodeCount=2).detailed["initialNodeCount"].replaces
    checked = cloud.inputs(POOL, {**VALID[POOL], **scaled, "initialNodeCount": 2} | {"nodeCount": None}, inputs)
    where = request(POOL, "it", state.id)
    assert not cloud.provider.diff(where, inputs, state.outputs, checked, ["initialNodeCount"]).detailed


def test_tgm_794_tgm_2650_an_explicit_name_deletes_first(cloud: Cloud) -> None:
    """A pool of the same name cannot stand beside itself; one with another name can."""
    _with_network(cloud).build(CLUSTER)
    inputs, state = cloud.create(POOL)
    spot = {**VALID[POOL]["nodeConfig"], "spot": True}
    same = cloud.diff(POOL, inputs, state, nodeConfig=spot)
    assert any(how.replaces for how in same.detailed.values())
    assert same.delete_before_replace
    other = cloud.diff(POOL, inputs, state, nodeConfig=spot, name="pool-2")
    assert any(how.replaces for how in other.detailed.values())
    assert not other.delete_before_replace
    with pytest.raises(ProviderError, match="Already exists"):
        cloud.create(POOL, nodeConfig=spot)
    cloud.create(POOL, nodeConfig=spot, name="pool-2")


def test_pulumi_gcp_95_a_range_in_use_blocks_a_second_cluster(cloud: Cloud) -> None:
    """Replacing a cluster create-first fails, because the services' range is the old one's."""
    made = _with_network(cloud).create(CLUSTER)
    private = {**VALID[CLUSTER]["privateClusterConfig"], "masterIpv4CidrBlock": "172.16.0.16/28"}
    with pytest.raises(ProviderError, match='Services range "services" in network "net", subnetwork "sub" is already'):
        cloud.create(CLUSTER, name="main-2", privateClusterConfig=private)
    cloud.delete(CLUSTER, *made)
    cloud.create(CLUSTER, name="main-2", privateClusterConfig=private)


@pytest.mark.parametrize(
    "policy",
    [
        {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "pods"},
        {"clusterSecondaryRangeName": "pods"},
        {"servicesSecondaryRangeName": "services"},
    ],
)
def test_tpg_6761_two_different_named_ranges(cloud: Cloud, policy: dict[str, Any]) -> None:
    assert "tpg#6761" in cloud.refusal(CLUSTER, ipAllocationPolicy=policy)


def test_tgm_901_an_empty_list_is_not_an_absent_block(cloud: Cloud) -> None:
    """Absent: everyone may ask the endpoint; empty: nobody from outside."""
    public = {"enablePrivateNodes": True, "masterIpv4CidrBlock": "172.16.0.0/28"}
    inputs, state = _with_network(cloud).create(CLUSTER, privateClusterConfig=public)
    assert state.outputs["masterAuthorizedNetworksConfig"]["cidrBlocks"] == []
    dropped = cloud.diff(CLUSTER, inputs, state, masterAuthorizedNetworksConfig=None)
    assert [path for path in dropped.detailed if path.startswith("masterAuthorizedNetworksConfig")] == []
    absent = cloud.create(
        CLUSTER, name="open", privateClusterConfig=None, masterAuthorizedNetworksConfig=None, ipAllocationPolicy=None
    )
    assert "masterAuthorizedNetworksConfig" not in absent[1].outputs
    closed = cloud.diff(CLUSTER, *absent, masterAuthorizedNetworksConfig={"cidrBlocks": []})
    assert any(path.startswith("masterAuthorizedNetworksConfig") for path in closed.detailed)
    assert "tgm#901" in cloud.refusal(CLUSTER, masterAuthorizedNetworksConfig=None)


def test_tgm_2119_a_range_and_a_subnetwork_of_the_control_plane(cloud: Cloud) -> None:
    private = {**VALID[CLUSTER]["privateClusterConfig"], "privateEndpointSubnetwork": "sub"}
    assert "tgm#2119" in cloud.refusal(CLUSTER, privateClusterConfig=private)


def test_pulumi_gcp_1394_protected_by_default(cloud: Cloud) -> None:
    """False has to be applied before the cluster can be destroyed: what is in the program alone does not count."""
    inputs, state = _with_network(cloud).create(CLUSTER, deletionProtection=None)
    assert state.outputs["deletionProtection"] is True
    with pytest.raises(ProviderError, match="deletion_protection is set to true"):
        cloud.delete(CLUSTER, {**inputs, "deletionProtection": False}, state)
    applied = cloud.update(CLUSTER, inputs, state, deletionProtection=False)
    cloud.delete(CLUSTER, inputs, applied)


def test_tgm_1866_protection_does_not_cover_pools(cloud: Cloud) -> None:
    _with_network(cloud).create(CLUSTER, deletionProtection=True)
    made = cloud.create(POOL)
    cloud.delete(POOL, *made)
    assert cloud.read(POOL, *made) is None


def test_a_regional_cluster_is_in_three_zones(cloud: Cloud) -> None:
    _with_network(cloud)
    assert len(cloud.create(CLUSTER)[1].outputs["nodeLocations"]) == 3
    assert cloud.create(POOL)[1].outputs["nodeLocations"] == [f"europe-west4-{letter}" for letter in "abc"]


@pytest.mark.parametrize(("before", "after"), [("europe-west4-a", "europe-west4"), ("europe-west4", "europe-west4-a")])
def test_a_zonal_cluster_cannot_become_regional(cloud: Cloud, before: str, after: str) -> None:
    inputs, state = _with_network(cloud).create(CLUSTER, location=before)
    assert cloud.diff(CLUSTER, inputs, state, location=after).detailed["location"].replaces


def test_clean_up_by_prefix_alone_is_accepted_by_google(cloud: Cloud) -> None:
    """Such a policy can remove the digest that runs, and the API takes it: refusing it is the program's own duty.

    The stand-in has no images, so it deletes none; `infra` has a test of its policies.
    """
    by_prefix = {"id": "old", "action": "DELETE", "condition": {"tagState": "TAGGED", "tagPrefixes": ["v"]}}
    assert cloud.refusal(REPOSITORY, cleanupPolicies=[by_prefix]) == ""

"""One test for each trap of facts/gke.md, on what our components declare; names carry the issue.

tpg is hashicorp/terraform-provider-google, tgm terraform-google-modules/terraform-google-kubernetes-engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.gcp import schema
from slipway.errors import Refused
from tests.infra.gcp.platforms import CLUSTER, POOL, base, declared, of, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.engine.recorder import Declared

REPOSITORY = "gcp:artifactregistry/repository:Repository"


@pytest.fixture(scope="module")
def resources() -> list[Declared]:
    return declared(wanted(base()))


def cluster(resources: list[Declared]) -> dict[str, Any]:
    (found,) = of(resources, CLUSTER)
    return found.inputs


def pool(**changes: Any) -> Declared:
    """A pool with these changes, beside the one that the services fit."""
    environment = base()
    environment["clusters"]["main"]["pools"]["tried"] = {"machine": "n2d-standard-8"} | changes
    return next(found for found in of(declared(wanted(environment)), POOL) if found.name == "main-tried-pool")


def test_tpg_3409_pulumi_gcp_744_no_inline_pool(resources: list[Declared]) -> None:
    """The default pool goes at once and there is no inline one; what is left of it is never compared."""
    found = cluster(resources)
    assert found["initialNodeCount"] == 1
    assert found["removeDefaultNodePool"] is True
    assert not {"nodePools", "nodeConfig"} & found.keys()


def test_pulumi_gcp_412_the_first_count_is_not_compared() -> None:
    """An autoscaled pool names it, a fixed one does not: a change of it would replace the pool."""
    assert pool(nodes={"min_per_zone": 2, "max_per_zone": 5}).inputs["initialNodeCount"] == 2
    assert "initialNodeCount" not in pool(nodes={"per_zone": 2}).inputs


FORCE = [
    ("spot", {"spot": True}, True),
    ("max_pods", {"max_pods": 32}, True),
    ("confidential", {"confidential": True}, True),
    ("gpu", {"machine": "n1-standard-8", "gpu": {"type": "nvidia-tesla-t4", "count": 1}}, True),
    ("machine", {"machine": "n2-standard-8"}, False),
    ("disk", {"disk_gb": 200}, False),
    ("disk_type", {"disk_type": "pd-ssd"}, False),
    ("zones", {"zones": ["europe-west4-a"]}, False),
    ("counts", {"nodes": {"min_per_zone": 2, "max_per_zone": 5}}, False),
    ("upgrade", {"upgrade": {"strategy": "blue-green"}}, False),
    ("labels", {"labels": {"a": "b"}}, False),
    ("taints", {"taints": [{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}]}, False),
]


@pytest.mark.parametrize(("name", "change", "replaced"), FORCE, ids=[row[0] for row in FORCE])
def test_tgm_794_tgm_2650_the_name_changes_exactly_when_the_pool_is_replaced(
    name: str,
    change: dict[str, Any],
    replaced: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """By the provider's own schema: under an unchanged name the old pool would be deleted first."""
    del name
    before, after = pool().inputs, pool(**change).inputs
    forced = list(forcing(schema.load(POOL).fields, before, after))  # type: ignore[union-attr]
    forced = [path for path in forced if path not in {"name", "initialNodeCount"}]  # the hash itself; ignored changes
    assert bool(forced) == replaced
    assert (before["name"] != after["name"]) == replaced


def forcing(fields: Mapping[str, schema.Field], before: Any, after: Any, above: str = "") -> list[str]:
    """Paths of inputs that differ and whose field forces a new resource."""
    found: list[str] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        field = fields[key]
        path = f"{above}{key}"
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and field.fields:
            found += forcing(field.fields, old, new, f"{path}.")
        elif field.force_new:
            found.append(path)
        elif field.fields:  # a block that appears counts by what is in it
            blocks = [each for each in (old, new) if isinstance(each, dict)]
            found += [f"{path}.{name}" for each in blocks for name in each if field.fields[name].force_new]
    return found


def test_pulumi_gcp_95_the_engine_never_replaces_a_cluster(resources: list[Declared]) -> None:
    """Its named ranges are in use: no second one can stand beside it."""
    (found,) = of(resources, CLUSTER)
    assert found.protect


def test_tpg_6761_secondary_ranges_are_named_and_two(resources: list[Declared]) -> None:
    policy = cluster(resources)["ipAllocationPolicy"]
    names = {policy["clusterSecondaryRangeName"], policy["servicesSecondaryRangeName"]}
    subnet = next(each for each in resources if each.name == "network-subnet")
    assert {each["rangeName"] for each in subnet.inputs["secondaryIpRanges"]} == names
    assert len(names) == 2
    assert set(policy) == {"clusterSecondaryRangeName", "servicesSecondaryRangeName"}


def test_tgm_901_no_authorized_network_is_an_empty_list(resources: list[Declared]) -> None:
    assert cluster(resources)["masterAuthorizedNetworksConfig"] == {"cidrBlocks": []}
    environment = base()
    environment["clusters"]["main"]["authorized_networks"] = {"office": "203.0.113.0/24"}
    found = cluster(declared(wanted(environment)))
    office = {"cidrBlock": "203.0.113.0/24", "displayName": "office"}
    assert found["masterAuthorizedNetworksConfig"] == {"cidrBlocks": [office]}


def test_tgm_2119_the_control_plane_is_peered_or_in_a_subnet(resources: list[Declared]) -> None:
    assert "privateEndpointSubnetwork" not in cluster(resources)["privateClusterConfig"]
    environment = base()
    environment["network"]["control_plane_subnet"] = "10.24.32.0/28"
    with pytest.raises(Refused, match="GKE takes one of the two; keep one"):
        wanted(environment)
    del environment["network"]["control_plane"]
    private = cluster(declared(wanted(environment)))["privateClusterConfig"]
    assert "masterIpv4CidrBlock" not in private
    assert "privateEndpointSubnetwork" in private


def test_pulumi_gcp_1394_protection_is_on_until_the_file_says_otherwise(resources: list[Declared]) -> None:
    assert cluster(resources)["deletionProtection"] is True
    environment = base()
    environment["clusters"]["main"]["deletion_protection"] = False
    assert cluster(declared(wanted(environment)))["deletionProtection"] is False


def test_tgm_1866_pools_are_kept_by_their_names(resources: list[Declared]) -> None:
    """Deletion protection covers no pool; a new one is there before the old one goes, because it has another name."""
    (found,) = of(resources, POOL)
    assert found.inputs["name"].startswith("main-general-")
    assert len(found.inputs["name"].rsplit("-", 1)[1]) == 4


def test_a_regional_cluster_has_its_zones_and_a_zonal_one_one(resources: list[Declared]) -> None:
    assert cluster(resources)["location"] == "europe-west4"
    environment = base()
    environment["clusters"]["main"]["location"] = "europe-west4-a"
    assert cluster(declared(wanted(environment)))["location"] == "europe-west4-a"
    environment["clusters"]["main"]["zones"] = ["europe-west4-a"]
    with pytest.raises(Refused, match="is itself a zone"):
        wanted(environment)


def test_cleanup_keeps_what_is_deployed(resources: list[Declared]) -> None:
    """DELETE by prefix alone can remove a deployed digest: ours wants no tag and an age, and KEEP wins over it."""
    for repository in of(resources, REPOSITORY):
        policies = {policy["id"]: policy for policy in repository.inputs["cleanupPolicies"]}
        assert policies["delete-old-untagged"]["condition"] == {"tagState": "UNTAGGED", "olderThan": "2592000s"}
        assert policies["keep-released"]["condition"] == {"tagState": "TAGGED", "tagPrefixes": ["released-"]}
        assert policies["keep-newest"]["mostRecentVersions"] == {"keepCount": 20}
        assert repository.inputs["cleanupPolicyDryRun"] is False


def test_kubeconfig_comes_from_the_plugin(resources: list[Declared]) -> None:
    """No credential is declared anywhere; kubectl gets its token from gke-gcloud-auth-plugin (test_contract)."""
    assert not [each for each in resources if "serviceaccount/key" in each.type or "secretVersion" in each.type]

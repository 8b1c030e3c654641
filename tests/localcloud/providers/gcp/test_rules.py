"""The API's own rules: what is refused before anything is made, and what only the store knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.providers.gcp import locations, names, ranges
from localcloud.providers.gcp.services import iam, storage
from localcloud.providers.model import ProviderError
from slipway import capacity, machines
from tests.support.gcp import (
    ACCOUNT,
    ACCOUNT_MEMBER,
    BUCKET,
    BUCKET_MEMBER,
    CLUSTER,
    FIREWALL,
    KEY,
    NAT,
    NETWORK,
    OBJECT,
    POOL,
    PROJECT,
    PROJECT_MEMBER,
    REGION,
    REPOSITORY,
    RING,
    ROUTER,
    SERVICE,
    SUBNETWORK,
    VALID,
    Cloud,
)

_PRIVATE = {"enablePrivateNodes": True, "enablePrivateEndpoint": True}
_EXCLUSION = {"exclusionName": "x", "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-02T00:00:00Z"}


def _window(**changes: str) -> dict[str, Any]:
    window = {"startTime": "2026-01-01T22:00:00Z", "endTime": "2026-01-02T04:00:00Z", "recurrence": "FREQ=DAILY"}
    return {"recurringWindow": {**window, **changes}}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    # by the schema
    (NETWORK, {"autoCreateSubnets": True}, "did you mean 'autoCreateSubnetworks'"),
    (NETWORK, {"selfLink": "x"}, "can't be set"),
    (NETWORK, {"mtu": "big"}, "mtu: expected a int"),
    (NETWORK, {"mtu": 1.5}, "mtu: expected a int"),
    (SUBNETWORK, {"network": None}, 'network: Missing required argument: "network"'),
    (SUBNETWORK, {"secondaryIpRanges": {"rangeName": "x"}}, "expected a list, got a object"),
    (SUBNETWORK, {"logConfig": [1]}, "expected a object, got a list"),
    (SUBNETWORK, {"secondaryIpRanges": [{"rangeNames": "x"}]}, "secondaryIpRanges[0].rangeNames: unknown property"),
    (FIREWALL, {"denies": [{"protocol": "udp"}]}, "only one of `allows, denies` can be specified"),
    (FIREWALL, {"allows": None}, "one of `allows, denies` must be specified"),
    (FIREWALL, {"sourceTags": ["a"], "targetServiceAccounts": ["b@c.de"]}, "conflicts with targetServiceAccounts"),
    (FIREWALL, {"sourceServiceAccounts": ["x"] * 11}, "Too many list items: 11 declared, at most 10"),
    (NAT, {"endpointTypes": []}, "Not enough list items"),
    (CLUSTER, {"clusterTelemetry": {"type": "ENABLED"}}, "not offered by this stand-in: terraform-provider-google"),
    (CLUSTER, {"enableAutopilot": True}, "conflicts with enableAutopilot"),
    (CLUSTER, {"clusterIpv4Cidr": "10.0.0.0/14"}, "conflicts with ipAllocationPolicy"),
    (REPOSITORY, {"remoteRepositoryConfig": {}}, "one of `remoteRepositoryConfig.aptRepository,"),
    (OBJECT, {"source": "x"}, "only one of `content, source`"),
    # names
    (NETWORK, {"name": "Net"}, "a lower-case letter followed by"),
    (NETWORK, {"name": "n" * 64}, "64 characters, at most 63"),
    (NETWORK, {"name": "net-"}, "not ending in a hyphen"),
    (CLUSTER, {"name": "c" * 41}, "41 characters, at most 40"),
    (ACCOUNT, {"accountId": "short"}, "6 to 30"),
    (REPOSITORY, {"repositoryId": "ML_models"}, "lower-case letters, digits and hyphens"),
    (KEY, {"name": "a.b"}, "letters, digits, underscores and hyphens"),
    (BUCKET, {"name": "My-Bucket"}, "lower-case"),
    (BUCKET, {"name": "ab"}, "3 to 63"),
    (BUCKET, {"name": "goog-models"}, "goog"),
    (BUCKET, {"name": "my-google-models"}, "google"),
    (BUCKET, {"name": "192.168.5.4"}, "IP address"),
    (SERVICE, {"service": "container"}, "no service name"),
    # places
    (SUBNETWORK, {"region": "europe-west44"}, "unknown region"),
    (ROUTER, {"region": "mars-1"}, "unknown region"),
    (CLUSTER, {"location": "europe-west4-d"}, "unknown region or zone"),
    (CLUSTER, {"nodeLocations": ["europe-west1-b"]}, "not in region europe-west4"),
    (CLUSTER, {"location": "europe-west4-a", "nodeLocations": ["europe-west4-a"]}, "leave out its own zone"),
    (POOL, {"nodeLocations": ["europe-west4-x"]}, "unknown zone"),
    (BUCKET, {"location": "mars"}, "location constraint is not valid"),
    (REPOSITORY, {"location": "moon"}, "unknown location"),
    (RING, {"location": "nowhere"}, "unknown location"),
    # ranges
    (SUBNETWORK, {"ipCidrRange": "10.0.0.1/20"}, "has host bits set"),
    (SUBNETWORK, {"ipCidrRange": "8.8.8.0/24"}, "not in a private range"),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.0/30"}, "too small"),
    (SUBNETWORK, {"secondaryIpRanges": [{"rangeName": "a", "ipCidrRange": "10.0.8.0/24"}]}, "overlaps 10.0.0.0/20"),
    (
        SUBNETWORK,
        {"secondaryIpRanges": [{"rangeName": "a", "ipCidrRange": f"10.{n}.0.0/20"} for n in (1, 2)]},
        "duplicate",
    ),
    (SUBNETWORK, {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE"}, "has no secondary ranges"),
    (FIREWALL, {"sourceRanges": ["10.0.0.1/8"]}, "sourceRanges[0]"),
    # compute
    (NETWORK, {"mtu": 9000}, "between 1300 and 8896"),
    (NETWORK, {"routingMode": "LOCAL"}, "expected routingMode to be one of"),
    (ROUTER, {"bgp": {"asn": 65535}}, "no private ASN"),
    (NAT, {"natIpAllocateOption": None}, "natIpAllocateOption"),
    (NAT, {"natIpAllocateOption": "MANUAL_ONLY"}, "natIps are required"),
    (NAT, {"natIps": ["a"]}, "natIps cannot be set"),
    (NAT, {"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS"}, "at least one subnetwork"),
    (NAT, {"enableDynamicPortAllocation": True, "minPortsPerVm": 100}, "power of 2"),
    (NAT, {"enableDynamicPortAllocation": True, "enableEndpointIndependentMapping": True}, "exclude each other"),
    (FIREWALL, {"sourceRanges": None}, "one of source_tags, source_ranges, or source_service_accounts"),
    (FIREWALL, {"direction": "EGRESS", "sourceTags": ["a"]}, "cannot be set for direction EGRESS"),
    (FIREWALL, {"allows": [{"protocol": "tpc"}]}, "no IP protocol"),
    (FIREWALL, {"allows": [{"protocol": "icmp", "ports": ["1"]}]}, "has no ports"),
    (FIREWALL, {"allows": [{"protocol": "tcp", "ports": ["80-70"]}]}, "no port"),
    (FIREWALL, {"priority": 70000}, "between 0 and 65535"),
    # clusters
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
    # node pools
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
    # registry, storage, keys
    (REPOSITORY, {"format": "OCI"}, "expected format"),
    (REPOSITORY, {"mode": "REMOTE_REPOSITORY"}, "needs its remoteRepositoryConfig"),
    (REPOSITORY, {"format": "PYTHON", "dockerConfig": {"immutableTags": True}}, "dockerConfig is for format DOCKER"),
    (REPOSITORY, {"cleanupPolicies": [{"id": "a", "action": "REMOVE"}]}, "expected action"),
    (
        REPOSITORY,
        {"cleanupPolicies": [{"id": "a", "action": "DELETE", "condition": {"olderThan": "a month"}}]},
        "no duration",
    ),
    (
        REPOSITORY,
        {"cleanupPolicies": [{"id": "a", "action": "DELETE", "mostRecentVersions": {"keepCount": 1}}]},
        "for action KEEP",
    ),
    (BUCKET, {"storageClass": "COLD"}, "expected storageClass"),
    (BUCKET, {"lifecycleRules": [{"action": {"type": "Remove"}, "condition": {"age": 1}}]}, "'Remove' is none of"),
    (
        BUCKET,
        {"lifecycleRules": [{"action": {"type": "SetStorageClass"}, "condition": {"age": 1}}]},
        "needs a storage class",
    ),
    (BUCKET, {"softDeletePolicy": {"retentionDurationSeconds": 60}}, "between 7 and 90 days"),
    (BUCKET, {"retentionPolicy": {"retentionPeriod": "1"}, "versioning": {"enabled": True}}, "cannot be enabled"),
    (BUCKET, {"publicAccessPrevention": "yes"}, "expected publicAccessPrevention"),
    (KEY, {"rotationPeriod": "3600s"}, "less than a day"),
    (KEY, {"rotationPeriod": "90d"}, "no duration in seconds"),
    # members
    (PROJECT_MEMBER, {"role": "viewer"}, "did you mean 'roles/viewer'"),
    (PROJECT_MEMBER, {"role": "roles/"}, "is not roles/NAME"),
    (PROJECT_MEMBER, {"member": "a@example.com"}, "did you mean 'user:a@example.com'"),
    (PROJECT_MEMBER, {"member": "x@p-demo.iam.gserviceaccount.com"}, "did you mean 'serviceAccount:"),
    (PROJECT_MEMBER, {"member": "users:a@example.com"}, "is no principal"),
    (PROJECT_MEMBER, {"member": "allUsers"}, "cannot have a role on a project"),
    (BUCKET_MEMBER, {"condition": {"title": "x"}}, "condition.expression: Missing required argument"),
]


@pytest.mark.parametrize(
    ("token", "changes", "reason"), REFUSED, ids=[f"{t.rsplit(':', 1)[1]}-{r[:40]}" for t, _, r in REFUSED]
)
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
    (POOL, {"nodeCount": None, "initialNodeCount": 1, "autoscaling": {"minNodeCount": 1, "maxNodeCount": 3}}),
    (POOL, {"nodeConfig": {"machineType": "g2-standard-4", "guestAccelerators": [{"type": "nvidia-l4", "count": 1}]}}),
    (POOL, {"nodeConfig": {"machineType": "n2-custom-4-8192"}}),
    (POOL, {"nodeCount": "2"}),
    (BUCKET, {"name": "models.example.com", "location": "nam4"}),
    (
        REPOSITORY,
        {
            "location": "europe",
            "cleanupPolicies": [
                {"id": "old", "action": "DELETE", "condition": {"olderThan": "30d", "tagState": "UNTAGGED"}}
            ],
        },
    ),
    (
        PROJECT_MEMBER,
        {
            "member": "principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p.svc.id.goog/subject/ns/a/sa/b"
        },
    ),
    (
        PROJECT_MEMBER,
        {
            "member": "principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/attribute.repository/o/r"
        },
    ),
    (PROJECT_MEMBER, {"role": "projects/demo-project/roles/custom.role"}),
    (BUCKET_MEMBER, {"member": "allUsers"}),
    (FIREWALL, {"sourceRanges": ["2001:db8::/32"]}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


MISSING: list[tuple[str, dict[str, Any], str]] = [
    (SUBNETWORK, {"network": "nets"}, "projects/demo-project/global/networks/nets' was not found"),
    (SUBNETWORK, {"network": "projects/demo-project/regions/x/subnetworks/y"}, "does not match"),
    (ROUTER, {"network": "nets"}, "was not found"),
    (NAT, {"router": "r2"}, "routers/r2' was not found"),
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
        "cryptoKeys/k' was not found",
    ),
    (POOL, {"cluster": "c2"}, "clusters/c2' was not found"),
    (POOL, {"nodeConfig": {"serviceAccount": "nobody-here@demo-project.iam.gserviceaccount.com"}}, "was not found"),
    (OBJECT, {"bucket": "other-bucket"}, "'other-bucket' was not found"),
    (KEY, {"keyRing": f"projects/{PROJECT}/locations/{REGION}/keyRings/other"}, "keyRings/other' was not found"),
    (PROJECT_MEMBER, {"member": "serviceAccount:nobody-here@demo-project.iam.gserviceaccount.com"}, "does not exist"),
    (
        ACCOUNT_MEMBER,
        {"serviceAccountId": f"projects/{PROJECT}/serviceAccounts/nobody-here@demo-project.iam.gserviceaccount.com"},
        "was not found",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), MISSING)
def test_references_have_to_exist(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    order = list(VALID)
    cloud.build(*order[: order.index(token)])
    with pytest.raises(ProviderError, match=reason.replace("(", r"\(")):
        cloud.create(token, **changes)


def test_ranges_of_a_network_do_not_overlap(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    for taken in ("10.0.8.0/24", "10.4.0.0/24"):
        with pytest.raises(ProviderError, match="conflicts with existing subnetwork 'sub' in region 'europe-west4'"):
            cloud.create(SUBNETWORK, name="two", region="us-east1", ipCidrRange=taken, secondaryIpRanges=[])
    cloud.create(NETWORK, name="other")
    cloud.create(SUBNETWORK, name="two", network="other")
    with pytest.raises(ProviderError, match="conflicts with existing subnetwork"):
        cloud.create(
            SUBNETWORK,
            name="three",
            ipCidrRange="10.9.0.0/20",
            secondaryIpRanges=[{"rangeName": "a", "ipCidrRange": "10.0.0.0/16"}],
        )


def test_an_auto_mode_network_keeps_its_range(cloud: Cloud) -> None:
    cloud.create(NETWORK, autoCreateSubnetworks=None)
    with pytest.raises(ProviderError, match=r"10\.128\.0\.0/9"):
        cloud.create(SUBNETWORK, ipCidrRange="10.130.0.0/20", secondaryIpRanges=[])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gatewayApiConfig": {"channel": "CHANNEL_EXPERIMENTAL"}}, "use CHANNEL_STANDARD"),
        ({"networkingMode": "ROUTES", "ipAllocationPolicy": None}, "VPC-native"),
        ({"addonsConfig": {"httpLoadBalancing": {"disabled": True}}}, "HttpLoadBalancing"),
        ({"secretManagerConfig": {"enabled": True}, "workloadIdentityConfig": None}, "needs Workload Identity"),
    ],
)
def test_what_add_ons_need(cloud: Cloud, changes: dict[str, Any], words: str) -> None:
    fine = {"gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}, "secretManagerConfig": {"enabled": True}}
    assert not cloud.refusal(CLUSTER, **fine)
    given = {key: value for key, value in {**VALID[CLUSTER], **fine, **changes}.items() if value is not None}
    assert words in "; ".join(failure.reason for failure in cloud.check(CLUSTER, given))


def test_the_control_planes_range_overlaps_nothing(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, CLUSTER)
    for taken in ("10.0.0.16/28", "172.16.0.0/28"):
        with pytest.raises(ProviderError, match="overlaps with an existing network"):
            cloud.create(CLUSTER, name="two", privateClusterConfig={**_PRIVATE, "masterIpv4CidrBlock": taken})


def test_secondary_ranges_have_a_size(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    small = [
        {"rangeName": "pods", "ipCidrRange": "10.4.0.0/24"},
        {"rangeName": "services", "ipCidrRange": "10.8.0.0/20"},
    ]
    cloud.create(SUBNETWORK, secondaryIpRanges=small)
    with pytest.raises(ProviderError, match="range of pods must be"):
        cloud.create(CLUSTER)


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


@pytest.mark.parametrize(
    ("token", "user"),
    [
        (NETWORK, "subnetworks/sub"),
        (SUBNETWORK, "clusters/main"),
        (BUCKET, "force_destroy"),
    ],
)
def test_what_is_in_use_cannot_go(cloud: Cloud, token: str, user: str) -> None:
    made = cloud.build()
    with pytest.raises(ProviderError, match=f"(is already being used by|containing objects).*{user}"):
        cloud.delete(token, *made[token])
    assert cloud.read(token, *made[token])


def test_a_range_in_use_cannot_go(cloud: Cloud) -> None:
    inputs, state = cloud.build()[SUBNETWORK]
    with pytest.raises(ProviderError, match="subnetworks/sub/pods' is already being used by"):
        cloud.update(SUBNETWORK, inputs, state, secondaryIpRanges=inputs["secondaryIpRanges"][1:])


def test_force_destroy_takes_the_objects_along(cloud: Cloud) -> None:
    bucket = cloud.create(BUCKET, forceDestroy=True)
    inner = cloud.create(OBJECT)
    cloud.delete(BUCKET, *bucket)
    assert cloud.read(OBJECT, *inner) is None
    assert not cloud.store.all()


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


def test_one_nat_for_all_subnetworks(cloud: Cloud) -> None:
    cloud.build(NETWORK, ROUTER, NAT)
    with pytest.raises(ProviderError, match="already covers all subnetworks"):
        cloud.create(NAT, name="two")


def test_a_locked_retention_cannot_shrink(cloud: Cloud) -> None:
    policy = {"retentionPeriod": "86400", "isLocked": True}
    inputs, state = cloud.create(BUCKET, retentionPolicy=policy)
    with pytest.raises(ProviderError, match="Cannot reduce retention duration"):
        cloud.update(BUCKET, inputs, state, retentionPolicy={**policy, "retentionPeriod": "60"})


def test_project_and_place_come_from_the_provider_or_are_asked_for(cloud: Cloud) -> None:
    bare = Cloud(cloud.local, project="", region="")
    with pytest.raises(ProviderError, match="project: required field is not set"):
        bare.create(NETWORK)
    with pytest.raises(ProviderError, match="region: required field is not set"):
        bare.create(ROUTER, project=PROJECT)
    assert "demo" not in str(bare.provider.check_config({"project": "demo-project"}))
    assert "6 to 30" in str(bare.provider.check_config({"project": "Demo"}))


@pytest.mark.parametrize(
    ("name", "cpu", "memory"),
    [
        # GKE documentation, "Plan node sizes", allocatable tables
        ("e2-medium", 940, 4096 - 1024 - 100),
        ("e2-standard-2", 1930, 8192 - 1024 - 819.2 - 100),
        ("e2-standard-4", 3920, 16384 - 1024 - 819.2 - 819.2 - 100),
        ("n1-standard-32", 32000 - 60 - 10 - 10 - 70, 122880 - 1024 - 819.2 - 819.2 - 6389.76 - 100),
        ("n2-highmem-64", 64000 - 60 - 10 - 10 - 150, 524288 - 1024 - 819.2 - 819.2 - 6881.28 - 7864.32 - 100),
    ],
)
def test_allocatable_follows_the_published_formula(name: str, cpu: int, memory: float) -> None:
    machine = machines.find(name)
    assert machine
    _, allocatable = capacity.resources(machine, 110, 100, 0)
    assert allocatable["cpu"] == f"{cpu}m"
    assert allocatable["memory"] == f"{int(round(memory, 3))}Mi"


def test_machine_types() -> None:
    assert machines.find("e2-standard-3") is None
    assert machines.find("n2-standard") is None
    custom = machines.find("custom-4-8192")
    assert custom
    assert (custom.family, custom.cpus, custom.memory) == ("n1", 4, 8)
    assert machines.find("n2-custom-3-8192") is None
    assert all(machines.find(name) for name in machines.known())


def test_locations() -> None:
    assert locations.zones("us-central1") == [f"us-central1-{letter}" for letter in "abcf"]
    assert locations.region_of("us-central1-f") == "us-central1"
    assert not locations.is_zone("us-central1")
    assert not locations.is_zone("us-central1-z")


def test_small_rules() -> None:
    assert ranges.gateway("10.0.0.0/20") == "10.0.0.1"
    assert ranges.nodes_by_pod_range("10.4.0.0/14", 110) == 1024
    assert ranges.nodes_by_pod_range("10.4.0.0/25", 110) == 0
    assert storage.crc32c(b"123456789") == 0xE3069283
    assert names.bucket_refusal("a." + "b" * 64)
    assert not iam.member_refusal("serviceAccount:123-compute@developer.gserviceaccount.com")
    assert iam.role_refusal("roles/storage admin")

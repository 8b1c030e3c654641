"""GKE clusters.

Sources: GKE REST reference (projects.locations.clusters), "About private clusters", "VPC-native clusters", "Regional
clusters", "Maintenance windows and exclusions", "Workload Identity Federation for GKE", "Release channels",
terraform-provider-google `resource_container_cluster.go` (deletion_protection, remove_default_node_pool,
validatePrivateClusterConfig), facts/gke.md (tpg#6761, tgm#901, tgm#2119).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import localcluster, locations
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import CLUSTER as CLUSTER_NAME
from localcloud.providers.gcp.references import CONTAINER, Reference
from localcloud.providers.gcp.services import cluster_checks
from localcloud.providers.gcp.services.cluster_admission import admit
from localcloud.providers.gcp.services.network import NETWORK, NETWORK_ID, SUBNETWORK
from localcloud.providers.gcp.services.serviceaccount import ACCOUNT_REFERENCE
from localcloud.providers.gcp.services.subnetwork import SUBNETWORK_REFERENCE, all_ranges
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api

CLUSTER: Final = "gcp:container/cluster:Cluster"
CLUSTER_ID: Final = "projects/{project}/locations/{location}/clusters/{name}"
POOL: Final = "gcp:container/nodePool:NodePool"
#: what a new cluster runs; the local API server is Kubernetes 1.36.3
VERSION: Final = "1.36.3-gke.1000000"
PROTECTED: Final = (
    "Cannot destroy cluster because deletion_protection is set to true. "
    "Set it to false to proceed with cluster deletion."
)


def default_zones(location: str) -> list[str]:
    """The zones of a cluster's nodes: the zone itself, or three of the region ("Regional clusters")."""
    if locations.is_zone(location):
        return [location]
    return locations.zones(location)[: locations.ZONES_OF_A_REGIONAL_CLUSTER]


def node_zones(cluster: Values) -> list[str]:
    """Where the nodes of a cluster's pools are, its own zone included."""
    given = list(cluster.get("nodeLocations") or [])
    if locations.is_zone(cluster["location"]):
        return sorted({cluster["location"], *given})
    return sorted(given) or default_zones(cluster["location"])


def _settle(api: Api, identity: str, values: Values) -> Values:
    location = values.get("location") or api.zone or api.region
    zones = default_zones(location) if locations.is_region(location) else []
    subnetwork = _subnetwork(api, values)
    known = dict(all_ranges(subnetwork)) if subnetwork else {}
    policy = values.get("ipAllocationPolicy") or {}
    pods = known.get(policy.get("clusterSecondaryRangeName") or "") or policy.get("clusterIpv4CidrBlock")
    services = known.get(policy.get("servicesSecondaryRangeName") or "") or policy.get("servicesIpv4CidrBlock")
    private = values.get("privateClusterConfig") or {}
    return {
        "network": NETWORK_ID.format(project=api.project, name="default"),
        "nodeLocations": zones,
        "networkingMode": "VPC_NATIVE",
        "datapathProvider": "DATAPATH_PROVIDER_UNSPECIFIED",
        "masterVersion": VERSION,
        "nodeVersion": VERSION,
        "clusterIpv4Cidr": pods or "10.96.0.0/14",
        "servicesIpv4Cidr": services or "34.118.224.0/20",
        "defaultMaxPodsPerNode": 110,
        "loggingService": "logging.googleapis.com/kubernetes",
        "monitoringService": "monitoring.googleapis.com/kubernetes",
        "releaseChannel": {"channel": "REGULAR"},
        "databaseEncryption": {"state": "DECRYPTED", "keyName": ""},
        "defaultSnatStatus": {"disabled": False},
        "enableIntranodeVisibility": False,
        "enableL4IlbSubsetting": False,
        "privateIpv6GoogleAccess": "",
        "securityPostureConfig": {"mode": "BASIC", "vulnerabilityMode": "VULNERABILITY_DISABLED"},
        "serviceExternalIpsConfig": {"enabled": False},
        "notificationConfig": {"pubsub": {"enabled": False, "topic": ""}},
        "ipAllocationPolicy": {
            "clusterIpv4CidrBlock": pods or "10.96.0.0/14",
            "servicesIpv4CidrBlock": services or "34.118.224.0/20",
            "stackType": "IPV4",
            "podCidrOverprovisionConfig": {"disabled": False},
        },
        "privateClusterConfig": {
            "enablePrivateNodes": False,
            "enablePrivateEndpoint": False,
            "masterGlobalAccessConfig": {"enabled": False},
            "peeringName": "",
        },
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {"allowExternalTraffic": False},
            "ipEndpointsConfig": {"enabled": True},
        },
        "masterAuthorizedNetworksConfig": (
            {"privateEndpointEnforcementEnabled": False, "gcpPublicCidrsAccessEnabled": not private}
            if values.get("masterAuthorizedNetworksConfig")
            else None
        ),
        "labelFingerprint": hashlib.sha256(identity.encode()).hexdigest()[:8],
        "tpuIpv4CidrBlock": "",
        "selfLink": CONTAINER + identity,
    }


def _subnetwork(api: Api, values: Values) -> Values:
    given = values.get("subnetwork")
    if not given:
        return {}
    identity = SUBNETWORK_REFERENCE.identity(given, api.scope(KINDS[0], values))
    return api.get(SUBNETWORK, identity) or {}


def _view(api: Api, identity: str, values: Values) -> Values:
    """The endpoints, read anew each time: a restarted local API server may have another port."""
    del identity, values
    local = localcluster.require(api.store)
    return {
        "endpoint": local.endpoint,
        "masterAuth": {
            "clusterCaCertificate": local.certificate_authority,
            "clientCertificate": "",
            "clientKey": "",
            "clientCertificateConfig": {"issueClientCertificate": False},
        },
        "privateClusterConfig": {"privateEndpoint": local.endpoint, "publicEndpoint": local.endpoint},
        "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"endpoint": local.endpoint}},
    }


def _protect(api: Api, identity: str, values: Values) -> None:
    del api, identity
    if values.get("deletionProtection", True):
        raise ProviderError(PROTECTED)


def _release(api: Api, identity: str, values: Values) -> None:
    """A cluster takes its node pools with it."""
    del values
    if api.records is None:
        return
    for pool in api.all(POOL, f"{identity}/nodePools/"):
        api.records.delete(POOL, pool)


def _appear(api: Api, identity: str, values: Values, old: Values | None) -> None:
    """A new cluster has its default pool unless that is removed at once; a deleted one takes its nodes along.

    What add-ons bring follows the records of all clusters: they lead to one API server.
    """
    from localcloud.providers.gcp import addons, nodes  # noqa: PLC0415 - only where the local cluster is touched

    if not values:
        nodes.remove_all(api, cluster=identity)
    elif old is None and not values.get("removeDefaultNodePool") and not values.get("enableAutopilot"):
        _make_default_pool(api, identity, values)
    others = [cluster for name, cluster in api.all(CLUSTER).items() if name != identity]
    addons.reconcile(api, [*others, values])


def _make_default_pool(api: Api, identity: str, values: Values) -> None:
    from localcloud.providers.gcp import nodes  # noqa: PLC0415 - only where nodes are touched
    from localcloud.providers.gcp.catalog import find  # noqa: PLC0415 - the pools' rules need this module
    from localcloud.providers.gcp.records import settled  # noqa: PLC0415 - same

    pool = f"{identity}/nodePools/default-pool"
    given = {"name": "default-pool", "cluster": values["name"], "initialNodeCount": values["initialNodeCount"]}
    if values.get("nodeConfig"):
        given["nodeConfig"] = values["nodeConfig"]
    record = settled(find(POOL), api, pool, given | {"project": values["project"], "location": values["location"]})
    api.store.put(POOL, pool, record)
    nodes.reconcile(api, pool, record, None)


def _same(path: str, old: Any, new: Any) -> bool:
    if path == "minMasterVersion":
        return str(old or "").startswith(str(new))
    if path == "location":
        return old == new
    return False


KINDS: Final = [
    Kind(
        CLUSTER,
        CLUSTER_ID,
        "Cluster",
        link=CONTAINER,
        name=CLUSTER_NAME,
        labels="resourceLabels",
        exists="Already exists: {id}.",
        references={
            "network": Reference(NETWORK, NETWORK_ID, full=True),
            "subnetwork": SUBNETWORK_REFERENCE,
            "privateClusterConfig.privateEndpointSubnetwork": SUBNETWORK_REFERENCE,
            "nodeConfig.serviceAccount": ACCOUNT_REFERENCE,
        },
        provider_only=frozenset(
            {
                "deletionPolicy",
                "deletionProtection",
                "removeDefaultNodePool",
                "ignoreNodeCountChanges",
                "skipNodePoolRefresh",
                "minMasterVersion",
            }
        ),
        not_imported=frozenset(
            {
                "clusterIpv4Cidr",
                "ipAllocationPolicy.clusterIpv4CidrBlock",
                "ipAllocationPolicy.servicesIpv4CidrBlock",
            }
        ),
        check=cluster_checks.check,
        admit=admit,
        settle=_settle,
        view=_view,
        same=_same,
        protect=_protect,
        release=_release,
        appear=_appear,
    )
]

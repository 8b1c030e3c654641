"""GKE node pools.

Sources: GKE REST reference (projects.locations.clusters.nodePools), "About cluster autoscaling", "Node upgrade
strategies", "About GPUs in GKE", "Node taints", terraform-provider-google `resource_container_node_pool.go` ("Cannot
set both initial_node_count and node_count"), facts/gke.md (pulumi-gcp#412).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import errors, locations, quotas, ranges
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import CLUSTER as POOL_NAME
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import Reference, parse, relative
from localcloud.providers.gcp.services import nodepool_machines, nodepool_upgrades
from localcloud.providers.gcp.services.cluster import (
    CLUSTER,
    CLUSTER_ID,
    POOL,
    SUBNETWORK,
    VERSION,
    node_zones,
)
from localcloud.providers.gcp.services.nodepool_checks import check
from localcloud.providers.gcp.services.nodepool_machines import DEFAULT_MACHINE
from localcloud.providers.gcp.services.serviceaccount import ACCOUNT_REFERENCE
from localcloud.providers.gcp.services.subnetwork import all_ranges
from slipway import machines

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api

CLUSTER_REFERENCE: Final = Reference(CLUSTER, CLUSTER_ID)
_SCOPES: Final = [
    "https://www.googleapis.com/auth/devstorage.read_only",
    "https://www.googleapis.com/auth/logging.write",
    "https://www.googleapis.com/auth/monitoring",
    "https://www.googleapis.com/auth/service.management.readonly",
    "https://www.googleapis.com/auth/servicecontrol",
    "https://www.googleapis.com/auth/trace.append",
]


def _parts(api: Api, values: Values) -> dict[str, str]:
    """A pool's cluster may be given by id, which then says project and location too."""
    del api
    cluster = relative(values["cluster"])
    found = parse(CLUSTER_ID, cluster)
    if found is None:
        return {"cluster": cluster}
    return {"cluster": found["name"], "project": found["project"], "location": found["location"]}


def cluster_of(api: Api, identity: str) -> Values:
    """The record of a pool's cluster; raises ApiError when there is none."""
    cluster = identity.rsplit("/nodePools/", 1)[0]
    found = api.get(CLUSTER, cluster)
    if found is None:
        raise errors.ApiError(404, f"Not found: {cluster}.", "notFound")
    return found


def count_per_zone(values: Values) -> int:
    """Nodes in each zone: what is asked for, within the autoscaler's limits for a zone."""
    count = values.get("nodeCount")
    if count is None:
        count = values.get("initialNodeCount") or 0
    scaling = values.get("autoscaling") or {}
    least = scaling.get("minNodeCount") or 0
    if not least and scaling.get("totalMinNodeCount"):
        least = -(-scaling["totalMinNodeCount"] // max(len(values.get("nodeLocations") or [1]), 1))
    return max(int(count), int(least))


def _admit(api: Api, identity: str, values: Values, old: Values | None) -> None:
    cluster = cluster_of(api, identity)
    if cluster.get("enableAutopilot"):
        raise errors.bad_request("Autopilot clusters do not support mutating node pools.")
    region = locations.region_of(cluster["location"])
    for zone in values.get("nodeLocations") or []:
        if locations.region_of(zone) != region:
            raise errors.bad_request(f"Location {zone} is not in the cluster's region {region}.")
    for _, reason in nodepool_machines.refusals_by_zone(values.get("nodeConfig") or {}, values["nodeLocations"]):
        raise errors.bad_request(reason)
    _admit_addresses(api, identity, values, cluster)
    quotas.admit_nodes(api, identity, values, old, region)


def _admit_addresses(api: Api, identity: str, values: Values, cluster: Values) -> None:
    """The pod range carries so many nodes and no more ("Flexible Pod CIDR")."""
    subnetwork = api.get(SUBNETWORK, relative(cluster.get("subnetwork") or "")) or {}
    name = lookup(values, "networkConfig.podRange") or lookup(cluster, "ipAllocationPolicy.clusterSecondaryRangeName")
    known = dict(all_ranges(subnetwork)) if subnetwork else {}
    if name and subnetwork and name not in known:
        raise errors.bad_request(f"Pod secondary range '{name}' does not exist in subnetwork '{subnetwork['name']}'.")
    text = known.get(name or "")
    if not name or not text:
        return
    limit = ranges.nodes_by_pod_range(text, values.get("maxPodsPerNode") or 110)
    others = 0
    for other, pool in api.all(POOL, identity.rsplit("/", 1)[0] + "/").items():
        if other != identity:
            others += count_per_zone(pool) * len(pool["nodeLocations"])
    wanted = others + count_per_zone(values) * len(values["nodeLocations"])
    if wanted > limit:
        raise errors.bad_request(
            f"IP_SPACE_EXHAUSTED: the pod range {text} ('{name}') has room for {limit} nodes, {wanted} are wanted."
        )


def effective_taints(config: Values) -> list[Values]:
    """The pool's own taints, and GKE's for nodes with GPUs or TPUs ("About GPUs in GKE", "About TPUs in GKE")."""
    machine = machines.find(config.get("machineType") or DEFAULT_MACHINE)
    taints = list(config.get("taints") or [])
    gpu = (machine and machine.gpu) or config.get("guestAccelerators")
    if gpu and not any(taint["key"] == "nvidia.com/gpu" for taint in taints):
        return [*taints, {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    if machine and machine.tpu and not any(taint["key"] == "google.com/tpu" for taint in taints):
        return [*taints, {"key": "google.com/tpu", "value": "present", "effect": "NO_SCHEDULE"}]
    return taints


def _settle(api: Api, identity: str, values: Values) -> Values:
    cluster = api.get(CLUSTER, identity.rsplit("/nodePools/", 1)[0]) or {}
    workload = lookup(cluster, "workloadIdentityConfig.workloadPool")
    count = values.get("nodeCount")
    initial = values.get("initialNodeCount")
    if count is None:
        count = count_per_zone(values)
    return {
        "location": cluster.get("location"),
        "nodeLocations": node_zones(cluster) if cluster else [],
        "nodeCount": count,
        "initialNodeCount": initial if initial is not None else count,
        "maxPodsPerNode": cluster.get("defaultMaxPodsPerNode") or 110,
        "namePrefix": "",
        "version": cluster.get("nodeVersion") or VERSION,
        "management": {"autoRepair": True, "autoUpgrade": True},
        "upgradeSettings": nodepool_upgrades.defaults(values.get("upgradeSettings") or {}),
        "networkConfig": {
            "enablePrivateNodes": bool(lookup(cluster, "privateClusterConfig.enablePrivateNodes")),
            "podRange": lookup(cluster, "ipAllocationPolicy.clusterSecondaryRangeName") or "",
            "podIpv4CidrBlock": lookup(cluster, "ipAllocationPolicy.clusterIpv4CidrBlock") or "",
            "subnetwork": cluster.get("subnetwork") or "",
        },
        "nodeConfig": {
            "machineType": DEFAULT_MACHINE,
            "diskSizeGb": 100,
            "diskType": "pd-balanced",
            "imageType": "COS_CONTAINERD",
            "serviceAccount": "default",
            "oauthScopes": _SCOPES,
            "metadata": {"disable-legacy-endpoints": "true"},
            "labels": {},
            "localSsdCount": 0,
            "loggingVariant": "DEFAULT",
            "minCpuPlatform": "",
            "shieldedInstanceConfig": {"enableIntegrityMonitoring": True, "enableSecureBoot": False},
            "workloadMetadataConfig": {"mode": "GKE_METADATA"} if workload else None,
        },
    }


def _view(api: Api, identity: str, values: Values) -> Values:
    """The pool's own cluster by name, its instance groups, and how many nodes each zone really has."""
    from localcloud.providers.gcp import nodes  # noqa: PLC0415 - only where nodes are looked at

    project = identity.split("/")[1]
    cluster = identity.rsplit("/", 3)[1]
    groups = [
        f"https://www.googleapis.com/compute/v1/projects/{project}/zones/{zone}/instanceGroupManagers/"
        f"gke-{cluster}-{values['name']}-{hashlib.sha256((identity + zone).encode()).hexdigest()[:8]}-grp"
        for zone in values.get("nodeLocations") or []
    ]
    live = nodes.count_per_zone(api, identity, values)
    return {
        "cluster": cluster,
        "instanceGroupUrls": groups,
        "nodeConfig": {"effectiveTaints": effective_taints(values.get("nodeConfig") or {})},
        "managedInstanceGroupUrls": [url.replace("instanceGroupManagers", "instanceGroups") for url in groups],
        **({} if live is None else {"nodeCount": live}),
    }


def _same(path: str, old: Any, new: Any) -> bool:
    """A version prefix is the version that starts with it."""
    return path == "version" and str(old or "").startswith(str(new))


def _appear(api: Api, identity: str, values: Values, old: Values | None) -> None:
    from localcloud.providers.gcp import nodes  # noqa: PLC0415 - only where nodes are touched

    if values:
        nodes.reconcile(api, identity, values, old)
    else:
        nodes.remove_all(api, cluster=identity.rsplit("/nodePools/", 1)[0], pool=identity)


KINDS: Final = [
    Kind(
        POOL,
        "projects/{project}/locations/{location}/clusters/{cluster}/nodePools/{name}",
        "NodePool",
        name=POOL_NAME,
        parts=_parts,
        exists="Already exists: {id}.",
        references={"cluster": CLUSTER_REFERENCE, "nodeConfig.serviceAccount": ACCOUNT_REFERENCE},
        parent="cluster",
        provider_only=frozenset({"deletionPolicy", "ignoreNodeCountChanges"}),
        not_imported=frozenset({"initialNodeCount", "namePrefix"}),
        check=check,
        admit=_admit,
        settle=_settle,
        view=_view,
        same=_same,
        appear=_appear,
    )
]

"""Which cluster inputs GKE refuses by themselves, before anything is made. Sources: see `cluster`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import locations, ranges
from localcloud.providers.gcp.paths import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api
    from localcloud.providers.gcp.kind import Values

_ENUMS: Final[dict[str, set[str]]] = {
    "releaseChannel.channel": {"UNSPECIFIED", "RAPID", "REGULAR", "STABLE", "EXTENDED"},
    "networkingMode": {"VPC_NATIVE", "ROUTES"},
    "datapathProvider": {"DATAPATH_PROVIDER_UNSPECIFIED", "LEGACY_DATAPATH", "ADVANCED_DATAPATH"},
    "binaryAuthorization.evaluationMode": {"DISABLED", "PROJECT_SINGLETON_POLICY_ENFORCE"},
    "databaseEncryption.state": {"ENCRYPTED", "DECRYPTED"},
    "securityPostureConfig.mode": {"DISABLED", "BASIC", "ENTERPRISE", "MODE_UNSPECIFIED"},
    "securityPostureConfig.vulnerabilityMode": {
        "VULNERABILITY_DISABLED",
        "VULNERABILITY_BASIC",
        "VULNERABILITY_ENTERPRISE",
        "VULNERABILITY_MODE_UNSPECIFIED",
    },
    "clusterAutoscaling.autoscalingProfile": {"BALANCED", "OPTIMIZE_UTILIZATION"},
    "gatewayApiConfig.channel": {"CHANNEL_DISABLED", "CHANNEL_EXPERIMENTAL", "CHANNEL_STANDARD"},
    "dnsConfig.clusterDns": {"PROVIDER_UNSPECIFIED", "PLATFORM_DEFAULT", "CLOUD_DNS", "KUBE_DNS"},
    "dnsConfig.clusterDnsScope": {"DNS_SCOPE_UNSPECIFIED", "CLUSTER_SCOPE", "VPC_SCOPE"},
    "ipAllocationPolicy.stackType": {"IPV4", "IPV4_IPV6"},
    "inTransitEncryptionConfig": {
        "IN_TRANSIT_ENCRYPTION_CONFIG_UNSPECIFIED",
        "IN_TRANSIT_ENCRYPTION_DISABLED",
        "IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT",
    },
}
_SCOPES: Final = {"NO_UPGRADES", "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES"}
_LOGGING: Final = {
    "SYSTEM_COMPONENTS",
    "APISERVER",
    "CONTROLLER_MANAGER",
    "SCHEDULER",
    "WORKLOADS",
    "KCP_CONNECTION",
    "KCP_SSHD",
    "KCP_HPA",
}
_MOST_PODS: Final = (8, 256)


def check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    """(path, reason) of each refused input; values that are not known yet pass."""
    yield from _check_location(api, values)
    for path, allowed in _ENUMS.items():
        value = lookup(values, path)
        if isinstance(value, str) and value and value not in allowed:
            yield path, f"expected {path} to be one of {sorted(allowed)}, got {value}"
    yield from _check_nodes(values)
    yield from _check_network(values)
    yield from _check_private(values)
    yield from _check_identity(api, values)
    yield from _check_maintenance(values)
    yield from _check_addons(values)
    for index, component in enumerate(lookup(values, "loggingConfig.enableComponents") or []):
        if isinstance(component, str) and component not in _LOGGING:
            yield f"loggingConfig.enableComponents[{index}]", f"{component} is none of {sorted(_LOGGING)}"
    if lookup(values, "databaseEncryption.state") == "ENCRYPTED" and not lookup(values, "databaseEncryption.keyName"):
        yield "databaseEncryption.keyName", "state ENCRYPTED needs the name of a key"


def _check_location(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    location = values.get("location") or api.zone or api.region
    if not isinstance(location, str) or not location:
        return
    if not locations.is_region(location) and not locations.is_zone(location):
        yield "location", f"unknown region or zone {location!r}"
        return
    yield from check_zones(values, location)


def check_zones(values: Values, location: str) -> Iterator[tuple[str, str]]:
    """Node locations are existing zones of the cluster's region, without its own zone for a zonal cluster."""
    region = locations.region_of(location)
    for index, zone in enumerate(values.get("nodeLocations") or []):
        if not isinstance(zone, str):
            continue
        where = f"nodeLocations[{index}]"
        if not locations.is_zone(zone):
            yield where, f"unknown zone {zone!r}"
        elif locations.region_of(zone) != region:
            yield where, f"zone {zone} is not in region {region}"
        elif zone == location:
            yield where, f"for a zonal cluster, leave out its own zone {zone} (google_container_cluster node_locations)"


def _check_nodes(values: Values) -> Iterator[tuple[str, str]]:
    if values.get("nodePools"):
        yield "nodePools", "inline node pools are not offered by this stand-in; declare each as a NodePool (tpg#3409)"
    elif not values.get("enableAutopilot") and not values.get("initialNodeCount"):
        yield "initialNodeCount", "Cluster.initial_node_count must be greater than zero."
    most = values.get("defaultMaxPodsPerNode")
    if isinstance(most, int) and not _MOST_PODS[0] <= most <= _MOST_PODS[1]:
        yield "defaultMaxPodsPerNode", f"{most} is not between {_MOST_PODS[0]} and {_MOST_PODS[1]}"


def _check_network(values: Values) -> Iterator[tuple[str, str]]:
    policy = values.get("ipAllocationPolicy")
    if isinstance(policy, dict):
        pods, services = policy.get("clusterSecondaryRangeName"), policy.get("servicesSecondaryRangeName")
        if isinstance(pods, str) and pods and pods == services:
            yield (
                "ipAllocationPolicy.servicesSecondaryRangeName",
                f"pods and services cannot share the secondary range {pods!r} (tpg#6761)",
            )
        if (pods is None) != (services is None):
            missing = "servicesSecondaryRangeName" if services is None else "clusterSecondaryRangeName"
            yield f"ipAllocationPolicy.{missing}", "name both secondary ranges or neither (tpg#6761)"
    if values.get("networkingMode") == "ROUTES" and policy is not None:
        yield "ipAllocationPolicy", "a routes-based cluster has no ipAllocationPolicy"
    blocks = lookup(values, "masterAuthorizedNetworksConfig.cidrBlocks")
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        text = block.get("cidrBlock") if isinstance(block, dict) else None
        if isinstance(text, str) and (refusal := ranges.block_refusal(text)):
            yield f"masterAuthorizedNetworksConfig.cidrBlocks[{index}].cidrBlock", refusal


def _check_private(values: Values) -> Iterator[tuple[str, str]]:
    private = values.get("privateClusterConfig")
    if not isinstance(private, dict):
        return
    block, subnetwork = private.get("masterIpv4CidrBlock"), private.get("privateEndpointSubnetwork")
    if block and subnetwork:
        yield (
            "privateClusterConfig.masterIpv4CidrBlock",
            "master_ipv4_cidr_block and private_endpoint_subnetwork exclude each other (tgm#2119)",
        )
    if isinstance(block, str) and block and (refusal := ranges.control_plane_refusal(block)):
        yield "privateClusterConfig.masterIpv4CidrBlock", refusal
    nodes = private.get("enablePrivateNodes")
    if block and nodes is not None and nodes is False:
        yield "privateClusterConfig.masterIpv4CidrBlock", "master_ipv4_cidr_block needs enable_private_nodes"
    if nodes is True and values.get("networkingMode") == "ROUTES":
        yield "privateClusterConfig.enablePrivateNodes", "a private cluster must be VPC-native"
    if private.get("enablePrivateEndpoint") is True and values.get("masterAuthorizedNetworksConfig") is None:
        yield (
            "masterAuthorizedNetworksConfig",
            "a cluster with only a private endpoint needs authorized networks, be the list empty (tgm#901)",
        )


def _check_identity(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    pool = lookup(values, "workloadIdentityConfig.workloadPool")
    project = values.get("project") or api.project
    if isinstance(pool, str) and pool and not pool.endswith(".svc.id.goog"):
        yield "workloadIdentityConfig.workloadPool", f"{pool!r} is not PROJECT.svc.id.goog"
    elif isinstance(pool, str) and pool and project and pool != f"{project}.svc.id.goog":
        yield (
            "workloadIdentityConfig.workloadPool",
            f"{pool!r} is not the pool of the cluster's project: {project}.svc.id.goog",
        )


def _check_addons(values: Values) -> Iterator[tuple[str, str]]:
    """What add-ons need of their cluster ("Deploying Gateways", requirements; "Use Secret Manager add-on with GKE")."""
    channel = lookup(values, "gatewayApiConfig.channel")
    if channel == "CHANNEL_EXPERIMENTAL":
        yield (
            "gatewayApiConfig.channel",
            "CHANNEL_EXPERIMENTAL is deprecated (GKE REST reference): use CHANNEL_STANDARD",
        )
    if channel == "CHANNEL_STANDARD":
        if values.get("networkingMode") == "ROUTES":
            yield "gatewayApiConfig.channel", "the Gateway API needs a VPC-native cluster"
        if lookup(values, "addonsConfig.httpLoadBalancing.disabled") is True:
            yield "gatewayApiConfig.channel", "the Gateway API needs the add-on HttpLoadBalancing"
    if lookup(values, "secretManagerConfig.enabled") is True and values.get("workloadIdentityConfig") is None:
        yield (
            "secretManagerConfig.enabled",
            "the Secret Manager add-on needs Workload Identity (workloadIdentityConfig)",
        )


def _check_maintenance(values: Values) -> Iterator[tuple[str, str]]:
    policy = values.get("maintenancePolicy")
    if not isinstance(policy, dict):
        return
    window = policy.get("recurringWindow")
    if isinstance(window, dict):
        yield from _check_span(window, "maintenancePolicy.recurringWindow")
        recurrence = window.get("recurrence")
        if isinstance(recurrence, str) and not recurrence.startswith("FREQ="):
            yield "maintenancePolicy.recurringWindow.recurrence", f"{recurrence!r} is no RFC 5545 RRULE (FREQ=...)"
    start = lookup(policy, "dailyMaintenanceWindow.startTime")
    if isinstance(start, str) and not _is_clock(start):
        yield "maintenancePolicy.dailyMaintenanceWindow.startTime", f"{start!r} is not HH:MM"
    for index, exclusion in enumerate(policy.get("maintenanceExclusions") or []):
        if not isinstance(exclusion, dict):
            continue
        where = f"maintenancePolicy.maintenanceExclusions[{index}]"
        yield from _check_span(exclusion, where)
        scope = lookup(exclusion, "exclusionOptions.scope")
        if isinstance(scope, str) and scope not in _SCOPES:
            yield f"{where}.exclusionOptions.scope", f"{scope} is none of {sorted(_SCOPES)}"


def _check_span(span: Values, where: str) -> Iterator[tuple[str, str]]:
    times: list[datetime] = []
    for name in ("startTime", "endTime"):
        text = span.get(name)
        if isinstance(text, str):
            try:
                times.append(_rfc3339(text))
            except ValueError:
                yield f"{where}.{name}", f"{text!r} is no RFC 3339 time (2026-01-01T22:00:00Z)"
    if len(times) == 2 and times[0] >= times[1]:  # noqa: PLR2004 - both are given
        yield f"{where}.endTime", "the end is not after the start"


def _rfc3339(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None or "T" not in text.upper():
        raise ValueError(text)
    return time


def _is_clock(text: Any) -> bool:
    hours, _, minutes = text.partition(":")
    return hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60  # noqa: PLR2004 - a clock

"""Which node pool inputs GKE refuses by themselves, before anything is made. Sources: see `nodepool`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import locations
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.services import nodepool_machines, nodepool_upgrades

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api
    from localcloud.providers.gcp.kind import Values

_MOST_NODES_PER_ZONE: Final = 1000
_MOST_PODS: Final = (8, 256)
_ENUMS: Final[dict[str, set[str]]] = {
    "autoscaling.locationPolicy": {"BALANCED", "ANY"},
    "upgradeSettings.strategy": {"SURGE", "BLUE_GREEN", "SHORT_LIVED"},
    "nodeConfig.diskType": {"pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced"},
    "nodeConfig.imageType": {
        "COS_CONTAINERD",
        "UBUNTU_CONTAINERD",
        "WINDOWS_LTSC_CONTAINERD",
        "cos_containerd",
        "ubuntu_containerd",
    },
    "nodeConfig.workloadMetadataConfig.mode": {"MODE_UNSPECIFIED", "GCE_METADATA", "GKE_METADATA"},
}
_EFFECTS: Final = {"NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"}
#: prefixes that belong to Kubernetes and GKE ("Create and manage cluster and node pool labels")
_RESERVED: Final = re.compile(r"(^|\.)(kubernetes\.io|k8s\.io)/|^cloud\.google\.com/gke-")
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


def check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    """(path, reason) of each refused input; values that are not known yet pass."""
    for path, allowed in _ENUMS.items():
        value = lookup(values, path)
        if isinstance(value, str) and value and value not in allowed:
            yield path, f"expected {path} to be one of {sorted(allowed)}, got {value}"
    yield from _check_place(api, values)
    yield from _check_counts(values)
    config = values.get("nodeConfig")
    if isinstance(config, dict):
        yield from nodepool_machines.check(config, values)
        yield from _check_labels(config)
    yield from nodepool_upgrades.check(values.get("upgradeSettings"))


def _check_place(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    location = values.get("location") or api.zone or api.region
    if isinstance(location, str) and location and not locations.is_region(location) and not locations.is_zone(location):
        yield "location", f"unknown region or zone {location!r}"
    for index, zone in enumerate(values.get("nodeLocations") or []):
        if isinstance(zone, str) and not locations.is_zone(zone):
            yield f"nodeLocations[{index}]", f"unknown zone {zone!r}"


def _check_counts(values: Values) -> Iterator[tuple[str, str]]:
    count, initial = values.get("nodeCount"), values.get("initialNodeCount")
    if count and initial:
        yield "nodeCount", "Cannot set both initial_node_count and node_count on node pool"
    for name in ("nodeCount", "initialNodeCount"):
        number = values.get(name)
        if isinstance(number, int) and not 0 <= number <= _MOST_NODES_PER_ZONE:
            yield name, f"{number} is not between 0 and {_MOST_NODES_PER_ZONE} (for each zone)"
    most_pods = values.get("maxPodsPerNode")
    if isinstance(most_pods, int) and not _MOST_PODS[0] <= most_pods <= _MOST_PODS[1]:
        yield "maxPodsPerNode", f"{most_pods} is not between {_MOST_PODS[0]} and {_MOST_PODS[1]}"
    scaling = values.get("autoscaling")
    if isinstance(scaling, dict):
        yield from _check_autoscaling(scaling)


def _check_autoscaling(scaling: Values) -> Iterator[tuple[str, str]]:
    zonal = [name for name in ("minNodeCount", "maxNodeCount") if scaling.get(name)]
    total = [name for name in ("totalMinNodeCount", "totalMaxNodeCount") if scaling.get(name)]
    if zonal and total:
        yield f"autoscaling.{total[0]}", "limits for each zone and total limits exclude each other"
    for least_name, most_name in (("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount")):
        least, most = scaling.get(least_name), scaling.get(most_name)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield f"autoscaling.{least_name}", f"{least_name} {least} is greater than {most_name} {most}"
    if not scaling.get("maxNodeCount") and not scaling.get("totalMaxNodeCount"):
        yield "autoscaling.maxNodeCount", "autoscaling needs a maximum of at least 1"


def _check_labels(config: Values) -> Iterator[tuple[str, str]]:
    labels = config.get("labels")
    for key, value in (labels if isinstance(labels, dict) else {}).items():
        if _RESERVED.search(key):
            yield f'nodeConfig.labels["{key}"]', f"{key} is reserved for Kubernetes and GKE"
        if isinstance(value, str) and not _LABEL_VALUE.fullmatch(value):
            yield f'nodeConfig.labels["{key}"]', f"{value!r} is no label value"
    for index, taint in enumerate(config.get("taints") or []):
        effect = taint.get("effect") if isinstance(taint, dict) else None
        if isinstance(effect, str) and effect not in _EFFECTS:
            yield f"nodeConfig.taints[{index}].effect", f"{effect} is none of {sorted(_EFFECTS)}"

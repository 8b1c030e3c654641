"""Quotas: limits of a project in a region, from `SLIPWAY_LOCAL_DIR/gcp/quotas.json`; without the file none hold.

The file maps a metric to its limit, or to a limit for each region: `{"CPUS": 24, "NVIDIA_L4_GPUS": {"europe-west4":
2}}`. Metrics: CPUS, E2_CPUS and so on for a series, PREEMPTIBLE_CPUS, NVIDIA_L4_GPUS and so on, IN_USE_ADDRESSES.
Source: Compute Engine documentation, "Allocation quotas" (regional, by series and GPU type).
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import errors, locations
from slipway import machines

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api

FILE: Final = "quotas.json"
_POOL: Final = "gcp:container/nodePool:NodePool"
#: series that have no quota of their own and count as CPUS
_COMMON: Final = {"e2", "n1", "t2d", "t2a", "n2d"}


def limits(api: Api) -> dict[str, Any]:
    """Metric -> limit, or -> region -> limit."""
    path = api.store.root / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def admit_nodes(api: Api, identity: str, values: dict[str, Any], old: dict[str, Any] | None, region: str) -> None:
    """Raise ApiError when the pool's nodes would take more than the region's quotas leave."""
    known = limits(api)
    if not known:
        return
    used: Counter[str] = Counter()
    for other, pool in api.all(_POOL).items():
        if other != identity and locations.region_of(pool["location"]) == region:
            used.update(usage(pool))
    wanted = usage(values)
    before = usage(old) if old else Counter[str]()
    for metric, amount in sorted(wanted.items()):
        limit = known.get(metric)
        limit = limit.get(region) if isinstance(limit, dict) else limit
        if limit is not None and amount > before[metric] and used[metric] + amount > limit:
            raise errors.quota_exceeded(metric, limit, region)


def usage(pool: dict[str, Any]) -> Counter[str]:
    """What a pool takes of each metric."""
    from localcloud.providers.gcp.services.nodepool import count_per_zone  # noqa: PLC0415 - it imports this module

    config = pool.get("nodeConfig") or {}
    machine = machines.find(config.get("machineType") or "e2-medium")
    if machine is None:
        return Counter()
    number = count_per_zone(pool) * len(pool.get("nodeLocations") or [])
    cpus = "CPUS" if machine.family in _COMMON else f"{machine.family.upper()}_CPUS"
    if config.get("spot") or config.get("preemptible"):
        cpus = "PREEMPTIBLE_CPUS"
    taken = Counter({cpus: int(machine.cpus) * number})
    for kind, gpus in accelerators(machine, config).items():
        metric = f"{kind.removeprefix('nvidia-tesla-').removeprefix('nvidia-').replace('-', '_').upper()}_GPUS"
        taken[f"NVIDIA_{metric}"] += gpus * number
    network = pool.get("networkConfig") or {}
    if not network.get("enablePrivateNodes"):
        taken["IN_USE_ADDRESSES"] += number
    return taken


def accelerators(machine: machines.Machine, config: dict[str, Any]) -> dict[str, int]:
    """GPU type -> number on each node."""
    if machine.gpu:
        return {machine.gpu: machine.gpus}
    return {item["type"]: int(item["count"]) for item in config.get("guestAccelerators") or []}

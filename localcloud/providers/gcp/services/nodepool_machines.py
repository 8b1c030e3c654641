"""Machine type, disk, accelerators and confidentiality of a pool's nodes, by themselves and by zone.

Sources: GKE documentation, "About GPUs in GKE" (sharing, partitions, drivers), "Plan TPUs in GKE" (topologies, nodes of
a slice), "Confidential GKE Nodes" (series), Compute Engine "Hyperdisk machine type support"; the tables themselves are
in `slipway.machines` and `slipway.zones`. The words of the refusals by zone are those of Compute Engine.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import locations
from localcloud.providers.gcp.paths import lookup
from slipway import machines, zones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localcloud.providers.gcp.kind import Values

DEFAULT_MACHINE: Final = "e2-medium"
_SMALLEST_DISK: Final = 10
_SHARED_CLIENTS: Final = (2, 48)
_DRIVERS: Final = {"GPU_DRIVER_VERSION_UNSPECIFIED", "INSTALLATION_DISABLED", "DEFAULT", "LATEST"}
_PARTITIONS: Final[dict[str, set[str]]] = {
    "nvidia-tesla-a100": {"1g.5gb", "2g.10gb", "3g.20gb", "7g.40gb"},
    "nvidia-a100-80gb": {"1g.10gb", "2g.20gb", "3g.40gb", "7g.80gb"},
    "nvidia-h100-80gb": {"1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "7g.80gb"},
    "nvidia-h100-mega-80gb": {"1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "7g.80gb"},
    "nvidia-h200-141gb": {"1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "7g.141gb"},
}
#: series whose boot disk is a Hyperdisk, and those that cannot have one
_HYPERDISK_ONLY: Final = {"n4", "c4", "c4a", "c4d", "n4a"}
_NO_HYPERDISK: Final = {"e2", "n1", "n2", "n2d", "t2d", "t2a", "c2", "c2d", "g2", "a2"}


def check(config: Values, pool: Values) -> Iterator[tuple[str, str]]:
    """(path, reason) of each refused value of `nodeConfig`; values that are not known yet pass."""
    name = config.get("machineType")
    machine = machines.find(name or DEFAULT_MACHINE) if isinstance(name, str | None) else None
    if isinstance(name, str) and machine is None:
        near = difflib.get_close_matches(name, machines.known(), 1)
        yield (
            "nodeConfig.machineType",
            f"unknown machine type {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        )
    if config.get("spot") is True and config.get("preemptible") is True:
        yield "nodeConfig.preemptible", "a node is spot or preemptible, not both"
    yield from _check_disk(config, machine)
    accelerators = config.get("guestAccelerators")
    for index, wanted in enumerate(accelerators if isinstance(accelerators, list) else []):
        if isinstance(wanted, dict):
            yield from _check_accelerator(wanted, machine, f"nodeConfig.guestAccelerators[{index}]")
    if machine is not None:
        yield from _check_confidential(config, machine)
        yield from _check_topology(pool, machine)
        yield from refusals_by_zone(config, _named_zones(pool))


def _named_zones(pool: Values) -> list[str]:
    """The zones that the pool names itself; others follow from its cluster."""
    location, named = pool.get("location"), pool.get("nodeLocations")
    if isinstance(named, list):
        return [zone for zone in named if isinstance(zone, str)]
    return [location] if isinstance(location, str) and locations.is_zone(location) else []


def refusals_by_zone(config: Values, places: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(path, reason) of what is not in one of these zones."""
    machine = machines.find(config.get("machineType") or DEFAULT_MACHINE)
    given = [item.get("type") for item in config.get("guestAccelerators") or [] if isinstance(item, dict)]
    kinds = [kind for kind in given if isinstance(kind, str)]
    for zone in places:
        known = zones.of_machine(machine) if machine else None
        if machine and known is not None and zone not in known:
            yield (
                "nodeConfig.machineType",
                f"Machine type with name '{machine.name}' does not exist in zone '{zone}'. {_elsewhere(known, zone)}",
            )
        for kind in kinds:
            having = zones.of_accelerator(kind)
            if machine and not machine.gpu and zone not in having:
                said = f'Accelerator type "{kind}" does not exist in zone {zone}. {_elsewhere(having, zone)}'
                yield "nodeConfig.guestAccelerators", said


def _elsewhere(known: Iterable[str], zone: str) -> str:
    return f"It is in {', '.join(zones.near(known, locations.region_of(zone)))}."


def _check_disk(config: Values, machine: machines.Machine | None) -> Iterator[tuple[str, str]]:
    size, kind = config.get("diskSizeGb"), config.get("diskType")
    if isinstance(size, int) and size < _SMALLEST_DISK:
        yield "nodeConfig.diskSizeGb", f"{size} GB is less than {_SMALLEST_DISK} GB"
    if machine is None or not isinstance(kind, str):
        return
    if machine.family in _HYPERDISK_ONLY and kind.startswith("pd-"):
        yield "nodeConfig.diskType", f"{machine.name} takes hyperdisk-balanced, not {kind}"
    if machine.family in _NO_HYPERDISK and kind.startswith("hyperdisk-"):
        yield "nodeConfig.diskType", f"{machine.name} takes a persistent disk (pd-balanced), not {kind}"


def _check_accelerator(wanted: Values, machine: machines.Machine | None, where: str) -> Iterator[tuple[str, str]]:
    kind, count = wanted.get("type"), wanted.get("count")
    if machine and isinstance(kind, str) and isinstance(count, int):
        refusal = machines.accelerator_refusal(machine, kind, count)
        if refusal:
            yield where, refusal
    driver = lookup(wanted, "gpuDriverInstallationConfig.gpuDriverVersion")
    if isinstance(driver, str) and driver not in _DRIVERS:
        yield f"{where}.gpuDriverInstallationConfig.gpuDriverVersion", f"{driver!r} is none of {sorted(_DRIVERS)}"
    sharing = wanted.get("gpuSharingConfig")
    if isinstance(sharing, dict):
        yield from _check_sharing(sharing, f"{where}.gpuSharingConfig")
    partition = wanted.get("gpuPartitionSize")
    if (
        isinstance(partition, str)
        and partition
        and isinstance(kind, str)
        and partition not in _PARTITIONS.get(kind, ())
    ):
        known = ", ".join(sorted(_PARTITIONS.get(kind, ()))) or "none"
        yield f"{where}.gpuPartitionSize", f"{kind} has no partitions of {partition}: {known}"


def _check_sharing(sharing: Values, where: str) -> Iterator[tuple[str, str]]:
    strategy, clients = sharing.get("gpuSharingStrategy"), sharing.get("maxSharedClientsPerGpu")
    if isinstance(strategy, str) and strategy not in {"TIME_SHARING", "MPS"}:
        yield f"{where}.gpuSharingStrategy", f"{strategy!r} is neither TIME_SHARING nor MPS"
    low, high = _SHARED_CLIENTS
    if isinstance(clients, int) and not low <= clients <= high:
        yield f"{where}.maxSharedClientsPerGpu", f"{clients} is not between {low} and {high}"


def _check_confidential(config: Values, machine: machines.Machine) -> Iterator[tuple[str, str]]:
    wanted = config.get("confidentialNodes")
    if not isinstance(wanted, dict) or wanted.get("enabled") is not True:
        return
    kind = wanted.get("confidentialInstanceType")
    if kind is not None and not isinstance(kind, str):
        return
    refusal = machines.confidential_refusal(machine, kind or "SEV")
    if refusal:
        yield "nodeConfig.confidentialNodes", refusal


def _check_topology(pool: Values, machine: machines.Machine) -> Iterator[tuple[str, str]]:
    policy = pool.get("placementPolicy")
    topology = policy.get("tpuTopology") if isinstance(policy, dict) else None
    where = "placementPolicy.tpuTopology"
    if isinstance(policy, dict) and policy.get("type") not in {"COMPACT", None} and isinstance(policy["type"], str):
        yield "placementPolicy.type", f"expected placementPolicy.type to be COMPACT, got {policy['type']}"
    if not isinstance(topology, str) or not topology:
        return
    if not machine.tpu:
        yield where, f"a TPU topology needs a TPU machine type, not {machine.name}"
    elif refusal := machines.topology_refusal(machine, topology):
        yield where, refusal
    else:
        yield from _check_hosts(pool, machine, topology)


def _check_hosts(pool: Values, machine: machines.Machine, topology: str) -> Iterator[tuple[str, str]]:
    """A slice of several hosts is whole: as many nodes as it has hosts, in one zone."""
    wanted = machines.hosts(machine, topology)
    if wanted == 1:
        return
    count = pool.get("nodeCount") if pool.get("nodeCount") is not None else pool.get("initialNodeCount")
    most = lookup(pool, "autoscaling.maxNodeCount") or lookup(pool, "autoscaling.totalMaxNodeCount")
    if isinstance(most, int) and most != wanted:
        yield "autoscaling", f"a {topology} slice of {machine.name} has {wanted} nodes: the maximum must be {wanted}"
    elif most is None and isinstance(count, int) and count != wanted:
        yield "nodeCount", f"a {topology} slice of {machine.name} has {wanted} nodes, not {count}"
    if isinstance(pool.get("nodeLocations"), list) and len(pool["nodeLocations"]) > 1:
        yield "nodeLocations", "a TPU slice of several hosts is in one zone"

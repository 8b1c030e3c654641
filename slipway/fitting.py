"""Whether a pod fits a node that the environment has: CPU and memory, accelerators, spot machines.

What is looked for is one node; how many there are is the autoscaler's matter, and the cloud's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slipway import machines, pools, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slipway.files import EnvironmentFile
    from slipway.machines import Machine
    from slipway.schema.manifest import Resources, Tpu
    from slipway.schema.pool import Pool

SPOT: Final = "cloud.google.com/gke-spot"
"""Label of spot nodes, and the taint that keeps other pods away from them.

Source: GKE documentation, "Run fault-tolerant workloads at lower costs with Spot VMs". GKE sets the label on every spot
node, and the taint only where node auto-provisioning makes the pool; in `taints` of a pool it is the platform team's.
"""


def refusals(
    need: Resources, file: EnvironmentFile, together: tuple[int, int] | None = None
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """What keeps a pod that asks for `need` off every node: key below `resources`, what is wrong, what would be right.

    `together` is what all containers of the pod ask for, in millicores and bytes, where `need` is only one's.
    GKE keeps other pods off nodes with accelerators ("About GPUs in GKE", "Plan TPUs in GKE": taints).
    """
    every = [pool for cluster in file.value.clusters.values() for pool in cluster.pools.values()]
    fitting = [pool for pool in every if _open(pool, spot=need.spot)]
    if need.spot:
        fitting = [pool for pool in fitting if pool.spot]
        if not fitting:
            what = f"no node pool of environment `{file.name}` is of spot machines that these pods may land on"
            yield ("spot",), what, f"add a pool with spot: true; the only taint it may have is {SPOT}"
            return
    machine_of = " of spot machines" if need.spot else ""
    if need.gpu:
        fitting = [pool for pool in fitting if not pool.tpu and pools.offers(pool, need.gpu.type, need.gpu.count)]
        if not fitting:
            what = f"no node pool{machine_of} of environment `{file.name}` has {need.gpu.count} x {need.gpu.type}"
            yield ("gpu",), f"{what} in one node", "add such a pool or ask for another type"
            return
    elif need.tpu:
        fitting = [pool for pool in fitting if pool.tpu and _slice(pool, need.tpu)]
        if not fitting:
            asked = f"{need.tpu.type} of topology {need.tpu.topology} with {need.tpu.chips} chips in each node"
            what = f"no node pool{machine_of} of environment `{file.name}` is a slice {asked}"
            yield ("tpu",), what, _slices(every)
            return
    else:
        fitting = [pool for pool in fitting if not pool.tpu and not pools.accelerator(pool)[1]]
    nodes = [machines.machine(pool.machine) for pool in fitting]
    asked = f"{need.cpu} CPU and {need.memory}"
    cpu, memory = units.millicores(need.cpu), units.octets(need.memory)
    if together:
        cpu, memory = together
        asked = f"{cpu}m CPU and {-(-memory // 2**20)}Mi with its sidecars"
    if any(node.allocatable_millicores >= cpu and node.allocatable_memory >= memory for node in nodes):
        return
    what = f"a pod asks for {asked}, more than any node of environment `{file.name}` has"
    yield (), what, _largest(nodes)


def _open(pool: Pool, *, spot: bool) -> bool:
    """Whether the pool has nodes, and no taint that these pods do not tolerate."""
    own = [taint for taint in pool.taints if taint.effect != "PREFER_NO_SCHEDULE"]
    if spot and all((taint.key, taint.value, taint.effect) == (SPOT, "true", "NO_SCHEDULE") for taint in own):
        return pool.nodes.per_zone != 0
    return pool.open


def _slice(pool: Pool, tpu: Tpu) -> bool:
    node = machines.machine(pool.machine)
    topology = pool.tpu.topology if pool.tpu else ""
    return (node.tpu, topology, node.tpus) == (tpu.type, tpu.topology, tpu.chips)


def _slices(every: Sequence[Pool]) -> str:
    have: list[str] = []
    for pool in every:
        node = machines.machine(pool.machine)
        if pool.tpu and node.tpu:
            have.append(f"{node.tpu} {pool.tpu.topology} with chips: {node.tpus}")
    return f"ask for what there is: {', '.join(have)}" if have else "add a pool with a TPU machine and its topology"


def _largest(nodes: Sequence[Machine]) -> str:
    if not nodes:
        return "add a node pool without taints that has at least one node"
    largest = max(nodes, key=lambda node: (node.allocatable_millicores, node.allocatable_memory))
    offered = f"{largest.allocatable_millicores}m CPU and {largest.allocatable_memory // 2**20}Mi for pods"
    return f"ask for less, or add a larger pool: {largest.name} offers {offered}"

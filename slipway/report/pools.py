"""How many nodes a change of node pools really means: counts are for each zone, and a regional cluster has three.

Source: GKE documentation, "About cluster autoscaling" and "About node pools": `nodeCount`, `minNodeCount` and
`maxNodeCount` are for each zone of a pool; "Regional clusters": three zones of the region unless others are named.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway import machines
from slipway.replacement import CLUSTER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from slipway.desired import Desired
    from slipway.engine.results import StackResult
    from slipway.schema.cluster import Cluster
    from slipway.schema.pool import Pool

POOL: Final = "gcp:container/nodePool:NodePool"
_ZONES_OF_A_REGION: Final = 3


@dataclass(frozen=True)
class Size:
    """What a pool can be: nodes in each zone, its zones, and what one node has. GPUs are by type."""

    machine: str
    least: int
    most: int
    zones: int
    gpu: str = ""
    gpus: int = 0

    @property
    def totals(self) -> dict[str, tuple[float, float]]:
        """Least and most over all zones: nodes, GPUs, and vCPUs and GiB of memory where the machine type is known."""
        machine = machines.find(self.machine)
        units: dict[str, float] = {"nodes": 1}
        if machine:
            units |= {"vCPU": machine.cpus, "GiB": machine.memory}
        if self.gpus:
            units[self.gpu] = self.gpus
        return {unit: (self.least * self.zones * each, self.most * self.zones * each) for unit, each in units.items()}

    def __str__(self) -> str:
        totals = self.totals
        nodes = _span(*totals.pop("nodes"))
        each = ", ".join(f"{_span(*both)} {unit}" for unit, both in totals.items())
        of = f"{self.machine}: {each}" if each else self.machine
        if self.zones == 1:
            return f"{nodes} {_nodes(self.most)} in one zone ({of})"
        zone = f"{_span(self.least, self.most)} {_nodes(self.most)} per zone"
        return f"{zone} x {self.zones} zones = {nodes} {_nodes(self.most * self.zones)} ({of})"


@dataclass(frozen=True)
class PoolChange:
    """A pool by name, as the state has it and as the environment file wants it; None where it is not."""

    name: str
    before: Size | None
    after: Size | None
    known: bool
    """Whether the state has the cluster: without it there is no before at all."""

    def __str__(self) -> str:
        if self.after is None:
            return f"node pool {self.name}: {self.before} -> none"
        if self.before is None:
            return f"node pool {self.name}: {'none -> ' if self.known else ''}{self.after}"
        changed = "" if self.before == self.after else f"{self.before} -> "
        return f"node pool {self.name}: {changed}{self.after}"

    def values(self) -> dict[str, Any]:
        """The same, for `--json`."""
        both = {"before": self.before, "after": self.after}
        return {
            "pool": self.name,
            **{key: size and {**asdict(size), "totals": size.totals} for key, size in both.items()},
        }


def pools(desired: Desired, results: Sequence[StackResult]) -> list[PoolChange]:
    """The pools of the environment's cluster, also those that would go; none unless the platform was previewed."""
    platform = next((result for result in results if result.stack == f"{desired.name}.platform"), None)
    if platform is None:
        return []
    key = desired.cluster_name
    cluster = desired.environment.clusters[key]
    old = {name: inputs for name, inputs in _known(platform, POOL) if name.startswith(f"{key}-")}
    spread = next((inputs for name, inputs in _known(platform, CLUSTER) if name == f"cluster-{key}-cluster"), None)
    before = {
        name.removeprefix(f"{key}-").removesuffix("-pool"): _before(each, spread or {}) for name, each in old.items()
    }
    after = {name: _after(pool, cluster) for name, pool in cluster.pools.items()}
    known = spread is not None
    return [PoolChange(name, before.get(name), after.get(name), known) for name in {**after, **before}]


def _known(result: StackResult, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Logical name and inputs of what the state has of one type."""
    for urn, inputs in result.before.items():
        if urn.split("::")[2].endswith(kind):
            yield urn.rsplit("::", 1)[-1], inputs


def _after(pool: Pool, cluster: Cluster) -> Size:
    zones = len(pool.zones or cluster.zones) or (_ZONES_OF_A_REGION if cluster.regional else 1)
    machine = machines.find(pool.machine)
    gpu, gpus = (machine.gpu, machine.gpus) if machine else ("", 0)
    if pool.gpu and not gpus:
        gpu, gpus = pool.gpu.type or "", pool.gpu.count or 0
    return Size(pool.machine, pool.nodes.least, pool.nodes.most, zones, gpu, gpus)


def _before(inputs: Mapping[str, Any], cluster: Mapping[str, Any]) -> Size:
    config: Mapping[str, Any] = inputs.get("nodeConfig") or {}
    scaling: Mapping[str, Any] = inputs.get("autoscaling") or {}
    fixed = inputs.get("nodeCount")
    least, most = (fixed, fixed) if fixed is not None else (scaling.get("minNodeCount"), scaling.get("maxNodeCount"))
    named: Sequence[str] = inputs.get("nodeLocations") or cluster.get("nodeLocations") or []
    regional = str(cluster.get("location", "")).count("-") == 1
    machine = machines.find(config.get("machineType") or "")
    gpu, gpus = (machine.gpu, machine.gpus) if machine else ("", 0)
    accelerators: Sequence[Mapping[str, Any]] = config.get("guestAccelerators") or []
    for accelerator in accelerators:
        gpu, gpus = accelerator.get("type") or gpu, int(accelerator.get("count") or gpus)
    return Size(
        config.get("machineType") or "?",
        int(least or 0),
        int(most or 0),
        len(named) or (_ZONES_OF_A_REGION if regional else 1),
        gpu,
        gpus,
    )


def _span(least: float, most: float) -> str:
    return f"{least:g}" if least == most else f"{least:g}..{most:g}"


def _nodes(most: int) -> str:
    return "node" if most == 1 else "nodes"

"""What a team's services need at their most, against what the environment lets its namespace ask for.

A ResourceQuota that is too small is not seen when it is made: months later a rollout stands still, because its new pods
are refused. So every service at `scaling.max`, all of them in a rollout with its surge at once, has to fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from slipway import pools, units
from slipway.pods import counts
from slipway.rollouts.traffic import layer
from slipway.schema.environment import Team
from slipway.schema.reading import near
from slipway.schema.rollout import Canary, Recreate, Rolling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slipway.desired import WantedService
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile
    from slipway.rollouts.traffic import Layer
    from slipway.schema.environment import Environment
    from slipway.schema.manifest import Service

_PROXY_CPU: Final = 100
_PROXY_MEMORY: Final = 128 * 2**20
"""Millicores and bytes that a mesh's proxy asks for. Source: Istio, Helm values of istiod, global.proxy.resources."""
_MIB, _GIB = 2**20, 2**30


@dataclass(frozen=True)
class Need:
    """What pods ask for together: millicores, bytes, pods, GPUs, chips of TPUs, bytes of disks that are kept."""

    cpu: int = 0
    memory: int = 0
    pods: int = 0
    gpus: int = 0
    tpus: int = 0
    storage: int = 0

    def __add__(self, other: Need) -> Need:
        return Need(
            self.cpu + other.cpu,
            self.memory + other.memory,
            self.pods + other.pods,
            self.gpus + other.gpus,
            self.tpus + other.tpus,
            self.storage + other.storage,
        )

    @property
    def shown(self) -> dict[str, str]:
        """As the environment file spells it."""
        memory = f"{-(-self.memory // _MIB)}Mi"
        counts = {"pods": str(self.pods), "gpus": str(self.gpus), "tpus": str(self.tpus)}
        return {"cpu": f"{self.cpu}m", "memory": memory, **counts, "storage": f"{-(-self.storage // _GIB)}Gi"}


def nodes(environment: Environment) -> int:
    """Nodes of the environment at their most, as far as its file says: pods of a daemon set without a choice."""
    return sum(
        pool.nodes.most * pools.zone_count(pool, cluster)
        for cluster in environment.clusters.values()
        for pool in cluster.pools.values()
        if pool.open
    )


def limits(teams: dict[str, Team], team: str) -> Team:
    """What the environment grants `team`; the defaults where it says nothing."""
    return teams.get(team, Team())


def most(spec: Service, carrier: Layer = "replicas", *, meshed: bool = False, nodes: int = 1) -> Need:
    """What the pods of one service ask for at its most: the largest number of them, and a rollout's surge on top.

    A percentage of surge rounds up, as Kubernetes and Argo Rollouts do. `carrier` carries its traffic in a rollout;
    `meshed` pods have a proxy each; a daemon set has a pod on each of `nodes`. The pods of a stateful set are replaced
    in their place, and each keeps its disks.
    """
    pods = nodes if spec.workload == "daemon-set" else spec.scaling.max or spec.scaling.min
    storage = pods * sum(units.octets(each.size) for each in spec.volumes.values() if each.keep)
    if not isinstance(spec.rollout, Recreate) and spec.workload != "stateful-set":
        # A preview becomes a full second set, and where traffic is sent by weight or request the old pods all stay.
        by_pods = carrier == "replicas"
        surge = spec.rollout.max_surge if isinstance(spec.rollout, Rolling | Canary) and by_pods else "100%"
        pods += -(-pods * int(surge.removesuffix("%")) // 100) if surge.endswith("%") else int(surge)
    need = spec.resources
    cpu, memory = counts(spec)
    if meshed:
        cpu, memory = cpu + _PROXY_CPU, memory + _PROXY_MEMORY
    gpus, tpus = need.gpu.count if need.gpu else 0, need.tpu.chips if need.tpu else 0
    return Need(pods * cpu, pods * memory, pods, pods * gpus, pods * tpus, storage)


def refusals(file: EnvironmentFile, services: Sequence[WantedService]) -> Iterator[Problem]:
    """Teams whose services do not fit their limits, and grants that nobody could have."""
    teams = sorted({service.team for service in services})
    for team, granted in file.value.teams.items():
        if team not in teams:
            yield file.document.problem(
                ("teams", team), f"a grant for team `{team}`, which has no service", near(team, teams)
            )
        for index, member in enumerate(granted.viewers):
            if member.startswith("domain:"):  # GKE documentation, "Configure Google Groups for RBAC"
                what = f"`{member}` is a whole domain, and Kubernetes grants to users and groups"
                remedy = "write group: with an address of Google Groups"
                yield file.document.problem(("teams", team, "viewers", index), what, remedy)
    for team in teams:
        own = [service for service in services if service.team == team]
        yield from _beyond(file, team, own)


def _beyond(file: EnvironmentFile, team: str, services: Sequence[WantedService]) -> Iterator[Problem]:
    granted = limits(file.value.teams, team).limits
    have = Need(units.millicores(granted.cpu), units.octets(granted.memory), granted.pods, granted.gpus, granted.tpus)
    have = replace(have, storage=units.octets(granted.storage))
    environment = file.value
    needs = {
        service.name: most(
            service.spec,
            layer(service.spec, environment),
            meshed=environment.mesh is not None,
            nodes=nodes(environment),
        )
        for service in services
    }
    need = sum(needs.values(), Need())
    for key in ("cpu", "memory", "pods", "gpus", "tpus", "storage"):
        wanted, limit = getattr(need, key), getattr(have, key)
        if wanted <= limit:
            continue
        path = ("teams", team, "limits", key)
        stated = "" if path in file.document.lines else ", the default"
        largest = max(needs, key=lambda name: getattr(needs[name], key))
        part = f"`{largest}` alone {needs[largest].shown[key]} in {needs[largest].pods} pods"
        what = (
            f"team `{team}` may need {need.shown[key]} {key} in environment `{file.name}`, with every service at its "
            f"most and in a rollout ({part}), and its limit is {have.shown[key]}{stated}"
        )
        remedy = f"raise teams.{team}.limits.{key} to {need.shown[key]} or more, or lower scaling.max"
        yield file.document.problem(path, what, remedy)

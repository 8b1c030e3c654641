"""How a Kustomize directory is: as its worst workload is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from slipway.diagnosis import diagnose
from slipway.health import Health, State, judge, stalled
from slipway.operations.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.kustomize.wanted import WantedDirectory
    from slipway.live import Cluster

_DEADLINE: Final = 600
"""Seconds. Kubernetes API reference, Deployment v1, progressDeadlineSeconds; a set has none, so it gets the same."""
_WORST: Final = (
    State.FAILED,
    State.MISSING,
    State.OTHER,
    State.PROGRESSING,
    State.WAITING,
    State.SCALED,
    State.HEALTHY,
)
_SETS: Final = {"StatefulSet", "DaemonSet"}


def deadline(wanted: WantedDirectory) -> int:
    """Seconds that its workloads may take, one after the other at the most."""
    return sum(int(each.get("spec", {}).get("progressDeadlineSeconds", _DEADLINE)) for each in wanted.workloads)


def health(cluster: Cluster, wanted: WantedDirectory) -> Health:
    """The verdict on all of its workloads: the worst one's state, and the pods of all of them."""
    found = [(each, _one(cluster, wanted.team, each)) for each in wanted.workloads]
    if not found:
        return Health(State.HEALTHY, 0, 0)
    ready, pods = (sum(getattr(each, name) for _, each in found) for name in ("ready", "wanted"))
    worst, verdict = min(found, key=lambda pair: _WORST.index(pair[1].state))
    what = f"{worst['kind']} {worst['metadata']['name']}"
    said = f"{what}: {verdict.message}" if verdict.message else ""
    return Health(verdict.state, ready, pods, said)


def cause(cluster: Cluster, wanted: WantedDirectory) -> str:
    """Which pods of its workloads are not well, and why."""
    events = cluster.events(wanted.team)
    found = (diagnose(_pods(cluster, wanted.team, each), events) for each in wanted.workloads)
    return "; ".join(said for said in found if said)


def _one(cluster: Cluster, team: str, value: Mapping[str, Any]) -> Health:
    kind, spec = value["kind"], value["spec"]
    live = cluster.get(KINDS[kind].path(team, value["metadata"]["name"]))
    image = str(spec["template"]["spec"]["containers"][0]["image"])
    least = int(spec.get("replicas", 0)) if kind not in _SETS else 0
    verdict = judge({**live, "kind": kind} if live else None, image, least)
    if kind in _SETS and verdict.state is State.PROGRESSING:
        verdict = stalled(verdict, _pods(cluster, team, value), _DEADLINE, dt.datetime.now(dt.UTC))
    return replace(verdict, wanted=max(verdict.wanted, least))


def _pods(cluster: Cluster, team: str, value: Mapping[str, Any]) -> list[dict[str, Any]]:
    labels: Mapping[str, str] = value["spec"]["selector"].get("matchLabels") or {}
    chosen = ",".join(f"{key}={label}" for key, label in sorted(labels.items()))
    found = cluster.get(f"/api/v1/namespaces/{team}/pods", labelSelector=chosen) if chosen else None
    return list((found or {}).get("items", []))

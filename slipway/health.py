"""Judges from live objects how a service is. Pure: objects in, a verdict out.

Sources: Kubernetes documentation, "Deployments", section on a complete deployment; kubectl 1.34,
pkg/polymorphichelpers/rollout_status.go (sets); Argo Rollouts 1.10 API. A Rollout's
`status.observedGeneration` is a string, and a stale `Healthy` is worth nothing until it is the spec's generation.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from slipway.diagnosis import reason
from slipway.diagnosis import said as told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Object = "Mapping[str, Any]"
ABORTED = "aborted, back on the old release"


class State(StrEnum):
    """How a service is. `waiting` is for a person to go on; everything but `progressing` is an end."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    WAITING = "waiting"
    FAILED = "failed"
    MISSING = "missing"
    OTHER = "other release"
    SCALED = "scaled by hand"
    """As it was told to be, with fewer pods than Git says."""


@dataclass(frozen=True)
class Health:
    """A verdict: `ready` of `wanted` pods, and a sentence about what is going on or went wrong."""

    state: State
    ready: int
    wanted: int
    message: str = ""

    @property
    def settled(self) -> bool:
        """Whether waiting longer would change nothing."""
        return self.state is not State.PROGRESSING


def judge(workload: Mapping[str, Any] | None, image: str, least: int) -> Health:
    """How the service is whose Deployment or Rollout is `workload`, when it should run `image` in `least` pods."""
    if workload is None:
        return Health(State.MISSING, 0, least, "it is not in the cluster")
    spec, status, kind = workload["spec"], workload.get("status", {}), workload["kind"]
    everywhere = kind == "DaemonSet"
    replicas = int(status.get("desiredNumberScheduled", 0) if everywhere else spec.get("replicas", 1))
    ready = int(status.get("numberAvailable" if everywhere else "availableReplicas", 0))
    live = spec["template"]["spec"]["containers"][0]["image"]
    wanted = max(replicas, least)
    if live != image:
        return Health(State.OTHER, ready, wanted, f"the cluster wants {live}")
    if str(status.get("observedGeneration", "")) != str(workload["metadata"].get("generation")):
        return Health(State.PROGRESSING, ready, wanted, "its controller has not seen the change yet")
    verdicts = {"Rollout": _rollout, "StatefulSet": _stateful_set, "DaemonSet": _daemon_set}
    return verdicts.get(kind, _deployment)(spec, status, ready, wanted)


def stalled(health: Health, pods: Sequence[Mapping[str, Any]], deadline: int, now: dt.datetime) -> Health:
    """`health` of a set that is under way, or that a pod of it has not been ready for longer than `deadline` (seconds).

    Their controllers know no deadline (Kubernetes API reference, StatefulSet v1 and DaemonSet v1), and replace no more
    pods until these are ready: so that pod's time is the rollout's.
    """
    if health.state is not State.PROGRESSING:
        return health
    for pod in pods:
        if (
            reason(pod)
            and not pod["metadata"].get("deletionTimestamp")
            and (now - _since(pod)).total_seconds() > deadline
        ):
            return replace(health, state=State.FAILED, message=f"no progress within its deadline: {health.message}")
    return health


def _since(pod: Mapping[str, Any]) -> dt.datetime:
    """Since when a pod has not been ready, as its conditions tell."""
    times = [
        item["lastTransitionTime"] for item in pod.get("status", {}).get("conditions", []) if item["type"] == "Ready"
    ]
    said = next((each for each in times if each), pod["metadata"]["creationTimestamp"])
    return dt.datetime.fromisoformat(said)


def reached(health: Health, entrance: Sequence[Mapping[str, Any] | None]) -> Health:
    """`health`, or that the load balancer does not lead to it yet: a service that nobody reaches is not healthy.

    `entrance` is its route and the policies before it (Cluster.entrance). A condition counts for the generation that it
    was observed at only (Gateway API specification, "Status"; conditions Accepted, ResolvedRefs, and Attached of
    Google's policies; GKE adds Reconciled).
    """
    if health.state is not State.HEALTHY:
        return health
    for item in entrance:
        if item is None:
            return replace(health, state=State.PROGRESSING, message="a part of its way in is not in the cluster")
        kind, generation = item["kind"], item["metadata"].get("generation")
        status = item.get("status", {})
        parents = status.get("parents") or [] if kind == "HTTPRoute" else [status]
        conditions: list[Mapping[str, Any]] = []
        for parent in parents:
            conditions += parent.get("conditions") or []
        fresh = [each for each in conditions if each.get("observedGeneration", generation) == generation]
        if kind == "HTTPRoute" and not fresh:  # policies are only spoken of when something is wrong
            return replace(health, state=State.PROGRESSING, message="no gateway has seen its HTTPRoute yet")
        for condition in fresh:
            if condition["status"] == "False":
                said = f"{condition['type']} is False: {condition.get('reason', '')}{told(condition)}"
                return replace(health, state=State.PROGRESSING, message=f"its {kind} is not served ({said})")
    return health


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any], ready: int, wanted: int) -> Health:
    replicas, updated = int(spec.get("replicas", 1)), int(status.get("updatedReplicas", 0))
    for condition in status.get("conditions", []):
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return Health(State.FAILED, ready, wanted, "no progress within its deadline")
    if spec.get("paused"):
        return Health(State.WAITING, ready, wanted, "it is paused")
    if replicas < wanted:
        return Health(State.PROGRESSING, ready, wanted, f"the autoscaler has not raised it from {replicas} yet")
    if updated < replicas:
        return Health(State.PROGRESSING, ready, wanted, f"{updated} of {replicas} pods run the new release")
    if int(status.get("replicas", 0)) > updated:
        return Health(State.PROGRESSING, ready, wanted, "pods of the old release are ending")
    if ready < replicas:
        return Health(State.PROGRESSING, ready, wanted, f"{ready} of {replicas} pods are ready")
    return Health(State.HEALTHY, ready, wanted)


def _stateful_set(spec: Mapping[str, Any], status: Mapping[str, Any], ready: int, wanted: int) -> Health:
    replicas, updated = int(spec.get("replicas", 1)), int(status.get("updatedReplicas", 0))
    if replicas < wanted:
        return Health(State.PROGRESSING, ready, wanted, f"the autoscaler has not raised it from {replicas} yet")
    if int(status.get("replicas", 0)) > replicas:
        return Health(State.PROGRESSING, ready, wanted, "pods above the wanted number are ending")
    if updated < replicas:
        return Health(State.PROGRESSING, ready, wanted, f"{updated} of {replicas} pods run the new release")
    if ready < replicas:
        return Health(State.PROGRESSING, ready, wanted, f"{ready} of {replicas} pods are ready")
    if status.get("currentRevision") != status.get("updateRevision"):
        return Health(State.PROGRESSING, ready, wanted, "its controller has not written yet that it is complete")
    return Health(State.HEALTHY, ready, wanted)


def _daemon_set(spec: Mapping[str, Any], status: Mapping[str, Any], ready: int, wanted: int) -> Health:
    del spec
    updated = int(status.get("updatedNumberScheduled", 0))
    if updated < wanted:
        return Health(State.PROGRESSING, ready, wanted, f"{updated} of {wanted} nodes run the new release")
    if ready < wanted:
        return Health(State.PROGRESSING, ready, wanted, f"{ready} of {wanted} pods are ready")
    if int(status.get("numberMisscheduled", 0)):
        return Health(State.PROGRESSING, ready, wanted, "pods are ending on nodes that they are not for")
    return Health(State.HEALTHY, ready, wanted)


def _rollout(spec: Mapping[str, Any], status: Mapping[str, Any], ready: int, wanted: int) -> Health:
    phase, message = status.get("phase", ""), status.get("message", "")
    if status.get("abort"):
        return Health(State.FAILED, ready, wanted, f"{ABORTED}: {message}")
    if phase == "Degraded":
        return Health(State.FAILED, ready, wanted, message or "degraded")
    step = _step(spec, status)
    if phase == "Paused":
        if inconclusive(status):
            return Health(State.WAITING, ready, wanted, f"a check was inconclusive{step}")
        if spec.get("paused") or _held(spec, status):
            return Health(State.WAITING, ready, wanted, f"paused until somebody goes on{step}")
        return Health(State.PROGRESSING, ready, wanted, f"holding{step}")
    if phase != "Healthy" or status.get("currentPodHash") != status.get("stableRS"):
        return Health(State.PROGRESSING, ready, wanted, f"{message or 'rolling out'}{step}")
    if ready < wanted:
        return Health(State.PROGRESSING, ready, wanted, f"{ready} of {wanted} pods are ready")
    return Health(State.HEALTHY, ready, wanted)


def _steps(spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return spec.get("strategy", {}).get("canary", {}).get("steps", [])


def _step(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Where a rollout is, as `, step 1 of 2, weight 25 %` in the manifest's steps; empty when it has none left."""
    if (blue_green := spec.get("strategy", {}).get("blueGreen")) is not None:
        active = status.get("blueGreen", {}).get("activeSelector")
        switched = active and active == status.get("currentPodHash") != status.get("stableRS")
        name = blue_green.get("activeService", "")
        return f", `{name}` leads to the new release" if switched else f", `{name}` leads to the old release"
    steps, index = _steps(spec), int(status.get("currentStepIndex", 0) or 0)
    if not steps or index >= len(steps):
        return ""
    for kind, said in (("setHeaderRoute", "requests that match"), ("setMirrorRoute", "a copy of the traffic")):
        if any(kind in step for step in steps):
            return f", {said} to the new release" if any(kind in step for step in steps[:index]) else ""
    weights = [step["setWeight"] for step in steps[: index + 1] if "setWeight" in step]
    every = sum("setWeight" in step for step in steps)
    return f", step {len(weights)} of {every}, weight {weights[-1]} %" if weights else ""


def inconclusive(status: Mapping[str, Any]) -> bool:
    """Whether a rollout is paused by a check that came to nothing (Argo Rollouts 1.10, PauseReason)."""
    conditions: Sequence[Mapping[str, Any]] = status.get("pauseConditions") or []
    return any(each.get("reason") == "InconclusiveAnalysisRun" for each in conditions)


def _held(spec: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether nothing but a person ends the pause at which a rollout stands."""
    if (blue_green := spec.get("strategy", {}).get("blueGreen")) is not None:
        return blue_green.get("autoPromotionEnabled") is False
    steps, index = _steps(spec), int(status.get("currentStepIndex", 0) or 0)
    if index >= len(steps) or "pause" not in steps[index]:
        return False
    pause: Mapping[str, Any] = steps[index]["pause"] or {}
    return not pause.get("duration")

"""Deployment, StatefulSet, DaemonSet, ReplicationController and Job.

Source: pulumi-kubernetes `provider/pkg/await/{deployment,statefulset,daemonset,job,awaiters}.go`, and kubectl's
`rollout status` for what counts as complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes.awaiting import pods
from localcloud.providers.kubernetes.awaiting.base import READY, Outcome, condition, observed
from localcloud.providers.kubernetes.objects import Object, dig, namespace_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.providers.kubernetes.awaiting.base import Context

_UNSEEN = "Waiting for the controller to observe the change"


def _count(live: Object, name: str) -> int:
    return int(dig(live, "status", name, default=0) or 0)


def _wanted(live: Object) -> int:
    wanted = dig(live, "spec", "replicas")
    return 1 if wanted is None else int(wanted)


def _because(context: Context, live: Object, *conditions: dict[str, Any]) -> Callable[[], list[str]]:
    """The reasons of a workload: its conditions, then its pods."""

    def gather() -> list[str]:
        own = [f"[{entry.get('reason')}] {entry.get('message')}" for entry in conditions if entry]
        labels = dig(live, "spec", "selector", "matchLabels") or dig(live, "spec", "template", "metadata", "labels")
        told = pods.report(context, namespace_of(live), labels or {})
        return own + (told or pods.warnings(context, live))

    return gather


def deployment(context: Context, live: Object) -> Outcome:
    """A Deployment is live when its newest ReplicaSet is complete and it is available."""
    if not observed(live):
        return Outcome(done=False, message=_UNSEEN)
    available, progressing = condition(live, "Available"), condition(live, "Progressing")
    failure = condition(live, "ReplicaFailure")
    wanted, updated = _wanted(live), _count(live, "updatedReplicas")
    if dig(live, "spec", "paused"):
        return READY
    ready = _count(live, "readyReplicas")
    complete = progressing.get("reason") == "NewReplicaSetAvailable" or not progressing
    if available.get("status") == "True" and complete and updated >= wanted:
        return READY
    late = progressing.get("reason") == "ProgressDeadlineExceeded"
    troubles = [entry for entry in (failure, progressing if late else {}) if entry.get("status")]
    if available.get("status") == "False":
        troubles.append(available)
    message = progressing["message"] if late else f"Waiting for the rollout ({ready}/{wanted} Pods ready)"
    return Outcome(done=False, message=message, hopeless=late, reasons=_because(context, live, *troubles))


def stateful_set(context: Context, live: Object) -> Outcome:
    """A StatefulSet is live when all its Pods are ready in the newest revision (OnDelete: just ready)."""
    if not observed(live):
        return Outcome(done=False, message=_UNSEEN)
    wanted, ready = _wanted(live), _count(live, "readyReplicas")
    enough = _count(live, "replicas") == wanted and ready == wanted
    strategy = dig(live, "spec", "updateStrategy", default={})
    current = dig(live, "status", "currentRevision") == dig(live, "status", "updateRevision")
    if strategy.get("type") == "OnDelete":
        current = True
    elif dig(strategy, "rollingUpdate", "partition"):
        current = _count(live, "updatedReplicas") >= wanted - int(strategy["rollingUpdate"]["partition"])
    if enough and current:
        return READY
    message = f"Waiting for the StatefulSet to roll out ({ready}/{wanted} Pods ready)"
    return Outcome(done=False, message=message, reasons=_because(context, live))


def daemon_set(context: Context, live: Object) -> Outcome:
    """A DaemonSet is live when each node that it wants runs its newest Pod."""
    if not observed(live):
        return Outcome(done=False, message=_UNSEEN)
    wanted, available = _count(live, "desiredNumberScheduled"), _count(live, "numberAvailable")
    updated = _count(live, "updatedNumberScheduled")
    if dig(live, "spec", "updateStrategy", "type") == "OnDelete":
        updated = wanted
    if updated >= wanted and available >= wanted:
        return READY
    message = f"Waiting for the DaemonSet to roll out ({available}/{wanted} Pods available)"
    return Outcome(done=False, message=message, reasons=_because(context, live))


def replication_controller(context: Context, live: Object) -> Outcome:
    """A ReplicationController is live when as many Pods are available as wanted."""
    wanted, available = _wanted(live), _count(live, "availableReplicas")
    message = f"Waiting for {available}/{wanted} Pods"
    return READY if available == wanted else Outcome(done=False, message=message, reasons=_because(context, live))


def job(context: Context, live: Object) -> Outcome:
    """A Job is live when it is complete; a suspended one has nothing to wait for."""
    if condition(live, "Complete").get("status") == "True" or dig(live, "spec", "suspend"):
        return READY
    failed = condition(live, "Failed")
    if failed.get("status") == "True":
        message = f"Job failed: [{failed.get('reason')}] {failed.get('message')}"
        return Outcome(done=False, message=message, hopeless=True, reasons=_because(context, live, failed))
    message = f"Waiting for the Job to succeed (active {_count(live, 'active')}, succeeded {_count(live, 'succeeded')})"
    return Outcome(done=False, message=message, reasons=_because(context, live))

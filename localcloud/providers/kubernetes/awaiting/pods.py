"""Why pods are not ready: scheduling, images, crashes, and the warnings among their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes.awaiting.base import READY, Outcome, condition
from localcloud.providers.kubernetes.client import ApiError, UnreachableError
from localcloud.providers.kubernetes.objects import GroupVersionKind, Object, dig, name_of, namespace_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.providers.kubernetes.awaiting.base import Context

POD = GroupVersionKind("", "v1", "Pod")
_EVENT = GroupVersionKind("", "v1", "Event")
_WAITING_IS_FINE = frozenset({"ContainerCreating", "PodInitializing", ""})
_SHOWN = 3


def ready(pod: Object) -> bool:
    """Whether a pod serves, or has done its work."""
    return dig(pod, "status", "phase") == "Succeeded" or condition(pod, "Ready").get("status") == "True"


def of(context: Context, namespace: str, labels: Mapping[str, str]) -> list[Object]:
    """The pods with these labels; none when they cannot be listed."""
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    try:
        return context.cluster.list(POD, namespace, labelSelector=selector)
    except (ApiError, UnreachableError):
        return []


def problems(pod: Object) -> list[str]:
    """What a pod's status says about why it is not ready."""
    found: list[str] = []
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        found.append(f"[{scheduled.get('reason')}] {scheduled.get('message')}")
    for group in ("initContainerStatuses", "containerStatuses"):
        for status in dig(pod, "status", group, default=None) or []:
            found += _container(status)
    return found


def _container(status: dict[str, Any]) -> list[str]:
    if status.get("ready"):
        return []
    name, found = status.get("name"), []
    waiting = dig(status, "state", "waiting", default={})
    if waiting.get("reason", "") not in _WAITING_IS_FINE:
        found.append(f'container "{name}": [{waiting["reason"]}] {waiting.get("message", "")}'.rstrip())
    ended = dig(status, "state", "terminated") or dig(status, "lastState", "terminated") or {}
    if ended.get("exitCode"):
        said = f": {ended['message']}" if ended.get("message") else ""
        found.append(f'container "{name}" ended with exit code {ended["exitCode"]} [{ended.get("reason", "")}]{said}')
    return found


def warnings(context: Context, obj: Object) -> list[str]:
    """The last warnings among an object's events."""
    selector = f"involvedObject.name={name_of(obj)},involvedObject.kind={obj.get('kind')},type=Warning"
    try:
        events = context.cluster.list(_EVENT, namespace_of(obj), fieldSelector=selector)
    except (ApiError, UnreachableError):
        return []
    texts = [f"[{event.get('reason')}] {event.get('message')}" for event in events]
    return list(dict.fromkeys(reversed(texts)))[:_SHOWN]


def report(context: Context, namespace: str, labels: Mapping[str, str]) -> list[str]:
    """One line for each pod with these labels that is not ready, with its reasons and events."""
    waiting = [pod for pod in of(context, namespace, labels) if not ready(pod)]
    lines: list[str] = []
    for pod in waiting[:_SHOWN]:
        reasons = problems(pod) + warnings(context, pod)
        text = "; ".join(dict.fromkeys(reasons)) or f"phase {dig(pod, 'status', 'phase', default='unknown')}"
        lines.append(f"[Pod {namespace}/{name_of(pod)}]: {text}")
    if len(waiting) > _SHOWN:
        lines.append(f"{len(waiting) - _SHOWN} more Pods are not ready")
    return lines


def check(context: Context, pod: Object) -> Outcome:
    """A Pod is live when it is ready or has succeeded; one that failed for good stays so."""
    if ready(pod):
        return READY
    failed = dig(pod, "status", "phase") == "Failed"
    message = "Pod failed" if failed else "Waiting for the Pod to be ready"
    return Outcome(done=False, message=message, hopeless=failed, reasons=lambda: problems(pod) + warnings(context, pod))

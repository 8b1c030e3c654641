"""Why pods are not well, from what their status and events say. Pure: objects in, a sentence out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod takes traffic: ready, and not on its way out."""
    conditions: Sequence[Mapping[str, Any]] = pod.get("status", {}).get("conditions") or []
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def diagnose(pods: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]) -> str:
    """Which pods are not well and why: each container's reason and the last warning about the pod."""
    findings: list[str] = []
    for pod in pods:
        if why := reason(pod):
            name = pod["metadata"]["name"]
            last = [each for each in events if each["involvedObject"].get("name") == name and each["type"] == "Warning"]
            event = f" (event {last[-1]['reason']}: {last[-1]['message']})" if last else ""
            findings.append(f"pod {name}: {why}{event}")
    shown = findings[:3]
    if len(findings) > len(shown):
        shown.append(f"and {len(findings) - len(shown)} more pods")
    return "; ".join(shown)


def reason(pod: Mapping[str, Any]) -> str:
    """Why a pod is not ready; empty when it is."""
    status = pod.get("status", {})
    conditions = {item["type"]: item for item in status.get("conditions", [])}
    if conditions.get("Ready", {}).get("status") == "True" or pod["metadata"].get("deletionTimestamp"):
        return ""
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        state = container.get("state", {})
        ended: Mapping[str, Any] = state.get("terminated") or {}
        if ended.get("exitCode"):
            return f"{ended.get('reason', 'Error')}{_ended(container, ended)}"
        waiting = state.get("waiting")
        if waiting and waiting.get("reason"):
            restarts = container.get("restartCount", 0)
            again = f" after {restarts} restarts" if restarts else ""
            last: Mapping[str, Any] = container.get("lastState", {}).get("terminated") or {}
            more = _ended(container, last) if last.get("message") else said(waiting)
            return f"{waiting['reason']}{again}{more}"
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason', 'Unschedulable')}{said(scheduled)}"
    return "running but not ready" if status.get("phase") == "Running" else str(status.get("phase", "not started"))


def _ended(container: Mapping[str, Any], end: Mapping[str, Any]) -> str:
    """How the container ended, and what it said: more than what it waits for now says."""
    return f": {container.get('name')} ended with {end.get('exitCode')}{said(end).rstrip()}"


def said(item: Mapping[str, Any]) -> str:
    """The message of a status, after a colon; nothing without one."""
    return f": {item['message']}" if item.get("message") else ""

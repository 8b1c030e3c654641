"""How GKE empties a node before it takes it away: cordon, evict within the disruption budgets, at last by force.

Source: GKE documentation, "Node upgrade strategies" and "Resizing a cluster": PodDisruptionBudgets and the grace
period are respected for up to one hour; after that the remaining pods are removed. Kubernetes, "API-initiated
Eviction" (429 while a budget does not allow it; pods of DaemonSets and static pods stay with their node).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp.kube import FORBIDDEN, NOT_FOUND, TOO_MANY, Kube, KubeError
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api

#: GKE's limit is an hour; a local one is a minute unless this variable says otherwise (seconds)
LIMIT_VARIABLE: Final = "SLIPWAY_DRAIN_SECONDS"
_LIMIT: Final = 60.0
_PAUSE: Final = 0.5


def limit() -> float:
    """Seconds that budgets are respected for."""
    return float(os.environ.get(LIMIT_VARIABLE) or _LIMIT)


def remove(api: Api, kube: Kube, names: list[str]) -> None:
    """Drain the nodes, all cordoned first so that no pod goes from one to the next, and delete them."""
    for name in names:
        _cordon(kube, name)
    for name in names:
        _empty(api, kube, name)
        _ignore_missing(kube, "DELETE", f"/api/v1/nodes/{name}")
        api.log(f"node {name} removed")


def _cordon(kube: Kube, name: str) -> None:
    patch = {"spec": {"unschedulable": True}}
    try:
        kube.call("PATCH", f"/api/v1/nodes/{name}", patch, "application/merge-patch+json")
    except KubeError as error:
        if error.status != NOT_FOUND:
            raise


def _empty(api: Api, kube: Kube, name: str) -> None:
    deadline = time.monotonic() + limit()
    said = ""
    while pods := _pods(kube, name):
        for pod in pods:
            if pod["metadata"].get("deletionTimestamp"):
                continue
            refusal = _evict(kube, pod)
            if refusal and refusal != said:
                api.log(f"draining {name}: {pod['metadata']['name']} waits: {refusal}")
                said = refusal
        if time.monotonic() > deadline:
            api.log(
                f"draining {name}: the time limit of {limit():.0f} s is over, {len(pods)} pods are removed by force"
            )
            _force(kube, pods)
            return
        if api.cancelled is not None and api.cancelled.is_set():
            raise ProviderError(f"cancelled while node {name} was drained")
        time.sleep(_PAUSE)


def _pods(kube: Kube, name: str) -> list[dict[str, Any]]:
    """The node's pods that a drain evicts."""
    found = kube.call("GET", f"/api/v1/pods?fieldSelector=spec.nodeName%3D{name}")["items"]
    return [pod for pod in found if not _stays(pod)]


def _stays(pod: dict[str, Any]) -> bool:
    owners = pod["metadata"].get("ownerReferences") or []
    mirror = "kubernetes.io/config.mirror" in (pod["metadata"].get("annotations") or {})
    return mirror or any(owner["kind"] == "DaemonSet" for owner in owners)


def _evict(kube: Kube, pod: dict[str, Any]) -> str:
    """Ask for the pod's eviction; the reason when a budget does not allow it now."""
    where = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": where}
    try:
        kube.call("POST", f"/api/v1/namespaces/{where['namespace']}/pods/{where['name']}/eviction", body)
    except KubeError as error:
        if error.status in {TOO_MANY, FORBIDDEN}:  # no eviction is made in a namespace that is going; its pods are
            return str(error)
        if error.status != NOT_FOUND:
            raise
    return ""


def _force(kube: Kube, pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        _ignore_missing(kube, "DELETE", f"{path}?gracePeriodSeconds=0")


def _ignore_missing(kube: Kube, method: str, path: str) -> None:
    try:
        kube.call(method, path)
    except KubeError as error:
        if error.status != NOT_FOUND:
            raise

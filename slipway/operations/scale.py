"""How many pods, by hand. Where an autoscaler owns the number, its bounds are what a person changes.

Source: Kubernetes documentation, "Horizontal Pod Autoscaling", section "Implicit maintenance-mode deactivation": with 0
replicas wanted of the workload the autoscaler does nothing until somebody sets another number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.operations.decisions import MANAGER, Decision, Patch, merge, refuse

if TYPE_CHECKING:
    from slipway.operations.live import Live


def scale(live: Live, pods: int, most: int | None = None) -> Decision:
    """`pods` pods; with an autoscaler, at least so many, and at most `most`."""
    if live.kind.name == "DaemonSet":
        raise refuse(live, "a daemon set has one pod on each node that its resources choose, so nothing scales it")
    if live.autoscaler is not None:
        return _bounds(live, live.autoscaler, pods, most)
    if most is not None:
        raise refuse(live, "it has no autoscaler, so there is no --max; scaling.max in its manifest makes one")
    now = int(live.spec.get("replicas", 1))
    if now == pods:
        return Decision(f"{live.key} has {counted(pods)} already")
    return Decision(f"{live.key} goes from {now} to {counted(pods)}", (_replicas(live, pods),))


def _bounds(live: Live, autoscaler: Any, pods: int, most: int | None) -> Decision:
    now = int(live.spec.get("replicas", 1))
    least, top = int(autoscaler["spec"].get("minReplicas", 1)), int(autoscaler["spec"]["maxReplicas"])
    if pods == 0:
        if most is not None:
            raise refuse(live, "0 pods switch the autoscaler off, so --max would mean nothing")
        if now == 0:
            return Decision(f"{live.key} has no pods already, and its autoscaler rests")
        said = f"{live.key} goes from {now} to no pods, and its autoscaler rests until you scale it again"
        return Decision(said, (_replicas(live, 0),))
    upper = top if most is None else most
    if pods > upper:
        raise refuse(live, f"its autoscaler allows {upper} at most, and {pods} is more; say --max {pods}, too")
    awake = (_replicas(live, pods),) if now == 0 else ()
    if (least, top) == (pods, upper):
        said = f"{live.key} has an autoscaler of {least} to {counted(top)}"
        return Decision(f"{said}, which wakes up" if awake else f"{said} already", awake)
    version = autoscaler["metadata"].get("resourceVersion")
    held = {"metadata": {"resourceVersion": version}} if version else {}
    body = {**held, "spec": {"minReplicas": pods, "maxReplicas": upper}}
    namespace, name = live.workload["metadata"]["namespace"], autoscaler["metadata"]["name"]
    path = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/{name}"
    said = f"{live.key}: its autoscaler goes from {least}-{top} to {pods}-{upper} pods"
    return Decision(said, (Patch(path, body, MANAGER), *awake))


def _replicas(live: Live, pods: int) -> Patch:
    return merge(live, {"spec": {"replicas": pods}})


def counted(pods: int) -> str:
    """`1 pod`, `3 pods`."""
    return "1 pod" if pods == 1 else f"{pods} pods"

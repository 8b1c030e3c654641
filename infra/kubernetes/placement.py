"""Which nodes a pod lands on, by what it asks for: GPUs, a TPU slice, spot machines. Pure.

Sources: GKE documentation, "Run GPUs in GKE Standard node pools", "Deploy TPU workloads in GKE Standard" (selectors
`gke-tpu-accelerator` and `gke-tpu-topology`, resource google.com/tpu), "Run fault-tolerant workloads at lower costs
with Spot VMs" (label, toleration, and the 15 s that pods have when a spot machine is taken away).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slipway.fitting import SPOT

if TYPE_CHECKING:
    from slipway.schema.manifest import Resources

SPOT_GRACE: Final = 15
"""Seconds that a pod on a spot machine has to end: more than that the node does not wait."""


def placement(need: Resources) -> dict[str, Any]:
    """`nodeSelector` and `tolerations` of the pod; nothing where any node will do.

    The tolerations are said, although GKE's admission adds those of accelerators: a cluster of one's own does not.
    """
    selector: dict[str, str] = {}
    tolerations: list[dict[str, str]] = []
    if need.gpu:
        selector["cloud.google.com/gke-accelerator"] = need.gpu.type
        tolerations.append({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"})
    if need.tpu:
        selector["cloud.google.com/gke-tpu-accelerator"] = need.tpu.type
        selector["cloud.google.com/gke-tpu-topology"] = need.tpu.topology
        tolerations.append({"key": "google.com/tpu", "operator": "Exists", "effect": "NoSchedule"})
    if need.spot:
        selector[SPOT] = "true"
        tolerations.append({"key": SPOT, "operator": "Equal", "value": "true", "effect": "NoSchedule"})
    return {"nodeSelector": selector, "tolerations": tolerations} if selector else {}


def devices(need: Resources) -> dict[str, str]:
    """Limits of accelerators. Kubernetes takes the request from the limit ("Schedule GPUs")."""
    found: dict[str, str] = {}
    if need.gpu:
        found["nvidia.com/gpu"] = str(need.gpu.count)
    if need.tpu:
        found["google.com/tpu"] = str(need.tpu.chips)
    return found


def grace(need: Resources, seconds: int) -> int:
    """How long a pod may take to end: `seconds`, less on a spot machine."""
    return min(seconds, SPOT_GRACE) if need.spot else seconds

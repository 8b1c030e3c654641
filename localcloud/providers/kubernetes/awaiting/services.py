"""Service and Ingress.

Source: pulumi-kubernetes `provider/pkg/await/{service,ingress}.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes.awaiting.base import READY, Outcome
from localcloud.providers.kubernetes.client import ApiError
from localcloud.providers.kubernetes.objects import GroupVersionKind, Object, dig, name_of, namespace_of

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.awaiting.base import Context

_SLICE = GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice")
_SERVICE = GroupVersionKind("", "v1", "Service")
_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels "
    "on any Pods"
)
_NO_ADDRESS = "{} was not allocated an address; does the cluster have a controller for it?"


def _addresses(live: Object) -> list[Any]:
    return list(dig(live, "status", "loadBalancer", "ingress", default=None) or [])


def _targets(context: Context, namespace: str, name: str) -> bool:
    slices = context.cluster.list(_SLICE, namespace, labelSelector=f"kubernetes.io/service-name={name}")
    return any(endpoint.get("addresses") for part in slices for endpoint in part.get("endpoints") or [])


def service(context: Context, live: Object) -> Outcome:
    """A Service is live when it targets Pods and, as a LoadBalancer, has an address.

    Headless and ExternalName Services target nothing of their own.
    """
    kind = dig(live, "spec", "type", default="ClusterIP")
    addressed = kind != "LoadBalancer" or bool(_addresses(live))
    free = kind == "ExternalName" or dig(live, "spec", "clusterIP") == "None"
    targeted = free or _targets(context, namespace_of(live), name_of(live))
    if addressed and targeted:
        return READY
    reasons = [*([] if targeted else [_NO_PODS]), *([] if addressed else [_NO_ADDRESS.format("Service")])]
    message = "Waiting for an address" if targeted else "Finding Pods to direct traffic to"
    return Outcome(done=False, message=message, reasons=lambda: reasons)


def ingress(context: Context, live: Object) -> Outcome:
    """An Ingress is live when the Services that it names have endpoints and it has an address."""
    missing = [reason for name in sorted(_backends(live)) for reason in _backend(context, namespace_of(live), name)]
    addressed = bool(_addresses(live))
    if addressed and not missing:
        return READY
    reasons = [*missing, *([] if addressed else [_NO_ADDRESS.format("Ingress")])]
    message = "Finding a matching Service for each path" if missing else "Waiting for an address"
    return Outcome(done=False, message=message, reasons=lambda: reasons)


def _backends(live: Object) -> set[str]:
    paths = [
        path for rule in dig(live, "spec", "rules", default=None) or [] for path in dig(rule, "http", "paths") or []
    ]
    backends = [dig(path, "backend") for path in paths] + [dig(live, "spec", "defaultBackend")]
    return {name for backend in backends if (name := dig(backend, "service", "name"))}


def _backend(context: Context, namespace: str, name: str) -> list[str]:
    probe = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace}}
    try:
        found = context.cluster.get(probe, name)
    except ApiError as error:
        if error.not_found:
            return [f'Ingress names the Service "{name}", which does not exist']
        raise
    if dig(found, "spec", "type") == "ExternalName" or _targets(context, namespace, name):
        return []
    return [f'Ingress names the Service "{name}", which has no endpoints']

"""Routes of a service in the mesh: its callers' proxies ask them where a request goes.

Source: Istio reference, "Virtual Service"; Argo Rollouts 1.10, "Istio"; Cloud Service Mesh documentation, "API Support
in Managed Cloud Service Mesh" (networking.istio.io/v1beta1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from slipway.rollouts.traffic import PRIMARY

if TYPE_CHECKING:
    from collections.abc import Sequence

API: Final = "networking.istio.io/v1beta1"
_PORT: Final = 80
"""Of the Services that routes send to."""


def mesh_route(
    name: str, meta: Any, sides: Sequence[str], parent: pulumi.Resource, services: Sequence[pulumi.Resource]
) -> pulumi.Resource:
    """The VirtualService for callers of a service by its name; `sides` are its stable and its canary Service.

    All goes to the first until the Rollouts controller says otherwise. From then on it owns `http`, one atomic list,
    and applying ours again in the middle of a rollout would take weights and routes back. The list is the same for
    every strategy, and goes with the object.
    """
    return CustomResource(
        f"{name}-mesh",
        api_version=API,
        kind="VirtualService",
        metadata=meta,
        spec={
            "hosts": [meta["name"]],
            "http": [
                {
                    "name": PRIMARY,
                    "route": [
                        {"destination": {"host": side, "port": {"number": _PORT}}, "weight": weight}
                        for side, weight in zip(sides, (100, 0), strict=True)
                    ],
                }
            ],
        },
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(services), ignore_changes=["spec.http"]),
    )

"""What carries the traffic of a service while it is rolled out, and what each layer can do.

Sources: Argo Rollouts 1.10, `rollout/trafficrouting`; Istio reference, "Virtual Service" and "Destination Rule";
Kubernetes API reference, Service.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from slipway.schema.rollout import ABTest, Canary, Shadow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.rollouts.compile import Plan
    from slipway.schema.environment import Environment
    from slipway.schema.manifest import Service

Layer = Literal["replicas", "gateway", "mesh"]
Ability = Literal["weights", "header", "cookie", "mirror", "sticky"]
PRIMARY: Final = "primary"
"""The one route of a VirtualService that is ours; the controller adds and removes others by their names."""
NOT_OFFERED: Final = (
    "the gateway's weights are not offered yet: Argo Rollouts moves them by a plugin of its own, which has not been "
    "run with this platform"
)


@dataclass(frozen=True)
class Cell:
    """Whether a layer can do something, and who says so or why not."""

    can: bool
    why: str


_BY_POD: Final = "a Service of Kubernetes sends to any of its pods and reads no request"
TABLE: Final[Mapping[Layer, Mapping[Ability, Cell]]] = {
    "replicas": {
        "weights": Cell(True, "as numbers of pods, in steps of one pod (slipway/rollouts/weights.py)"),
        "header": Cell(False, _BY_POD),
        "cookie": Cell(False, _BY_POD),
        "mirror": Cell(False, "a Service of Kubernetes sends each request once"),
        "sticky": Cell(True, "by the caller's address (Kubernetes API reference, Service, sessionAffinity)"),
    },
    "gateway": dict.fromkeys(("weights", "header", "cookie", "mirror", "sticky"), Cell(False, NOT_OFFERED)),
    "mesh": {
        "weights": Cell(True, 'routes of a VirtualService, in % of requests (Istio reference, "Virtual Service")'),
        "header": Cell(True, 'an exact value (Istio reference, "Virtual Service", StringMatch)'),
        "cookie": Cell(True, 'a regular expression on its header (Istio reference, "Virtual Service", StringMatch)'),
        "mirror": Cell(True, 'mirror and mirrorPercentage (Istio reference, "Virtual Service", HTTPRoute)'),
        "sticky": Cell(
            False,
            "a weight is drawn for each request; consistent hashing chooses among the pods of one side only "
            '(Istio reference, "Destination Rule")',
        ),
    },
}


def layer(spec: Service, environment: Environment) -> Layer:
    """What carries the traffic of a service while it is rolled out: what its rollout names, else the finest there is.

    Strategies that know no weights (rolling, recreate, blue-green) change pods and Services only: `replicas`. So does
    what is exposed: GKE's gateways send straight to pods, past the routes of a mesh.
    """
    rollout = spec.rollout
    if not isinstance(rollout, Canary | ABTest | Shadow):
        return "replicas"
    if rollout.traffic != "auto":
        return rollout.traffic
    return "mesh" if environment.mesh is not None and spec.port and not spec.expose else "replicas"


def needed(spec: Service) -> Ability:
    """What the strategy of a service asks of the layer that carries it."""
    rollout = spec.rollout
    if isinstance(rollout, ABTest):
        return "cookie" if rollout.match.cookie else "header"
    return "mirror" if isinstance(rollout, Shadow) else "weights"


def routed(plan: Plan, name: str, carrier: Layer) -> Plan:
    """The plan of service `name` with the `trafficRouting` of its canary; as it is where pods carry the traffic.

    The route in the mesh is called like the service. Routes that steps make are listed, so that the controller takes
    them away at an abort, too.
    """
    if carrier != "mesh":
        return plan
    canary = plan.strategy["canary"]
    names = dict.fromkeys(
        step[kind]["name"] for step in canary["steps"] for kind in ("setHeaderRoute", "setMirrorRoute") if kind in step
    )
    routing: dict[str, Any] = {"istio": {"virtualService": {"name": name, "routes": [PRIMARY]}}}
    if names:
        routing["managedRoutes"] = [{"name": each} for each in names]
    return dataclasses.replace(plan, strategy={"canary": {**canary, "trafficRouting": routing}})

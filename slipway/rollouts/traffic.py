"""What carries the traffic of a service while it is rolled out, and what each layer can do.

Sources: Argo Rollouts 1.10, `rollout/trafficrouting`; Istio reference, "Virtual Service" and "Destination Rule";
Kubernetes API reference, Service; argoproj-labs/rollouts-plugin-trafficrouter-gatewayapi, documentation and issues;
Gateway API specification, HTTPRoute; Compute Engine REST reference, urlMaps.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from slipway.rollouts.compile import CANARY
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
PLUGIN: Final = "argoproj-labs/gatewayAPI"
"""What a Rollout and the controller's configuration call the plugin that moves weights of a gateway."""


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
    "gateway": {
        "weights": Cell(True, "backendRefs of an HTTPRoute, in % of requests (Gateway API specification, HTTPRoute)"),
        "header": Cell(
            False,
            "Argo's plugin for the Gateway API adds such rules to the route itself, and that has not been run with "
            "this platform",
        ),
        "cookie": Cell(
            False,
            "a cookie is one of several in its header, which only a regular expression finds, and GKE's gateways "
            "compare a header as a whole (Gateway API specification, HeaderMatchType)",
        ),
        "mirror": Cell(
            False,
            "Argo's plugin for the Gateway API does nothing when it is told to copy requests "
            "(rollouts-plugin-trafficrouter-gatewayapi#32, open)",
        ),
        "sticky": Cell(
            False,
            "a weight takes precedence over a session affinity (Compute Engine REST reference, urlMaps, "
            "weightedBackendServices)",
        ),
    },
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

    Strategies that know no weights (rolling, recreate, blue-green) change pods and Services only: `replicas`. What is
    exposed never goes by a mesh: GKE's gateways send straight to pods, past its routes. A canary whose callers keep
    their pods goes by numbers of pods: no weight keeps that.
    """
    rollout = spec.rollout
    if not isinstance(rollout, Canary | ABTest | Shadow):
        return "replicas"
    if rollout.traffic != "auto":
        return rollout.traffic
    if spec.expose:
        kept = isinstance(rollout, Canary) and spec.expose.affinity != "none"
        return "gateway" if weighted(environment) and not kept else "replicas"
    return "mesh" if environment.mesh is not None and spec.port else "replicas"


def weighted(environment: Environment) -> bool:
    """Whether the environment's gateway takes weights: its controller has the plugin."""
    return environment.gateway is not None and environment.gateway.weights


def needed(spec: Service) -> Ability:
    """What the strategy of a service asks of the layer that carries it."""
    rollout = spec.rollout
    if isinstance(rollout, ABTest):
        return "cookie" if rollout.match.cookie else "header"
    return "mirror" if isinstance(rollout, Shadow) else "weights"


def route_name(name: str, carrier: Layer) -> str:
    """Name of the object with the routes of service `name`.

    The weighted HTTPRoute is called like the Service of the canary. A route that sends everything to one Service is
    another object: the controller owns the rules of the first, and they are never applied again.
    """
    return f"{name}-{CANARY}" if carrier == "gateway" else name


def routed(plan: Plan, namespace: str, name: str, carrier: Layer) -> Plan:
    """The plan of a service with the `trafficRouting` of its canary; as it is where pods carry the traffic.

    Routes that steps make are listed, so that the controller takes them away at an abort, too.
    """
    if carrier == "replicas":
        return plan
    canary, route = plan.strategy["canary"], route_name(name, carrier)
    if carrier == "gateway":
        # The mark that the plugin would put on the route is for tools that take others' changes for drift.
        own = {"httpRoute": route, "namespace": namespace, "disableInProgressLabel": True}
        return dataclasses.replace(plan, strategy={"canary": {**canary, "trafficRouting": {"plugins": {PLUGIN: own}}}})
    names = dict.fromkeys(
        step[kind]["name"] for step in canary["steps"] for kind in ("setHeaderRoute", "setMirrorRoute") if kind in step
    )
    routing: dict[str, Any] = {"istio": {"virtualService": {"name": route, "routes": [PRIMARY]}}}
    if names:
        routing["managedRoutes"] = [{"name": each} for each in names]
    return dataclasses.replace(plan, strategy={"canary": {**canary, "trafficRouting": routing}})

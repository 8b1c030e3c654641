"""How one service is reached from outside of its cluster: route, what stands before it, and how it is found well.

Sources: GKE documentation, "Configure Gateway resources using Policies", "Secure a Gateway"; the definitions that GKE
installs (gke-gateway-api 1.3.0); Cloud Load Balancing documentation, "Health checks overview", probe IP ranges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from infra.kubernetes.gateways import API, parent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from infra.kubernetes.gateways import Host

_POLICIES: Final = "networking.gke.io/v1"
_HEALTH_CHECKS: Final = ("35.191.0.0/16", "130.211.0.0/22")
_AFFINITY: Final = {"client-ip": {"type": "CLIENT_IP"}, "cookie": {"type": "GENERATED_COOKIE", "cookieTtlSec": 0}}
"""A cookie of 0 s is the browser session's."""
CLIENT_SECRET: Final = "iap-oauth"  # noqa: S105 - the name of a Secret
"""Secret of the team's namespace with the OAuth client's secret as its one key `key`; docs/exposure.md."""
_PORT: Final = 80
"""Of the Service that routes send to."""


@dataclass(frozen=True)
class ExposureArgs:
    """`timeout` is in seconds. `oauth_client` is Identity-Aware Proxy's; None for what is reached inside the VPC only.

    `proxies` is the range of the load balancers' proxies.
    """

    host: Host
    affinity: str
    timeout: int
    oauth_client: str | None
    proxies: str


def exposed(
    name: str,
    meta: Callable[[str], Any],
    args: ExposureArgs,
    service: str,
    sides: Sequence[str],
    ready: str | None,
    child: pulumi.ResourceOptions,
) -> Sequence[pulumi.Resource]:
    """Declare the way to Service `service`, or, by weights, to those of its `sides`: the stable one and the canary.

    `meta` makes the metadata of an object whose name ends as said. `ready` is the path that health checks ask for; a
    connection without one. The route comes last: there is no moment in which it leads to the service and nobody asks
    who calls. The weights are ours until the Rollouts controller's plugin says otherwise. From then on it owns `rules`,
    one atomic list (gateway-api, `config/crd/standard`), and applying ours again would take the weights back.
    """
    targets = {side: _target(f"{service}-{side}" if side else service) for side in sides or ("",)}
    policies: list[pulumi.Resource] = []
    for side, target in targets.items():
        for what, kind, settings in (
            ("backend", "GCPBackendPolicy", _backend(args)),
            ("health", "HealthCheckPolicy", _health(ready)),
        ):
            policies.append(
                CustomResource(
                    f"{name}-{what}{'-' + side if side else ''}",
                    api_version=_POLICIES,
                    kind=kind,
                    metadata=meta(side),
                    spec={"default": settings, "targetRef": target},
                    opts=child,
                )
            )
    weights = (100, 0) if sides else (1,)
    last = sides[-1] if sides else ""
    own = pulumi.ResourceOptions(depends_on=policies, ignore_changes=["spec.rules"] if sides else [])
    route = CustomResource(
        f"{name}-weighted-route" if sides else f"{name}-route",
        api_version=API,
        kind="HTTPRoute",
        metadata=meta(last),
        spec={
            "parentRefs": [parent("public" if args.oauth_client else "internal", args.host.listener)],
            "hostnames": [args.host.name],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [
                        {**target, "port": _PORT, "weight": weight}
                        for target, weight in zip(targets.values(), weights, strict=True)
                    ],
                }
            ],
        },
        opts=pulumi.ResourceOptions.merge(child, own),
    )
    return [*policies, route]


def _target(service: str) -> dict[str, str]:
    return {"group": "", "kind": "Service", "name": service}


def callers(args: ExposureArgs) -> list[dict[str, Any]]:
    """Who calls the pods for it: the proxies, and the health checks. Requests themselves come from the proxies only."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in (*_HEALTH_CHECKS, args.proxies)]


def _backend(args: ExposureArgs) -> dict[str, Any]:
    built: dict[str, Any] = {
        "timeoutSec": args.timeout,
        "connectionDraining": {"drainingTimeoutSec": 30},  # what pods have to end in
        "logging": {"enabled": True, "sampleRate": 1_000_000},  # of a million: every request
    }
    if args.affinity in _AFFINITY:
        built["sessionAffinity"] = _AFFINITY[args.affinity]
    if args.oauth_client:
        # With a client of one's own: the Gateway's policy takes no other (gke-gateway-api#57, open in 2026-11).
        built["iap"] = {
            "enabled": True,
            "clientID": args.oauth_client,
            "oauth2ClientSecret": {"name": CLIENT_SECRET},
        }
    return built


def _health(ready: str | None) -> dict[str, Any]:
    serving = {"portSpecification": "USE_SERVING_PORT"}
    if ready:
        config: dict[str, Any] = {"type": "HTTP", "httpHealthCheck": {**serving, "requestPath": ready}}
    else:
        config = {"type": "TCP", "tcpHealthCheck": serving}
    times = {"checkIntervalSec": 10, "timeoutSec": 5, "healthyThreshold": 1, "unhealthyThreshold": 2}
    return {**times, "config": config}

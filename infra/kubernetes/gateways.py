"""The ways into a cluster: one gateway to the internet, one to the VPC, TLS at both. Pure load balancers of Google's.

A gateway has a listener for each host that a service is exposed at, and that listener takes routes of the service's
team only. So a host is public because the platform's stack says so, whatever a team's deployer writes into a route.

Sources: GKE documentation, "Deploying Gateways", "Secure a Gateway" (regional certificates of Certificate Manager by
the listener's option), "GatewayClass capabilities"; Gateway API specification v1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Namespace

from infra.kubernetes.objects import SKIP_AWAIT, metadata
from infra.kubernetes.team_space import TEAM

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUP: Final = "gateway.networking.k8s.io"
API: Final = f"{GROUP}/v1"
NAMESPACE: Final = "slipway-gateway"
Way = Literal["public", "internal"]
_CLASSES: Final[dict[Way, str]] = {"public": "gke-l7-regional-external-managed", "internal": "gke-l7-rilb"}
"""Regional, as everything else of the environment: traffic ends where the cluster is."""
_CERTIFICATE: Final = "networking.gke.io/cert-manager-certs"
_PLAIN: Final = "http"


@dataclass(frozen=True)
class Host:
    """A host name in full, its first label, and the team whose service is behind it."""

    name: str
    label: str
    team: str

    @property
    def listener(self) -> str:
        """The listener that takes its routes."""
        return f"https-{self.label}"


@dataclass(frozen=True)
class GatewaysArgs:
    """`addresses` and `certificate` are names in Google Cloud; a way without hosts has no gateway."""

    certificate: str
    addresses: dict[Way, str]
    hosts: dict[Way, Sequence[Host]]


class Gateways(pulumi.ComponentResource):
    """Namespace, gateways, and for each the route that sends plain HTTP to HTTPS."""

    def __init__(self, name: str, args: GatewaysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:Gateways", name, None, opts)
        namespace = Namespace(
            f"{name}-namespace",
            metadata=metadata(NAMESPACE, labels={"pod-security.kubernetes.io/enforce": "restricted"}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for way, hosts in args.hosts.items():
            if not hosts:
                continue
            gateway = CustomResource(
                f"{name}-{way}",
                api_version=API,
                kind="Gateway",
                metadata=metadata(way, NAMESPACE, annotations=SKIP_AWAIT),
                spec={
                    "gatewayClassName": _CLASSES[way],
                    "addresses": [{"type": "NamedAddress", "value": args.addresses[way]}],
                    "listeners": [_redirecting(), *(_listener(host, args.certificate) for host in hosts)],
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
            )
            CustomResource(
                f"{name}-{way}-redirect",
                api_version=API,
                kind="HTTPRoute",
                metadata=metadata(f"{way}-redirect", NAMESPACE, annotations=SKIP_AWAIT),
                spec={
                    "parentRefs": [parent(way, _PLAIN)],
                    "rules": [
                        {
                            "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                            "filters": [
                                {
                                    "type": "RequestRedirect",
                                    "requestRedirect": {"scheme": "https", "statusCode": 301},
                                }
                            ],
                        }
                    ],
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
            )
        self.register_outputs({})


def parent(way: Way, listener: str) -> dict[str, str]:
    """A route's reference to a listener."""
    return {"group": GROUP, "kind": "Gateway", "name": way, "namespace": NAMESPACE, "sectionName": listener}


def _listener(host: Host, certificate: str) -> dict[str, Any]:
    chosen = {"from": "Selector", "selector": {"matchLabels": {TEAM: host.team}}}
    return {
        "name": host.listener,
        "hostname": host.name,
        "port": 443,
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "options": {_CERTIFICATE: certificate}},
        "allowedRoutes": {"namespaces": chosen, "kinds": [{"group": GROUP, "kind": "HTTPRoute"}]},
    }


def _redirecting() -> dict[str, Any]:
    """Plain HTTP, for the redirect beside the gateway and for no route of a team."""
    return {
        "name": _PLAIN,
        "port": 80,
        "protocol": "HTTP",
        "allowedRoutes": {"namespaces": {"from": "Same"}, "kinds": [{"group": GROUP, "kind": "HTTPRoute"}]},
    }

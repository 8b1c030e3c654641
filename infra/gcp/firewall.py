"""Firewall of an environment's VPC: what nobody allowed is denied, and may be logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_gcp.compute import Firewall as Rule

from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping

HEALTH_CHECKS: Final = ("35.191.0.0/16", "130.211.0.0/22")
"""Cloud Load Balancing documentation, "Firewall rules": where probes of Google's load balancers come from."""
PRIVATE_GOOGLE: Final = "199.36.153.8/30"
"""VPC documentation, "Configure Private Google Access": private.googleapis.com."""
_PODS_PORTS: Final = "1024-65535"
"""Ports that a manifest allows: containers run as nobody special."""
_LAST: Final = 65000
"""Below every rule of GKE's own (1000) and above the implied rules (65535), which cannot log."""


@dataclass(frozen=True)
class FirewallArgs:
    """`inside` are the environment's own ranges by name; without `internet` nothing else but Google is reached."""

    name: str
    network: pulumi.Input[str]
    inside: Mapping[str, str]
    proxy_only: str
    logs: bool
    internet: bool


class Firewall(pulumi.ComponentResource):
    """Rules for the whole network. What the control plane and nodes need of each other, GKE opens itself."""

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Firewall", name, None, opts)
        log = {"metadata": "INCLUDE_ALL_METADATA"} if args.logs else None

        def rule(label: str, description: str, **more: Any) -> None:
            Rule(
                f"{name}-{label}",
                name=f"{args.name}-{label}",
                description=description,
                network=args.network,
                opts=child(self, opts),
                **more,
            )

        rule(
            "deny-ingress",
            "What no other rule allows; said explicitly because the implied rule cannot log.",
            direction="INGRESS",
            priority=_LAST,
            denies=[{"protocol": "all"}],
            source_ranges=["0.0.0.0/0"],
            log_config=log,
        )
        rule(
            "allow-health-checks",
            "Probes of load balancers, straight to pods.",
            direction="INGRESS",
            allows=[{"protocol": "tcp", "ports": [_PODS_PORTS]}],
            source_ranges=list(HEALTH_CHECKS),
        )
        rule(
            "allow-proxies",
            "Load balancers' proxies, straight to pods.",
            direction="INGRESS",
            allows=[{"protocol": "tcp", "ports": [_PODS_PORTS]}],
            source_ranges=[args.proxy_only],
        )
        if not args.internet:
            rule(
                "deny-egress",
                "Nothing leaves but for what the next rules allow.",
                direction="EGRESS",
                priority=_LAST,
                denies=[{"protocol": "all"}],
                destination_ranges=["0.0.0.0/0"],
                log_config=log,
            )
            rule(
                "allow-inside",
                "Within the environment, the control plane included.",
                direction="EGRESS",
                allows=[{"protocol": "all"}],
                destination_ranges=sorted(args.inside.values()),
            )
            rule(
                "allow-google",
                "Google's APIs, by the addresses that need no internet.",
                direction="EGRESS",
                allows=[{"protocol": "tcp", "ports": ["443"]}],
                destination_ranges=[PRIVATE_GOOGLE],
            )
        self.register_outputs({})

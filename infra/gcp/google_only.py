"""Names of Google's APIs at addresses that need no internet, for a network whose firewall lets nothing else out."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_gcp.dns import ManagedZone, RecordSet

from infra.gcp.firewall import PRIVATE_GOOGLE
from infra.options import child

_DOMAINS: Final = ("googleapis.com", "pkg.dev", "gcr.io")
"""VPC documentation, "Configure Private Google Access", DNS: the APIs, Artifact Registry, GKE's own images."""
_TTL: Final = 300


@dataclass(frozen=True)
class GoogleOnlyArgs:
    """`name` begins the zones' names."""

    name: str
    network: pulumi.Input[str]


class GoogleOnly(pulumi.ComponentResource):
    """A private zone for each domain: every name in it is at private.googleapis.com."""

    def __init__(self, name: str, args: GoogleOnlyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:GoogleOnly", name, None, opts)
        addresses = [str(address) for address in ipaddress.ip_network(PRIVATE_GOOGLE)]
        for domain in _DOMAINS:
            label = domain.replace(".", "-")
            # googleapis.com itself is no host: its names point to private.googleapis.com in it
            host = f"private.{domain}" if domain == "googleapis.com" else domain
            zone = ManagedZone(
                f"{name}-{label}",
                name=f"{args.name}-{label}",
                dns_name=f"{domain}.",
                description="Google's APIs without the internet",
                visibility="private",
                private_visibility_config={"networks": [{"network_url": args.network}]},
                opts=child(self, opts),
            )
            RecordSet(
                f"{name}-{label}-address",
                managed_zone=zone.name,
                name=f"{host}.",
                type="A",
                ttl=_TTL,
                rrdatas=addresses,
                opts=child(self, opts),
            )
            RecordSet(
                f"{name}-{label}-names",
                managed_zone=zone.name,
                name=f"*.{domain}.",
                type="CNAME",
                ttl=_TTL,
                rrdatas=[f"{host}."],
                opts=child(self, opts),
            )
        self.register_outputs({})

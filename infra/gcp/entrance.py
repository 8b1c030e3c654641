"""What the cluster's gateways need at Google: addresses, a certificate, names, and who may pass. TLS always.

The Gateway objects themselves are Kubernetes' and are made in the cluster's stack; they name what is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_gcp.certificatemanager import Certificate, DnsAuthorization
from pulumi_gcp.compute import Address
from pulumi_gcp.dns import ManagedZone, RecordSet
from pulumi_gcp.projects import IAMMember

from infra.gcp.identity import slug
from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Sequence

_TTL: Final = 300


@dataclass(frozen=True)
class EntranceArgs:
    """`public` hosts are reached from the internet behind Identity-Aware Proxy, `internal` ones from the VPC only.

    Hosts are first labels below `domain`. `public_address` is None where no host may be public. `users` pass the proxy.
    """

    name: str
    project: str
    region: str
    network: pulumi.Input[str]
    subnetwork: pulumi.Input[str]
    domain: str
    certificate: str
    internal_address: str
    public_address: str | None
    public: Sequence[str]
    internal: Sequence[str]
    users: Sequence[str]


class Entrance(pulumi.ComponentResource):
    """Two regional addresses, one certificate for `domain` and `*.domain`, and two zones of the same name.

    The public zone has public hosts only. The private one, which is what the VPC sees, has all of them: names of
    internal services are told to nobody else.
    """

    name_servers: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: EntranceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Entrance", name, None, opts)
        self._name, self._args, self._opts = name, args, opts
        internal = Address(
            f"{name}-internal",
            name=args.internal_address,
            project=args.project,
            region=args.region,
            address_type="INTERNAL",
            purpose="SHARED_LOADBALANCER_VIP",
            subnetwork=args.subnetwork,
            opts=child(self, opts),
        )
        public = self._public()
        zone = ManagedZone(
            f"{name}-zone",
            name=args.name,
            project=args.project,
            dns_name=f"{args.domain}.",
            description="Hosts that are reached from the internet; delegate the domain to its name servers",
            dnssec_config={"state": "on"},  # names cannot be forged on their way
            opts=child(self, opts),
        )
        inside = ManagedZone(
            f"{name}-inside",
            name=f"{args.name}-inside",
            project=args.project,
            dns_name=f"{args.domain}.",
            description="All hosts, as seen from inside of the VPC",
            visibility="private",
            private_visibility_config={"networks": [{"network_url": args.network}]},
            opts=child(self, opts),
        )
        self._certificate(zone)
        for host in args.public if public else ():
            address = public.address if public else ""
            self._record(f"{name}-{host}", zone, host, address)
            self._record(f"{name}-{host}-inside", inside, host, address)
        for host in args.internal:
            self._record(f"{name}-{host}-inside", inside, host, internal.address)
        for member in sorted(set(args.users)):
            IAMMember(
                f"{name}-user-{slug(member)}",
                project=args.project,
                role="roles/iap.httpsResourceAccessor",  # pass the proxy, and nothing else
                member=member,
                opts=child(self, opts),
            )
        self.name_servers = zone.name_servers
        self.register_outputs({"nameServers": self.name_servers})

    def _public(self) -> Address | None:
        if self._args.public_address is None:
            return None
        return Address(
            f"{self._name}-public",
            name=self._args.public_address,
            project=self._args.project,
            region=self._args.region,
            address_type="EXTERNAL",
            opts=child(self, self._opts),
        )

    def _certificate(self, zone: ManagedZone) -> None:
        """Issued and renewed by Google once the zone, to which the domain is delegated, proves that it is ours."""
        authorization = DnsAuthorization(
            f"{self._name}-authorization",
            name=self._args.certificate,
            project=self._args.project,
            location=self._args.region,
            domain=self._args.domain,
            type="PER_PROJECT_RECORD",  # the only type of regional ones, and no other project can use our record
            opts=child(self, self._opts),
        )
        proof = authorization.dns_resource_records[0]
        RecordSet(
            f"{self._name}-proof",
            project=self._args.project,
            managed_zone=zone.name,
            name=proof.name.apply(lambda text: text or ""),
            type=proof.type.apply(lambda text: text or ""),
            ttl=_TTL,
            rrdatas=[proof.data.apply(lambda text: text or "")],
            opts=child(self, self._opts),
        )
        Certificate(
            f"{self._name}-certificate",
            name=self._args.certificate,
            project=self._args.project,
            location=self._args.region,
            managed={
                "domains": [self._args.domain, f"*.{self._args.domain}"],
                "dns_authorizations": [authorization.id],
            },
            opts=child(self, self._opts),
        )

    def _record(self, label: str, zone: ManagedZone, host: str, address: pulumi.Input[str]) -> None:
        RecordSet(
            label,
            project=self._args.project,
            managed_zone=zone.name,
            name=f"{host}.{self._args.domain}.",
            type="A",
            ttl=_TTL,
            rrdatas=[address],
            opts=child(self, self._opts),
        )

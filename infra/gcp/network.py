"""A VPC of the environment's own, for a private cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp.compute import Network as Vpc
from pulumi_gcp.compute import Router, RouterNat, Subnetwork

from infra.gcp.firewall import Firewall, FirewallArgs
from infra.gcp.google_only import GoogleOnly, GoogleOnlyArgs
from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping

PODS_RANGE = "pods"
SERVICES_RANGE = "services"


@dataclass(frozen=True)
class NetworkArgs:
    """`nodes`, `pods`, `services` and the others are ranges such as 10.0.0.0/20; they must not overlap.

    `control_plane` is peered for the control plane; `control_plane_subnet` is a subnet of ours for its endpoint: one of
    the two is given. `flow_sampling` is a share (0 to 1). Without `internet` nodes and pods reach Google's APIs only.
    """

    name: str
    region: str
    nodes: str
    pods: str
    services: str
    proxy_only: str
    control_plane: str | None
    control_plane_subnet: str | None
    flow_sampling: float
    firewall_logs: bool
    internet: bool

    @property
    def inside(self) -> Mapping[str, str]:
        """Ranges of the environment itself, by what they are for."""
        found = {
            "nodes": self.nodes,
            "pods": self.pods,
            "services": self.services,
            "proxies": self.proxy_only,
            "control-plane": self.control_plane_subnet or self.control_plane,
        }
        return {name: text for name, text in found.items() if text}


class Network(pulumi.ComponentResource):
    """Network, one subnet with both secondary ranges, the proxies' subnet, firewall, and a way out."""

    network_id: pulumi.Output[str]
    subnetwork_id: pulumi.Output[str]
    control_plane_subnetwork_id: pulumi.Output[str] | None

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Network", name, None, opts)
        network = Vpc(
            f"{name}-vpc",
            name=args.name,
            auto_create_subnetworks=False,  # automatic subnets span every region and overlap between projects
            routing_mode="REGIONAL",
            opts=child(self, opts),
        )
        subnetwork = Subnetwork(
            f"{name}-subnet",
            name=args.name,
            region=args.region,
            network=network.id,
            ip_cidr_range=args.nodes,
            secondary_ip_ranges=[  # named, different ranges: GKE would make unnamed ones itself (tpg#6761)
                {"range_name": PODS_RANGE, "ip_cidr_range": args.pods},
                {"range_name": SERVICES_RANGE, "ip_cidr_range": args.services},
            ],
            private_ip_google_access=True,  # private nodes reach Google's APIs without the internet
            log_config={  # who talked to whom, for an incident; how much of it is the profile's choice
                "aggregation_interval": "INTERVAL_10_MIN",
                "flow_sampling": args.flow_sampling,
                "metadata": "INCLUDE_ALL_METADATA",
            },
            opts=child(self, opts),
        )
        Subnetwork(  # where regional load balancers have their proxies; one active one for each network and region
            f"{name}-proxies",
            name=f"{args.name}-proxies",
            region=args.region,
            network=network.id,
            ip_cidr_range=args.proxy_only,
            purpose="REGIONAL_MANAGED_PROXY",
            role="ACTIVE",
            opts=child(self, opts),
        )
        self.network_id = network.id
        self.subnetwork_id = subnetwork.id
        self.control_plane_subnetwork_id = self._control_plane(name, args, opts)
        if args.internet:
            self._nat(name, args, subnetwork, opts)
        else:
            GoogleOnly(f"{name}-google", GoogleOnlyArgs(args.name, network.id), child(self, opts))
        rules = FirewallArgs(args.name, network.id, args.inside, args.proxy_only, args.firewall_logs, args.internet)
        Firewall(f"{name}-firewall", rules, child(self, opts))
        self.register_outputs({"networkId": self.network_id, "subnetworkId": self.subnetwork_id})

    def _control_plane(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None
    ) -> pulumi.Output[str] | None:
        """The subnet of the control plane's private endpoint, where it is not peered."""
        if args.control_plane_subnet is None:
            return None
        subnetwork = Subnetwork(
            f"{name}-control-plane",
            name=f"{args.name}-control-plane",
            region=args.region,
            network=self.network_id,
            ip_cidr_range=args.control_plane_subnet,
            private_ip_google_access=True,
            log_config={
                "aggregation_interval": "INTERVAL_10_MIN",
                "flow_sampling": args.flow_sampling,
                "metadata": "INCLUDE_ALL_METADATA",
            },
            opts=child(self, opts),
        )
        return subnetwork.id

    def _nat(self, name: str, args: NetworkArgs, subnetwork: Subnetwork, opts: pulumi.ResourceOptions | None) -> None:
        """Connections out, never in: nodes have no public addresses."""
        router = Router(
            f"{name}-router", name=args.name, region=args.region, network=self.network_id, opts=child(self, opts)
        )
        RouterNat(
            f"{name}-nat",
            name=args.name,
            region=args.region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[{"name": subnetwork.id, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]}],
            log_config={"enable": True, "filter": "ERRORS_ONLY"},
            opts=child(self, opts),
        )

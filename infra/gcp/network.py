"""A VPC of the environment's own, for a private cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp.compute import Network as Vpc
from pulumi_gcp.compute import Router, RouterNat, Subnetwork

PODS_RANGE = "pods"
SERVICES_RANGE = "services"


@dataclass(frozen=True)
class NetworkArgs:
    """`nodes`, `pods` and `services` are ranges such as 10.0.0.0/20; they must not overlap."""

    name: str
    region: str
    nodes: str
    pods: str
    services: str


class Network(pulumi.ComponentResource):
    """Network, one subnet with both secondary ranges, and a NAT so that private nodes can pull and call out."""

    network_id: pulumi.Output[str]
    subnetwork_id: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        network = Vpc(
            f"{name}-vpc",
            name=args.name,
            auto_create_subnetworks=False,  # automatic subnets span every region and overlap between projects
            routing_mode="REGIONAL",
            opts=child,
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
            log_config={  # who talked to whom, for an incident; sampled, because all of it is expensive
                "aggregation_interval": "INTERVAL_10_MIN",
                "flow_sampling": 0.5,
                "metadata": "INCLUDE_ALL_METADATA",
            },
            opts=child,
        )
        router = Router(f"{name}-router", name=args.name, region=args.region, network=network.id, opts=child)
        RouterNat(
            f"{name}-nat",
            name=args.name,
            region=args.region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[{"name": subnetwork.id, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]}],
            log_config={"enable": True, "filter": "ERRORS_ONLY"},
            opts=child,
        )
        self.network_id = network.id
        self.subnetwork_id = subnetwork.id
        self.register_outputs({"networkId": self.network_id, "subnetworkId": self.subnetwork_id})

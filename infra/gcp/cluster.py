"""A private GKE cluster without nodes of its own; pools are `NodePool` components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp.container import Cluster as GkeCluster

from infra.gcp.network import PODS_RANGE, SERVICES_RANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.gcp.network import Network


@dataclass(frozen=True)
class ClusterArgs:
    """`location` is a region (three zones unless `zones` says otherwise) or a zone; `control_plane` is a /28."""

    name: str
    project: str
    location: str
    zones: Sequence[str]
    control_plane: str
    release_channel: str
    deletion_protection: bool
    network: Network


class Cluster(pulumi.ComponentResource):
    """The control plane. `cluster_id` is known before the cluster exists, so that previews above it are right."""

    name: pulumi.Output[str]
    location: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    certificate_authority: pulumi.Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Cluster", name, None, opts)
        cluster = GkeCluster(
            f"{name}-cluster",
            name=args.name,
            location=args.location,
            node_locations=list(args.zones) or None,
            network=args.network.network_id,
            subnetwork=args.network.subnetwork_id,
            deletion_protection=args.deletion_protection,
            # The default pool cannot be changed without replacing the cluster (tpg#3409): it goes at once.
            initial_node_count=1,
            remove_default_node_pool=True,
            networking_mode="VPC_NATIVE",
            ip_allocation_policy={
                "cluster_secondary_range_name": PODS_RANGE,
                "services_secondary_range_name": SERVICES_RANGE,
            },
            datapath_provider="ADVANCED_DATAPATH",  # Dataplane V2 enforces NetworkPolicy; without it they do nothing
            private_cluster_config={  # nodes without public addresses
                "enable_private_nodes": True,
                "enable_private_endpoint": True,
                "master_ipv4_cidr_block": args.control_plane,
            },
            master_authorized_networks_config={"cidr_blocks": []},  # empty, not absent: absent means everyone (tgm#901)
            control_plane_endpoints_config={  # reached by name with IAM, never by an open address
                "dns_endpoint_config": {"allow_external_traffic": True}
            },
            workload_identity_config={"workload_pool": f"{args.project}.svc.id.goog"},  # no keys in pods
            addons_config={  # pods read models from the bucket as files, by their own identity
                "gcs_fuse_csi_driver_config": {"enabled": True}
            },
            enable_shielded_nodes=True,  # a node proves what it booted
            release_channel={"channel": args.release_channel},
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["initialNodeCount", "nodeConfig"],
                protect=True,  # every workload is in it: the engine replaces and deletes it in no update
            ),
        )
        dns = cluster.control_plane_endpoints_config.dns_endpoint_config.endpoint
        self.name = cluster.name
        self.location = cluster.location
        self.endpoint = pulumi.Output.all(dns, cluster.endpoint).apply(lambda known: known[0] or known[1])
        # masterAuth as a whole is secret to the SDK; the certificate authority is public, and the contract carries it.
        authority = pulumi.Output.unsecret(cluster.master_auth.cluster_ca_certificate)
        self.certificate_authority = authority.apply(lambda text: text or "")
        self.register_outputs({"name": self.name, "endpoint": self.endpoint})

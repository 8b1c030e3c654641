"""A private GKE cluster without nodes of its own; pools are `NodePool` components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_gcp.container import Cluster as GkeCluster

from infra.blocks import block
from infra.gcp.maintenance import maintenance_policy
from infra.gcp.network import PODS_RANGE, SERVICES_RANGE
from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.gcp.auto_provisioning import AutoProvisioning
    from infra.gcp.maintenance import Maintenance
    from infra.gcp.network import Network

_LOGS: Final = ("SYSTEM_COMPONENTS", "WORKLOADS")
_CONTROL_PLANE: Final = ("APISERVER", "CONTROLLER_MANAGER", "SCHEDULER")
_WORKLOAD_METRICS: Final = ("DAEMONSET", "DEPLOYMENT", "HPA", "POD", "STATEFULSET", "STORAGE")
"""GKE documentation, "Configure metrics collection": kube state metrics."""
_PUBLIC: Final = ".gke.goog"
"""Ending of DNS endpoints. They are served with a certificate that everybody trusts, not with the cluster's own."""


@dataclass(frozen=True)
class ClusterArgs:
    """`location` is a region (three zones unless `zones` says otherwise) or a zone; `control_plane` is a /28.

    `authorized` are ranges by name. `etcd_key` is the full name of a key that GKE's agent may use, and None leaves the
    encryption to Google. `external` says whether the DNS endpoint answers from outside of the VPC; `fleet`, whether the
    cluster joins the fleet of its project.
    """

    name: str
    project: str
    location: str
    zones: Sequence[str]
    control_plane: str | None
    release_channel: str
    deletion_protection: bool
    network: Network
    external: bool
    authorized: Mapping[str, str]
    maintenance: Maintenance
    etcd_key: str | None
    control_plane_logs: bool
    control_plane_metrics: bool
    intranode_visibility: bool
    encrypted_in_transit: bool
    backup: bool
    fleet: bool
    auto_provisioning: AutoProvisioning | None


class Cluster(pulumi.ComponentResource):
    """The control plane. `cluster_id` is known before the cluster exists, so that previews above it are right."""

    name: pulumi.Output[str]
    location: pulumi.Output[str]
    cluster_id: pulumi.Output[str]
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
            private_cluster_config=_private(args),
            master_authorized_networks_config={  # empty, not absent: absent means everyone (tgm#901)
                "cidr_blocks": [
                    {"display_name": label, "cidr_block": text} for label, text in sorted(args.authorized.items())
                ]
            },
            control_plane_endpoints_config={  # reached by name with IAM, never by an open address
                "dns_endpoint_config": {"allow_external_traffic": args.external}
            },
            workload_identity_config={"workload_pool": f"{args.project}.svc.id.goog"},  # no keys in pods
            addons_config=_addons(args),
            secret_manager_config={"enabled": True},  # pods read pinned versions as files, by their own identity
            gateway_api_config={"channel": "CHANNEL_STANDARD"},  # HTTPRoutes; the experimental channel breaks them
            enable_shielded_nodes=True,  # a node proves what it booted
            enable_legacy_abac=False,  # RBAC only: the old authorization knew no namespaces
            anonymous_authentication_config={"mode": "LIMITED"},  # without a name only health checks are answered
            rbac_binding_config={  # no binding can open the cluster to everybody who has a Google account
                "enable_insecure_binding_system_authenticated": False,
                "enable_insecure_binding_system_unauthenticated": False,
            },
            node_pool_defaults={  # pools that GKE makes itself, too: the kubelet's read-only port asks nobody
                "node_config_defaults": {"insecure_kubelet_readonly_port_enabled": "FALSE"}
            },
            binary_authorization={"evaluation_mode": "PROJECT_SINGLETON_POLICY_ENFORCE"},  # see admission.py
            # Audits what workloads ask for. Its scanning of workloads has ended: registries scan their images.
            security_posture_config={"mode": "BASIC", "vulnerability_mode": "VULNERABILITY_DISABLED"},
            database_encryption=_etcd(args.etcd_key),
            enable_intranode_visibility=args.intranode_visibility,
            in_transit_encryption_config=(
                "IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT" if args.encrypted_in_transit else None
            ),
            cost_management_config={"enabled": True},  # costs by namespace, which is by team
            logging_config={
                "enable_components": sorted([*_LOGS, *(_CONTROL_PLANE if args.control_plane_logs else ())])
            },
            monitoring_config=_monitoring(args),
            release_channel={"channel": args.release_channel},
            fleet={"project": args.project} if args.fleet else None,  # a mesh is the fleet's
            maintenance_policy=block(maintenance_policy(args.maintenance)),
            cluster_autoscaling=args.auto_provisioning.inputs() if args.auto_provisioning else None,
            opts=child(
                self,
                opts,
                # The named ranges are in use, so no new cluster can stand beside the old one (pulumi-gcp#95): a
                # replacement would be an outage. No update replaces or deletes it, not even by the plain CLI.
                protect=True,
                ignore_changes=["initialNodeCount", "nodeConfig"],
            ),
        )
        self.name = cluster.name
        self.location = cluster.location
        self.cluster_id = cluster.id
        self.endpoint, self.certificate_authority = _reached(cluster, external=args.external)
        self.register_outputs({"name": self.name, "endpoint": self.endpoint})


def _private(args: ClusterArgs) -> Any:
    """Nodes without public addresses. The control plane is peered or in a subnet, never both (tgm#2119)."""
    subnetwork = args.network.control_plane_subnetwork_id
    where: dict[str, Any] = {"master_ipv4_cidr_block": args.control_plane}
    if subnetwork is not None:
        where = {"private_endpoint_subnetwork": subnetwork}
    return {"enable_private_nodes": True, "enable_private_endpoint": True, **where}


def _addons(args: ClusterArgs) -> Any:
    return {
        "gcs_fuse_csi_driver_config": {"enabled": True},  # pods read models from the bucket as files
        "gce_persistent_disk_csi_driver_config": {"enabled": True},
        "http_load_balancing": {"disabled": False},  # the Gateway controller needs it
        "horizontal_pod_autoscaling": {"disabled": False},
        "gke_backup_agent_config": {"enabled": args.backup},
    }


def _etcd(key: str | None) -> Any:
    """Both states are said: a block left out keeps what was."""
    return {"state": "ENCRYPTED", "key_name": key} if key else {"state": "DECRYPTED"}


def _monitoring(args: ClusterArgs) -> Any:
    more = (*_CONTROL_PLANE, *_WORKLOAD_METRICS) if args.control_plane_metrics else ()
    return {
        "enable_components": sorted(["SYSTEM_COMPONENTS", *more]),
        "managed_prometheus": {"enabled": True},  # services' own metrics, without a Prometheus to run
        "advanced_datapath_observability_config": {"enable_metrics": True, "enable_relay": False},
    }


def _reached(cluster: GkeCluster, *, external: bool) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Host of the API and the authority that signed its certificate; an empty one stands for the public ones."""
    dns = cluster.control_plane_endpoints_config.dns_endpoint_config.endpoint
    endpoint = pulumi.Output.all(dns, cluster.endpoint).apply(
        lambda known: (known[0] or known[1]) if external else (known[1] or known[0])
    )
    # masterAuth as a whole is secret to the SDK; the certificate authority is public, and the contract carries it.
    authority = pulumi.Output.unsecret(cluster.master_auth.cluster_ca_certificate)
    signed = pulumi.Output.all(endpoint, authority).apply(
        lambda known: "" if (known[0] or "").endswith(_PUBLIC) else known[1] or ""
    )
    return endpoint, signed

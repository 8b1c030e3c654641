"""A node pool whose name carries a hash of what forces a replacement: the new one exists before the old one goes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_gcp.container import NodePool as GkeNodePool
from pulumi_gcp.projects import IAMMember
from pulumi_gcp.serviceaccount import Account

from infra.blocks import block

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.gcp.cluster import Cluster

_NODE_ROLES: Final = (
    # GKE documentation, "Use least privilege IAM service accounts": what a node needs and no more
    "roles/container.defaultNodeServiceAccount",
    "roles/artifactregistry.reader",
)


@dataclass(frozen=True)
class NodePoolArgs:
    """Counts are for EACH zone. `per_zone` fixes the number; otherwise `least`..`most` are autoscaled."""

    machine: str
    per_zone: int | None
    least: int
    most: int
    disk_gb: int
    spot: bool
    cluster: Cluster
    service_account: pulumi.Input[str]
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    taints: Sequence[Mapping[str, str]] = ()

    @property
    def generation(self) -> str:
        """Four digits that change exactly when Google would replace the pool (tgm#794, tgm#2650)."""
        forces = [self.machine, self.disk_gb, self.spot]
        return hashlib.sha256(json.dumps(forces).encode()).hexdigest()[:4]


class NodeIdentity(pulumi.ComponentResource):
    """The service account that all nodes of an environment run as; pods never use it (Workload Identity)."""

    email: pulumi.Output[str]

    def __init__(self, name: str, account_id: str, project: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:NodeIdentity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = Account(
            f"{name}-account", account_id=account_id, display_name="Nodes of the Slipway cluster", opts=child
        )
        for role in _NODE_ROLES:
            IAMMember(
                f"{name}-{role.rsplit('.', 1)[-1]}", project=project, role=role, member=account.member, opts=child
            )
        self.email = account.email
        self.register_outputs({"email": self.email})


class NodePool(pulumi.ComponentResource):
    """One node pool."""

    def __init__(self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:NodePool", name, None, opts)
        full_name = f"{name}-{args.generation}"
        GkeNodePool(
            f"{name}-pool",
            name=full_name,
            cluster=args.cluster.name,
            location=args.cluster.location,
            node_count=args.per_zone,
            initial_node_count=None if args.per_zone is not None else args.least,
            autoscaling=None
            if args.per_zone is not None
            else {"min_node_count": args.least, "max_node_count": args.most, "location_policy": "BALANCED"},
            management={"auto_repair": True, "auto_upgrade": True},
            upgrade_settings={"strategy": "SURGE", "max_surge": 1, "max_unavailable": 0},
            node_config=block(
                {
                    "machine_type": args.machine,
                    "disk_size_gb": args.disk_gb,
                    "disk_type": "pd-balanced",
                    "image_type": "COS_CONTAINERD",
                    "spot": args.spot,
                    "service_account": args.service_account,
                    "oauth_scopes": [
                        "https://www.googleapis.com/auth/cloud-platform"
                    ],  # IAM of the account is the limit
                    "labels": {"slipway.dev/pool": name, **args.labels},
                    "taints": [dict(taint) for taint in args.taints],
                    "metadata": {"disable-legacy-endpoints": "true"},
                    "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
                    "workload_metadata_config": {"mode": "GKE_METADATA"},  # pods cannot read the node's identity
                }
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                # A change of the first number would replace the pool (pulumi-gcp#412); the autoscaler owns it after.
                ignore_changes=["initialNodeCount"],
                # The new pool has another name (the hash), so it can stand beside the old one.
                delete_before_replace=False,
            ),
        )
        self.register_outputs({"name": full_name})

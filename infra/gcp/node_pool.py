"""A node pool whose name carries a hash of what forces a replacement: the new one exists before the old one goes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_gcp.container import NodePool as GkeNodePool

from infra.blocks import block
from infra.gcp.node_identity import SCOPES
from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.gcp.cluster import Cluster

_DRIVERS: Final = {"default": "DEFAULT", "latest": "LATEST", "none": "INSTALLATION_DISABLED"}
_SHARING: Final = {"time": "TIME_SHARING", "mps": "MPS"}


@dataclass(frozen=True)
class Accelerator:
    """GPUs of each node. `driver` is default, latest or none; `sharing` is (time or mps, pods on one GPU at most)."""

    type: str
    count: int
    driver: str
    sharing: tuple[str, int] | None = None

    def inputs(self) -> dict[str, Any]:
        """The block of the node's configuration."""
        found: dict[str, Any] = {
            "type": self.type,
            "count": self.count,
            "gpu_driver_installation_config": {"gpu_driver_version": _DRIVERS[self.driver]},
        }
        if self.sharing:
            by, clients = self.sharing
            found["gpu_sharing_config"] = {
                "gpu_sharing_strategy": _SHARING[by],
                "max_shared_clients_per_gpu": clients,
            }
        return found


@dataclass(frozen=True)
class SurgeUpgrade:
    """New nodes come before old ones go."""

    max_surge: int = 1
    max_unavailable: int = 0

    def inputs(self) -> Any:
        """The pool's block."""
        return {"strategy": "SURGE", "max_surge": self.max_surge, "max_unavailable": self.max_unavailable}


@dataclass(frozen=True)
class BlueGreenUpgrade:
    """A second set of nodes; `batch` old ones (a share up to 1, or a number) are drained at a time. Seconds."""

    batch: float
    batch_soak: int
    pool_soak: int

    def inputs(self) -> Any:
        """The pool's block."""
        size = {"batch_node_count": self.batch} if isinstance(self.batch, int) else {"batch_percentage": self.batch}
        return {
            "strategy": "BLUE_GREEN",
            "blue_green_settings": {
                "node_pool_soak_duration": f"{self.pool_soak}s",
                "standard_rollout_policy": {**size, "batch_soak_duration": f"{self.batch_soak}s"},
            },
        }


@dataclass(frozen=True)
class NodePoolArgs:
    """Counts are for EACH zone. `per_zone` fixes the number; otherwise `least`..`most` are autoscaled.

    `confidential` is SEV or TDX; `tpu_topology` is given for slices of more than one node; `disk_key` is the full name
    of a key that Compute Engine's agent may use.
    """

    machine: str
    per_zone: int | None
    least: int
    most: int
    zones: Sequence[str]
    disk_gb: int
    disk_type: str
    spot: bool
    max_pods: int
    accelerator: Accelerator | None
    tpu_topology: str | None
    confidential: str | None
    upgrade: SurgeUpgrade | BlueGreenUpgrade
    cluster: Cluster
    service_account: pulumi.Input[str]
    disk_key: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    taints: Sequence[Mapping[str, str]] = ()
    cost_labels: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def generation(self) -> str:
        """Four digits that change exactly when Google would replace the pool (tgm#794, tgm#2650).

        Those are the fields that force a new one and that may differ here; a test compares them with the provider's
        schema. Machine type, disk and zones do not: GKE changes them node by node, as an upgrade.
        """
        forces: list[Any] = [self.spot, self.max_pods, self.confidential, self.tpu_topology, self.disk_key]
        forces.append(self.accelerator.inputs() if self.accelerator else None)
        return hashlib.sha256(json.dumps(forces, sort_keys=True).encode()).hexdigest()[:4]


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
            node_locations=list(args.zones) or None,
            node_count=args.per_zone,
            initial_node_count=None if args.per_zone is not None else args.least,
            autoscaling=None
            if args.per_zone is not None
            else {"min_node_count": args.least, "max_node_count": args.most, "location_policy": "BALANCED"},
            max_pods_per_node=args.max_pods,
            management={"auto_repair": True, "auto_upgrade": True},  # known holes are closed without anybody's doing
            upgrade_settings=args.upgrade.inputs(),
            network_config={"enable_private_nodes": True},  # said for each pool: the cluster's is only a default
            placement_policy={"type": "COMPACT", "tpu_topology": args.tpu_topology} if args.tpu_topology else None,
            node_config=block(_node(name, args)),
            opts=child(
                self,
                opts,
                # A change of the first number would replace the pool (pulumi-gcp#412); the autoscaler owns it after.
                ignore_changes=["initialNodeCount"],
                # The new pool has another name (the hash), so it can stand beside the old one.
                delete_before_replace=False,
            ),
        )
        self.register_outputs({"name": full_name})


def _node(name: str, args: NodePoolArgs) -> dict[str, Any]:
    found: dict[str, Any] = {
        "machine_type": args.machine,
        "disk_size_gb": args.disk_gb,
        "disk_type": args.disk_type,
        "image_type": "COS_CONTAINERD",  # no package manager, no shell for people, updates itself
        "spot": args.spot,
        "service_account": args.service_account,
        "oauth_scopes": SCOPES,
        "labels": {"slipway.dev/pool": name, **args.labels},
        "resource_labels": dict(args.cost_labels),
        "taints": [dict(taint) for taint in args.taints],
        "metadata": {"disable-legacy-endpoints": "true"},
        "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
        "workload_metadata_config": {"mode": "GKE_METADATA"},  # pods cannot read the node's identity
        "kubelet_config": {"insecure_kubelet_readonly_port_enabled": "FALSE"},  # it answers without asking who calls
    }
    if args.accelerator:
        found["guest_accelerators"] = [args.accelerator.inputs()]
    if args.confidential:
        # The type is always said: it is what forces a new pool, and the hash has to change with it.
        found["confidential_nodes"] = {"enabled": True, "confidential_instance_type": args.confidential}
    if args.disk_key:
        found["boot_disk_kms_key"] = args.disk_key
    return found

"""Backup of a cluster's objects and volumes, and the plan to restore them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp.gkebackup import BackupPlan, RestorePlan

from infra.blocks import block
from infra.options import child


@dataclass(frozen=True)
class BackupsArgs:
    """`schedule` is a cron schedule (UTC); `key` the full name of a key that Backup for GKE's agent may use."""

    name: str
    project: str
    region: str
    cluster_id: pulumi.Input[str]
    schedule: str
    keep_days: int
    lock_days: int
    key: str | None


class Backups(pulumi.ComponentResource):
    """Everything in the cluster, by schedule; and how it comes back, tried before it is needed."""

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Backups", name, None, opts)
        config: dict[str, Any] = {"all_namespaces": True, "include_secrets": True, "include_volume_data": True}
        if args.key:
            config["encryption_key"] = {"gcp_kms_encryption_key": args.key}
        plan = BackupPlan(
            f"{name}-plan",
            name=args.name,
            project=args.project,
            location=args.region,
            cluster=args.cluster_id,
            backup_config=block(config),
            backup_schedule={"cron_schedule": args.schedule, "paused": False},
            retention_policy={
                "backup_retain_days": args.keep_days,
                "backup_delete_lock_days": args.lock_days,  # also not by who has taken over an administrator's account
            },
            opts=child(self, opts),
        )
        RestorePlan(
            f"{name}-restore",
            name=args.name,
            project=args.project,
            location=args.region,
            backup_plan=plan.id,
            cluster=args.cluster_id,
            restore_config={
                "all_namespaces": True,
                # What is there is never overwritten by a restore: a namespace comes back where it is gone.
                "namespaced_resource_restore_mode": "FAIL_ON_CONFLICT",
                "cluster_resource_conflict_policy": "USE_EXISTING_VERSION",
                "cluster_resource_restore_scope": {"no_group_kinds": True},  # Slipway declares them itself
                "volume_data_restore_policy": "RESTORE_VOLUME_DATA_FROM_BACKUP",
            },
            opts=child(self, opts),
        )
        self.register_outputs({"plan": plan.name})

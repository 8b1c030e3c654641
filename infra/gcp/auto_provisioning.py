"""Node pools that GKE makes and removes by itself, as hardened as ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.blocks import block
from infra.gcp.node_identity import SCOPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi


@dataclass(frozen=True)
class AutoProvisioning:
    """Limits for all nodes of the cluster together: cores, GiB of memory, GPUs by type."""

    cores: int
    memory_gib: int
    gpus: Mapping[str, int]
    service_account: pulumi.Input[str]
    disk_key: str | None = None

    def inputs(self) -> Any:
        """The cluster's block. What it does not say, GKE decides: so everything that hardens a node is said."""
        limits = {"cpu": self.cores, "memory": self.memory_gib, **dict(sorted(self.gpus.items()))}
        defaults = {
            "service_account": self.service_account,
            "oauth_scopes": SCOPES,
            "image_type": "COS_CONTAINERD",
            "disk_type": "pd-balanced",
            "disk_size": 100,
            "management": {"auto_repair": True, "auto_upgrade": True},
            "upgrade_settings": {"strategy": "SURGE", "max_surge": 1, "max_unavailable": 0},
            "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
        }
        if self.disk_key:
            defaults["boot_disk_kms_key"] = self.disk_key
        return block(
            {
                "enabled": True,
                "autoscaling_profile": "BALANCED",
                "resource_limits": [{"resource_type": kind, "maximum": most} for kind, most in limits.items()],
                "auto_provisioning_defaults": defaults,
            }
        )

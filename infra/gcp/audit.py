"""Data Access audit logs: who read what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_gcp.projects import IAMAuditConfig

from infra.options import child

_SERVICES: Final = ("cloudkms", "secretmanager", "storage")
"""Where the environment's data and keys are."""


@dataclass(frozen=True)
class AuditArgs:
    """The project whose logs are switched on."""

    project: str


class Audit(pulumi.ComponentResource):
    """Reads and writes of data are logged; they are off by default, because they are large."""

    def __init__(self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Audit", name, None, opts)
        for service in _SERVICES:
            IAMAuditConfig(
                f"{name}-{service}",
                project=args.project,
                service=f"{service}.googleapis.com",
                audit_log_configs=[{"log_type": "DATA_READ"}, {"log_type": "DATA_WRITE"}],
                opts=child(self, opts),
            )
        self.register_outputs({})

"""The account that nodes run as."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_gcp.projects import IAMMember
from pulumi_gcp.serviceaccount import Account

from infra.options import child

SCOPES: Final = ["https://www.googleapis.com/auth/cloud-platform"]
"""IAM of the account is the limit (Compute Engine documentation, "Service accounts", access scopes)."""
_ROLES: Final = (
    # GKE documentation, "Use least privilege IAM service accounts": what a node needs and no more
    "roles/container.defaultNodeServiceAccount",
    "roles/artifactregistry.reader",
)


class NodeIdentity(pulumi.ComponentResource):
    """The service account that all nodes of an environment run as; pods never use it (Workload Identity)."""

    email: pulumi.Output[str]

    def __init__(self, name: str, account_id: str, project: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:NodeIdentity", name, None, opts)
        account = Account(
            f"{name}-account",
            account_id=account_id,
            display_name="Nodes of the Slipway cluster",
            opts=child(self, opts),
        )
        for role in _ROLES:
            IAMMember(
                f"{name}-{role.rsplit('.', 1)[-1]}",
                project=project,
                role=role,
                member=account.member,
                opts=child(self, opts),
            )
        self.email = account.email
        self.register_outputs({"email": self.email})

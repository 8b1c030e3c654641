"""Containers of secrets in Secret Manager. No version and no value ever passes this program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp.secretmanager import Secret as Container

from infra.blocks import block
from infra.options import child


@dataclass(frozen=True)
class SecretArgs:
    """`secret_id` as the manifest's readers look for it; `key` the full name of a key, None for Google's own."""

    secret_id: str
    project: str
    region: str
    team: str
    key: str | None
    keep: bool


class Secret(pulumi.ComponentResource):
    """A secret without a version: people add versions with gcloud, and manifests pin them."""

    secret_id: pulumi.Output[str]

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Secret", name, None, opts)
        replica: dict[str, Any] = {"location": args.region}
        if args.key:
            replica["customer_managed_encryption"] = {"kms_key_name": args.key}
        secret = Container(
            f"{name}-secret",
            secret_id=args.secret_id,
            project=args.project,
            labels={"team": args.team},
            replication=block({"user_managed": {"replicas": [replica]}}),  # nowhere but where everything else is
            version_destroy_ttl=f"{7 * 24 * 3600}s",  # a version destroyed by mistake can be restored for a week
            # A manifest that names it no more must not take the value along: a rollback still needs it.
            opts=child(self, opts, retain_on_delete=args.keep),
        )
        self.secret_id = secret.secret_id
        self.register_outputs({"secretId": self.secret_id})

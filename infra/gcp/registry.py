"""Container image repositories."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp.artifactregistry import Repository


@dataclass(frozen=True)
class RegistryArgs:
    """`keep_untagged` is in seconds."""

    repository_id: str
    location: str
    immutable_tags: bool
    keep_untagged: int


class Registry(pulumi.ComponentResource):
    """An Artifact Registry repository in Docker format."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Registry", name, None, opts)
        Repository(
            f"{name}-repository",
            repository_id=args.repository_id,
            location=args.location,
            format="DOCKER",
            docker_config={"immutable_tags": args.immutable_tags},  # what a tag meant yesterday it means today
            vulnerability_scanning_config={"enablement_config": "INHERITED"},
            cleanup_policy_dry_run=False,
            # Only images without a tag, and only old ones: deletion by prefix alone can remove a deployed digest.
            cleanup_policies=[
                {
                    "id": "delete-old-untagged",
                    "action": "DELETE",
                    "condition": {"tag_state": "UNTAGGED", "older_than": f"{args.keep_untagged}s"},
                }
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

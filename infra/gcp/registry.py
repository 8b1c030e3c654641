"""Artifact Registry repositories: own artifacts, or a cache of a public registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_gcp.artifactregistry import Repository

from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping

RELEASED: Final = "released-"
"""Tags that begin so mark what was released somewhere: clean-up never removes it."""
REMOTES: Final[Mapping[str, dict[str, Any]]] = {
    # Artifact Registry documentation, "Remote repositories overview": presets, and others by their address
    "docker-hub": {"docker_repository": {"public_repository": "DOCKER_HUB"}},
    "quay": {"docker_repository": {"custom_repository": {"uri": "https://quay.io"}}},
    "ghcr": {"docker_repository": {"custom_repository": {"uri": "https://ghcr.io"}}},
    "gcr": {"docker_repository": {"custom_repository": {"uri": "https://gcr.io"}}},
    "kubernetes": {"docker_repository": {"custom_repository": {"uri": "https://registry.k8s.io"}}},
    "pypi": {"python_repository": {"public_repository": "PYPI"}},
}


@dataclass(frozen=True)
class RegistryArgs:
    """`format` is DOCKER, PYTHON or KFP; `remote` a key of `REMOTES`; `keep_untagged` in seconds; `key` a full name."""

    repository_id: str
    location: str
    format: str
    remote: str | None
    immutable_tags: bool
    keep_untagged: int
    keep_newest: int
    key: str | None
    protect: bool


class Registry(pulumi.ComponentResource):
    """A repository that is scanned, and cleaned up without ever removing what may run.

    What holds that (Artifact Registry documentation, "Configure cleanup policies"): a KEEP policy wins over every
    DELETE policy, and the only DELETE policy here is for artifacts WITHOUT a tag, above an age. So a digest stays while
    it has any tag; while it is among the newest; and for as long as it carries `released-...`, whatever else
    moves on. What it does not hold: a digest that never had a tag, is older than `keep_untagged` and has `keep_newest`
    newer ones. Releases therefore tag what they release; and tags, being immutable, cannot be taken away by a push.
    """

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Registry", name, None, opts)
        own_docker = args.format == "DOCKER" and args.remote is None
        Repository(
            f"{name}-repository",
            repository_id=args.repository_id,
            location=args.location,
            format=args.format,
            mode="REMOTE_REPOSITORY" if args.remote else "STANDARD_REPOSITORY",
            remote_repository_config=_remote(args.remote),
            docker_config={"immutable_tags": args.immutable_tags} if own_docker else None,  # what a tag meant, it means
            vulnerability_scanning_config={"enablement_config": "INHERITED"} if args.format == "DOCKER" else None,
            kms_key_name=args.key,
            cleanup_policy_dry_run=False,
            cleanup_policies=_cleanup(args),
            opts=child(self, opts, protect=args.protect),  # with the repository goes everything in it
        )
        self.register_outputs({})


def _remote(key: str | None) -> Any:
    return {"description": f"A cache of {key}", **REMOTES[key]} if key else None


def _cleanup(args: RegistryArgs) -> Any:
    """Deletion by prefix alone can remove a deployed digest: only what has no tag goes, and only when it is old."""
    released = {"tag_state": "TAGGED", "tag_prefixes": [RELEASED]}
    untagged = {"tag_state": "UNTAGGED", "older_than": f"{args.keep_untagged}s"}
    return [
        {"id": "keep-newest", "action": "KEEP", "most_recent_versions": {"keep_count": args.keep_newest}},
        {"id": "keep-released", "action": "KEEP", "condition": released},
        {"id": "delete-old-untagged", "action": "DELETE", "condition": untagged},
    ]

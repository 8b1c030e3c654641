"""Private buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp.storage import Bucket as StorageBucket
from pulumi_gcp.storage import BucketIAMMember

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class BucketArgs:
    """`readers` maps a short label to the IAM member that may read objects."""

    name: str
    location: str
    keep_old_versions: int
    force_destroy: bool
    readers: Mapping[str, pulumi.Input[str]]


class Bucket(pulumi.ComponentResource):
    """A Cloud Storage bucket that cannot be made public, keeps replaced objects, and grants by IAM only."""

    bucket_name: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = StorageBucket(
            f"{name}-bucket",
            name=args.name,
            location=args.location.upper(),
            force_destroy=args.force_destroy,
            uniform_bucket_level_access=True,  # one place to read who may do what
            public_access_prevention="enforced",
            versioning={"enabled": True},
            soft_delete_policy={"retention_duration_seconds": 7 * 24 * 3600},
            lifecycle_rules=[
                {
                    "action": {"type": "Delete"},
                    "condition": {"num_newer_versions": args.keep_old_versions, "with_state": "ARCHIVED"},
                }
            ],
            opts=child,
        )
        for label, member in args.readers.items():
            BucketIAMMember(
                f"{name}-read-{label}",
                bucket=bucket.name,
                role="roles/storage.objectViewer",
                member=member,
                opts=child,
            )
        self.bucket_name = bucket.name
        self.register_outputs({"name": self.bucket_name})

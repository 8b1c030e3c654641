"""Private buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_gcp.storage import Bucket as StorageBucket
from pulumi_gcp.storage import BucketIAMMember

from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class BucketArgs:
    """`readers` maps a short label to the IAM member that may read objects.

    `retention` is in seconds, None without; `soft_delete_days` 7 to 90; `key` the full name of a key that Cloud
    Storage's agent may use. Readers that are pods exist only once the project's first cluster does: `readers_after`.
    """

    name: str
    location: str
    keep_old_versions: int
    force_destroy: bool
    readers: Mapping[str, pulumi.Input[str]]
    soft_delete_days: int
    retention: int | None = None
    key: str | None = None
    readers_after: Sequence[pulumi.Resource] = ()


class Bucket(pulumi.ComponentResource):
    """A Cloud Storage bucket that cannot be made public, keeps what is overwritten, and grants by IAM only."""

    bucket_name: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Bucket", name, None, opts)
        bucket = StorageBucket(
            f"{name}-bucket",
            name=args.name,
            location=args.location.upper(),
            force_destroy=args.force_destroy,
            uniform_bucket_level_access=True,  # one place to read who may do what
            public_access_prevention="enforced",
            soft_delete_policy={"retention_duration_seconds": args.soft_delete_days * 24 * 3600},
            encryption={"default_kms_key_name": args.key} if args.key else None,
            opts=child(self, opts),
            **_kept(args),
        )
        for label, member in args.readers.items():
            BucketIAMMember(
                f"{name}-read-{label}",
                bucket=bucket.name,
                role="roles/storage.objectViewer",
                member=member,
                opts=child(self, opts, depends_on=args.readers_after),
            )
        self.bucket_name = bucket.name
        self.register_outputs({"name": self.bucket_name})


def _kept(args: BucketArgs) -> dict[str, Any]:
    """Replaced objects are kept as versions; under a retention period an object cannot be replaced to begin with.

    Both at once is refused (Cloud Storage documentation, "Bucket Lock", on Object Versioning).
    """
    if args.retention:
        return {"versioning": {"enabled": False}, "retention_policy": {"retention_period": str(args.retention)}}
    rule = {
        "action": {"type": "Delete"},
        "condition": {"num_newer_versions": args.keep_old_versions, "with_state": "ARCHIVED"},
    }
    return {"versioning": {"enabled": True}, "lifecycle_rules": [rule]}

"""Where the engine keeps its state: a bucket, and the key that encrypts the secrets in it. Never destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_gcp.kms import CryptoKey, CryptoKeyIAMMember, KeyRing
from pulumi_gcp.storage import Bucket, BucketIAMMember

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY: Final = 24 * 3600
_KEPT_VERSIONS: Final = 100
"""Versions of each state: with several updates a day some weeks; the engine keeps backups of its own beside them."""


@dataclass(frozen=True)
class StateStoreArgs:
    """`users` maps a short label to an IAM member with its role on the bucket and its role on the key."""

    project: str
    region: str
    bucket: str
    location: str
    ring: str
    key: str
    users: Mapping[str, tuple[pulumi.Input[str], str, str]]


class StateStore(pulumi.ComponentResource):
    """A versioned private bucket and a key that rotates. Both are protected, and adopted where they exist."""

    def __init__(self, name: str, args: StateStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:StateStore", name, None, opts)
        depends = list(opts.depends_on) if opts and isinstance(opts.depends_on, list) else None
        kept = pulumi.ResourceOptions(parent=self, protect=True, depends_on=depends)
        # Deleting a key means destroying its versions: one that goes out of the program is only forgotten.
        forever = pulumi.ResourceOptions.merge(kept, pulumi.ResourceOptions(retain_on_delete=True))
        bucket = Bucket(
            f"{name}-bucket",
            name=args.bucket,
            project=args.project,
            location=args.region.upper(),
            force_destroy=False,  # a bucket that holds anything is not deleted, even where protection is lifted
            uniform_bucket_level_access=True,  # one place to read who may do what
            public_access_prevention="enforced",
            versioning={"enabled": True},  # each state that ever was can be had back
            soft_delete_policy={"retention_duration_seconds": 30 * _DAY},  # and what somebody deleted, for a month
            lifecycle_rules=[
                {
                    "action": {"type": "Delete"},
                    "condition": {"num_newer_versions": _KEPT_VERSIONS, "with_state": "ARCHIVED"},
                }
            ],
            opts=kept,
        )
        # Named by what they are: another key in the environment file is one more, never a replacement of the old one.
        ring = KeyRing(
            f"{name}-ring-{args.ring}", name=args.ring, project=args.project, location=args.location, opts=forever
        )
        key = CryptoKey(
            f"{name}-key-{args.ring}-{args.key}",
            name=args.key,
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{90 * _DAY}s",  # Cloud KMS documentation, "Key rotation": 90 days is its recommendation
            destroy_scheduled_duration=f"{30 * _DAY}s",  # a version destroyed by mistake comes back for so long
            opts=forever,
        )
        for label, (member, bucket_role, key_role) in args.users.items():
            child = pulumi.ResourceOptions(parent=self)
            BucketIAMMember(f"{name}-bucket-{label}", bucket=bucket.name, role=bucket_role, member=member, opts=child)
            CryptoKeyIAMMember(f"{name}-key-{label}", crypto_key_id=key.id, role=key_role, member=member, opts=child)
        self.register_outputs({"bucket": bucket.name, "key": key.id})

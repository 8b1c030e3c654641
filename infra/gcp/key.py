"""Keys of the environment's own in Cloud KMS, and who may encrypt with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_gcp.kms import CryptoKey, CryptoKeyIAMMember
from pulumi_gcp.kms import KeyRing as Ring

from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY: Final = 24 * 3600
_AGENTS: Final = {
    # IAM documentation, "Service agents": Google's own accounts in a project, by the service that they are of
    "artifactregistry": "gcp-sa-artifactregistry",
    "compute": "compute-system",
    "container": "container-engine-robot",
    "gkebackup": "gcp-sa-gkebackup",
    "secretmanager": "gcp-sa-secretmanager",
    "storage": "gs-project-accounts",
}


def service_agent(service: str, number: str) -> str:
    """Google's account for `service` in the project of this number, as an IAM member."""
    return f"serviceAccount:service-{number}@{_AGENTS[service]}.iam.gserviceaccount.com"


def key_id(project: str, region: str, ring: str, key: str) -> str:
    """The full name of a key, which is known before it exists."""
    return f"projects/{project}/locations/{region}/keyRings/{ring}/cryptoKeys/{key}"


@dataclass(frozen=True)
class KeyRingArgs:
    """A ring of this name in `region`; rings and keys can never be deleted, nor made again under their names."""

    name: str
    project: str
    region: str
    protect: bool


class KeyRing(pulumi.ComponentResource):
    """Where the environment's keys are."""

    ring_id: pulumi.Output[str]

    def __init__(self, name: str, args: KeyRingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:KeyRing", name, None, opts)
        ring = Ring(
            f"{name}-ring",
            name=args.name,
            project=args.project,
            location=args.region,
            opts=child(self, opts, protect=args.protect, retain_on_delete=True),  # Google never deletes one
        )
        self.ring_id = ring.id
        self.register_outputs({"ringId": self.ring_id})


@dataclass(frozen=True)
class KeyArgs:
    """`users` are Google services whose agents encrypt with the key, such as `container`; `full_name` as of `key_id`.

    `protection` is SOFTWARE or HSM.
    """

    name: str
    full_name: str
    number: str
    rotation_days: int
    protection: str
    users: Sequence[str]
    ring: KeyRing
    protect: bool


class Key(pulumi.ComponentResource):
    """A key that is rotated, and the grants without which Google refuses to use it. Make users depend on it."""

    full_name: str

    def __init__(self, name: str, args: KeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Key", name, None, opts)
        key = CryptoKey(
            f"{name}-key",
            name=args.name,
            key_ring=args.ring.ring_id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{args.rotation_days * _DAY}s",
            destroy_scheduled_duration=f"{30 * _DAY}s",  # a version destroyed by mistake can be restored for so long
            version_template={"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protection_level": args.protection},
            # What it encrypted is lost with it: the engine refuses to delete or replace it. A destroy leaves it, as
            # the provider would destroy its versions; the next environment of that name takes it over.
            opts=child(self, opts, protect=args.protect, retain_on_delete=True),
        )
        for service in args.users:
            CryptoKeyIAMMember(
                f"{name}-{service}",
                crypto_key_id=key.id,
                role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
                member=service_agent(service, args.number),
                opts=child(self, opts),
            )
        self.full_name = args.full_name
        self.register_outputs({"id": key.id})

"""Keys, registries, buckets and secrets of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

from infra.gcp.bucket import Bucket, BucketArgs
from infra.gcp.identity import WorkloadIdentity, WorkloadIdentityArgs, namespace_principal
from infra.gcp.key import Key, KeyArgs, KeyRing, KeyRingArgs, key_id
from infra.gcp.registry import Registry, RegistryArgs
from infra.gcp.secret import Secret, SecretArgs
from slipway import contract, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.gcp.cluster import Cluster
    from stacks.platform_settings import Settings

_DATA_USERS = ("artifactregistry", "compute", "gkebackup", "secretmanager", "storage")


def declare_keys(settings: Settings) -> Settings:
    """Declare the keys that the profile asks for; what is declared with the settings that come back waits for them."""
    profile = settings.profile
    if not profile.etcd_key and not profile.data_keys:
        return settings
    google, name = settings.google, settings.base_name
    ring = KeyRing("keys", KeyRingArgs(name, google.project, google.region, settings.protect), settings.opts)

    def key(label: str, users: Sequence[str]) -> Key:
        full_name = key_id(google.project, google.region, name, label)
        args = KeyArgs(
            name=label,
            full_name=full_name,
            number=google.number,
            rotation_days=profile.key_rotation_days,
            protection=profile.key_protection,
            users=users,
            ring=ring,
            protect=settings.protect,
        )
        return Key(f"key-{label}", args, settings.opts)

    etcd = key("etcd", ["container"]) if profile.etcd_key else None
    data = key("data", _DATA_USERS) if profile.data_keys else None
    above = cast("list[Any]", settings.opts.depends_on)
    waits = [*above, *(each for each in (etcd, data) if each)]
    opts = pulumi.ResourceOptions(provider=settings.opts.provider, depends_on=waits)
    return settings.with_keys(etcd.full_name if etcd else None, data.full_name if data else None, opts)


def declare_registries(settings: Settings) -> None:
    """Declare the registries that are this environment's own."""
    for name, registry in settings.desired.environment.registries.items():
        if registry.shared:
            continue
        args = RegistryArgs(
            repository_id=name,
            location=settings.google.region,
            format=registry.format.upper(),
            remote=registry.remote,
            immutable_tags=registry.immutable_tags,
            keep_untagged=units.seconds(registry.keep_untagged),
            keep_newest=registry.keep_newest,
            key=settings.data_key,
            protect=settings.protect,
        )
        Registry(f"registry-{name}", args, settings.opts)


def declare_buckets(settings: Settings, cluster: Cluster) -> None:
    """Declare the buckets that are this environment's own; each team's pods may read them.

    Pods are principals of a pool that GKE makes with a project's first cluster: before that, a grant is refused with
    "Identity Pool does not exist" (google/kctf#193).
    """
    google, desired = settings.google, settings.desired
    readers = {team: namespace_principal(google.project, google.number, team) for team in desired.teams}
    for name, bucket in desired.environment.buckets.items():
        if bucket.existing:  # nor a grant: its owner makes it, and a second one would go with this environment
            continue
        args = BucketArgs(
            name=contract.bucket_name(desired, name),
            location=google.region,
            keep_old_versions=bucket.keep_old_versions,
            force_destroy=not bucket.protect,
            readers=readers,
            soft_delete_days=settings.profile.soft_delete_days,
            retention=units.seconds(bucket.retention) if bucket.retention else None,
            key=settings.data_key,
            readers_after=[cluster],
        )
        Bucket(f"bucket-{name}", args, settings.opts)


def declare_secrets(settings: Settings, cluster: Cluster) -> None:
    """Declare a container for each secret that a manifest names, and who may read it: that service and no other.

    A branch's environment makes none: they are those of the environment in whose project it is a guest, and its pods
    have the same identities (one workload pool for each project).
    """
    if settings.branch:
        return
    desired, google = settings.desired, settings.google
    above = cast("list[Any]", settings.opts.depends_on)
    grants = pulumi.ResourceOptions(provider=settings.opts.provider, depends_on=[*above, cluster])  # as for buckets
    made: dict[tuple[str, str], Secret] = {}
    for service in desired.pods:
        for name in sorted({secret.name for secret in service.spec.secrets.values()}):
            if (service.team, name) in made:
                continue
            args = SecretArgs(
                secret_id=contract.secret_id(desired, service.team, name),
                project=google.project,
                region=google.region,
                team=service.team,
                key=settings.data_key,
                keep=not settings.removable,
            )
            made[service.team, name] = Secret(f"secret-{service.team}-{name}", args, settings.opts)
    for service in desired.pods:
        names = sorted({secret.name for secret in service.spec.secrets.values()})
        if names:
            args = WorkloadIdentityArgs(
                project=google.project,
                number=google.number,
                namespace=service.team,
                account=service.name,
                secrets={name: made[service.team, name].secret_id for name in names},
            )
            WorkloadIdentity(f"pods-{service.team}-{service.name}", args, grants)

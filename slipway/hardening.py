"""What an environment's safety profile makes of its file: choices that the file leaves open, and refusals.

A file may only add to its profile. What it says explicitly and the profile does not allow is refused with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway import profiles
from slipway.schema.cluster import Backup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.errors import Problem
    from slipway.files import EnvironmentFile
    from slipway.profiles import Profile
    from slipway.schema.cluster import Cluster
    from slipway.schema.environment import Environment
    from slipway.schema.pool import Pool
    from slipway.source import KeyPath


def filled(environment: Environment) -> Environment:
    """The environment with what its profile chooses where the file says nothing."""
    profile = profiles.profile(environment.profile)
    clusters = {name: _cluster(cluster, profile) for name, cluster in environment.clusters.items()}
    return environment.model_copy(update={"clusters": clusters})


def _cluster(cluster: Cluster, profile: Profile) -> Cluster:
    pools = {name: _pool(pool, profile) for name, pool in cluster.pools.items()}
    changes = {"access": cluster.access or profile.access, "backup": _backup(cluster, profile), "pools": pools}
    return cluster.model_copy(update=changes)


def _pool(pool: Pool, profile: Profile) -> Pool:
    chosen = profile.confidential_nodes if pool.confidential is None else pool.confidential
    return pool.model_copy(update={"confidential": chosen})


def _backup(cluster: Cluster, profile: Profile) -> Backup | None:
    if cluster.backup is None and not profile.backup:
        return None
    given = cluster.backup or Backup()
    keep, lock = given.keep_days, given.lock_days
    if lock is None:
        lock = profile.backup_lock_days
    if keep is None:
        keep = max(profile.backup_keep_days, lock)  # a backup cannot be locked for longer than it is kept
    return given.model_copy(update={"keep_days": keep, "lock_days": lock})


def refusals(file: EnvironmentFile) -> Iterator[Problem]:
    """What the file says that is weaker than its profile, or that its profile cannot be kept with."""
    profile = profiles.profile(file.value.profile)
    if file.value.template and profile.etcd_key:
        what = f"profile `{profile.name}` makes keys, and Google never deletes a key or its name"
        remedy = "use baseline: a branch's environment that is made again would find the old key in its way"
        yield file.document.problem(("profile",), what, remedy)
    for path, said, field, remedy in _weaker(file.value, profile):
        what = f"`{said}` is weaker than profile `{profile.name}` allows"
        yield file.document.problem(path, f"{what} ({_brief(field)})", f"{remedy}, or name a profile that allows it")


def _brief(field: str) -> str:
    """The reason's first sentence, to stand in brackets."""
    text = profiles.reason(field).split(". ", 1)[0].rstrip(".")
    return text[0].lower() + text[1:]


_Weaker = tuple["KeyPath", str, str, str]
"""Path, what the file says there, the profile's field, and what would be right."""


def _weaker(environment: Environment, profile: Profile) -> Iterator[_Weaker]:
    for name, cluster in environment.clusters.items():
        yield from _weaker_cluster(cluster, profile, ("clusters", name))
        for pool_name, pool in cluster.pools.items():
            path = ("clusters", name, "pools", pool_name)
            if pool.spot and not profile.spot_allowed:
                yield (*path, "spot"), "spot: true", "spot_allowed", "remove it"
            if pool.confidential is False and profile.confidential_nodes:
                yield (*path, "confidential"), "confidential: false", "confidential_nodes", "remove it"
    for name, registry in environment.registries.items():
        if not registry.immutable_tags and not profile.mutable_tags_allowed:
            yield ("registries", name, "immutable_tags"), "immutable_tags: false", "mutable_tags_allowed", "remove it"
    for name, bucket in environment.buckets.items():
        if not bucket.protect and not profile.unprotected_allowed:
            yield ("buckets", name, "protect"), "protect: false", "unprotected_allowed", "remove it"


def _weaker_cluster(cluster: Cluster, profile: Profile, path: KeyPath) -> Iterator[_Weaker]:
    if cluster.access == "dns" and not profile.dns_access_allowed:
        yield (*path, "access"), "access: dns", "dns_access_allowed", "use private-runner"
    if cluster.release_channel == "RAPID" and not profile.rapid_channel_allowed:
        yield (*path, "release_channel"), "release_channel: RAPID", "rapid_channel_allowed", "use REGULAR"
    if not cluster.deletion_protection and not profile.unprotected_allowed:
        yield (*path, "deletion_protection"), "deletion_protection: false", "unprotected_allowed", "remove it"
    if cluster.backup:
        yield from _weaker_backup(cluster.backup, profile, (*path, "backup"))


def _weaker_backup(given: Backup, profile: Profile, path: KeyPath) -> Iterator[_Weaker]:
    if given.keep_days is not None and given.keep_days < profile.backup_keep_days:
        said, remedy = f"keep_days: {given.keep_days}", f"keep it for {profile.backup_keep_days} days"
        yield (*path, "keep_days"), said, "backup_keep_days", remedy
    if given.lock_days is not None and given.lock_days < profile.backup_lock_days:
        said, remedy = f"lock_days: {given.lock_days}", f"lock it for {profile.backup_lock_days} days"
        yield (*path, "lock_days"), said, "backup_lock_days", remedy

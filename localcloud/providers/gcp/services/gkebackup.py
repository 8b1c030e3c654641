"""Backup for GKE: backup plans and restore plans.

Sources: Backup for GKE REST reference (projects.locations.backupPlans, restorePlans), "About locations" (a backup
plan may be in another region than its cluster, a restore plan's cluster is in its region, keys in the plan's),
"Plan a set of backups" and "Plan a set of restores", Terraform Registry google_gke_backup_backup_plan and
google_gke_backup_restore_plan (retention and schedule limits), "Enable Backup for GKE" (the cluster's agent). No
backup is ever made here, so none keeps a plan from being deleted.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import agents, errors, locations
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import LABEL
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import Reference, relative
from localcloud.providers.gcp.services.cluster import CLUSTER, CLUSTER_ID
from localcloud.providers.gcp.services.network import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

BACKUP_PLAN: Final = "gcp:gkebackup/backupPlan:BackupPlan"
RESTORE_PLAN: Final = "gcp:gkebackup/restorePlan:RestorePlan"
_PLAN_ID: Final = "projects/{project}/locations/{location}/backupPlans/{name}"
_LOCK_DAYS: Final = 90
_RETAIN_DAYS: Final = 365
#: a plan keeps at most so many backups (retention <= 360 times the interval)
_MOST_BACKUPS: Final = 360
_RPO_MINUTES: Final = (60, 86400)
_CRON_FIELD: Final = re.compile(r"(\*|\d+(-\d+)?)(/\d+)?(,(\*|\d+(-\d+)?)(/\d+)?)*")
_CRON_FIELDS: Final = 5
_BOOLEANS: Final = ("allNamespaces", "noNamespaces")
_SCOPE_BOOLEANS: Final = ("allGroupKinds", "noGroupKinds")
_MODES: Final = {
    "DELETE_AND_RESTORE",
    "FAIL_ON_CONFLICT",
    "MERGE_SKIP_ON_CONFLICT",
    "MERGE_REPLACE_VOLUME_ON_CONFLICT",
    "MERGE_REPLACE_ON_CONFLICT",
}
_VOLUMES: Final = {
    "RESTORE_VOLUME_DATA_FROM_BACKUP",
    "REUSE_VOLUME_HANDLE_FROM_BACKUP",
    "NO_VOLUME_DATA_RESTORATION",
}


def _check_location(values: Values) -> Iterator[tuple[str, str]]:
    location = values.get("location")
    if isinstance(location, str) and not locations.is_region(location):
        yield "location", f"unknown region {location!r}"


def _check_backup(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from _check_location(values)
    cron = lookup(values, "backupSchedule.cronSchedule")
    if isinstance(cron, str) and cron and not _is_cron(cron):
        yield "backupSchedule.cronSchedule", f"{cron!r} is no cron string of five fields (0 3 * * *)"
    rpo = lookup(values, "backupSchedule.rpoConfig")
    if cron and rpo is not None:
        yield "backupSchedule.rpoConfig", "cronSchedule and rpoConfig exclude each other"
    minutes = rpo.get("targetRpoMinutes") if isinstance(rpo, dict) else None
    low, high = _RPO_MINUTES
    if isinstance(minutes, int) and not low <= minutes <= high:
        yield "backupSchedule.rpoConfig.targetRpoMinutes", f"{minutes} is not between {low} and {high}"
    for name in ("allNamespaces",):
        if lookup(values, f"backupConfig.{name}") is False:
            yield f"backupConfig.{name}", "false is an error: leave it out, and say what is selected"
    yield from _check_retention(values, minutes, scheduled=bool(cron or rpo))


def _check_retention(values: Values, minutes: Any, *, scheduled: bool) -> Iterator[tuple[str, str]]:
    policy = values.get("retentionPolicy")
    policy = policy if isinstance(policy, dict) else {}
    retain, lock = policy.get("backupRetainDays"), policy.get("backupDeleteLockDays")
    if scheduled and not retain:
        yield "retentionPolicy.backupRetainDays", "a schedule needs backupRetainDays"
    if isinstance(retain, int) and not 0 <= retain <= _RETAIN_DAYS:
        yield "retentionPolicy.backupRetainDays", f"{retain} is not between 0 and {_RETAIN_DAYS}"
    if isinstance(lock, int) and not 0 <= lock <= _LOCK_DAYS:
        yield "retentionPolicy.backupDeleteLockDays", f"{lock} is not between 0 and {_LOCK_DAYS}"
    if isinstance(retain, int) and isinstance(lock, int) and retain and retain < lock:
        yield "retentionPolicy.backupRetainDays", f"{retain} is less than backupDeleteLockDays {lock}"
    if isinstance(minutes, int) and isinstance(retain, int) and retain > _MOST_BACKUPS * minutes / 1440:
        yield (
            "retentionPolicy.backupRetainDays",
            f"{retain} is more than {_MOST_BACKUPS} times the interval of {minutes} minutes",
        )


def _is_cron(text: str) -> bool:
    fields = text.split()
    if len(fields) != _CRON_FIELDS or not all(_CRON_FIELD.fullmatch(each) for each in fields):
        return False
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    for each, (low, high) in zip(fields, limits, strict=True):
        numbers = [int(number) for part in each.split(",") for number in re.findall(r"\d+", part.split("/")[0])]
        if any(not low <= number <= high for number in numbers):
            return False
    return True


def _admit_backup(api: Api, identity: str, values: Values, old: Values | None) -> None:
    _, project, _, location, *_ = identity.split("/")
    cluster = relative(values["cluster"])
    if cluster.split("/")[1] != project:
        raise errors.bad_request(f"Cluster '{cluster}' is not in the backup plan's project '{project}'.")
    _require_agent(api, cluster)
    key = lookup(values, "backupConfig.encryptionKey.gcpKmsEncryptionKey")
    if key:
        agents.require_key(api, key, "gkebackup", project, {location})
    if lookup(old or {}, "retentionPolicy.locked") and old and values["retentionPolicy"] != old["retentionPolicy"]:
        raise errors.ApiError(400, "The retention policy of the backup plan is locked.", "failedPrecondition")


def _require_agent(api: Api, cluster: str) -> None:
    record = api.get(CLUSTER, cluster) or {}
    if not lookup(record, "addonsConfig.gkeBackupAgentConfig.enabled") and not record.get("enableAutopilot"):
        raise errors.ApiError(
            400,
            f"Backup for GKE is not enabled in cluster '{cluster}' (addonsConfig.gkeBackupAgentConfig).",
            "failedPrecondition",
        )


def _settle_backup(api: Api, identity: str, values: Values) -> Values:
    del api
    return {
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, identity)),
        "etag": hashlib.sha256(identity.encode()).hexdigest()[:12],
        "deactivated": False,
        "state": "DEACTIVATED" if values.get("deactivated") else "READY",
        "stateReason": "",
        "protectedPodCount": 0,
        "protectedNamespaceCount": 0,
        "retentionPolicy": {"backupDeleteLockDays": 0, "backupRetainDays": 0, "locked": False},
        "backupConfig": {"includeSecrets": False, "includeVolumeData": False} if values.get("backupConfig") else None,
        "backupSchedule": {"paused": False} if values.get("backupSchedule") else None,
    }


def _release_backup(api: Api, identity: str, values: Values) -> None:
    del values
    for user, record in api.all(RESTORE_PLAN).items():
        if relative(record["backupPlan"]) == identity:
            raise errors.in_use("backupPlan", identity, user)


def _check_restore(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from _check_location(values)
    config = values.get("restoreConfig")
    if not isinstance(config, dict):
        return
    where = "restoreConfig"
    for name in _BOOLEANS:
        if config.get(name) is False:
            yield f"{where}.{name}", "false is an error: leave it out, and say what is selected"
    for name, allowed in (
        ("namespacedResourceRestoreMode", _MODES),
        ("volumeDataRestorePolicy", _VOLUMES),
        ("clusterResourceConflictPolicy", {"USE_EXISTING_VERSION", "USE_BACKUP_VERSION"}),
    ):
        for path, reason in one_of(name, config, allowed):
            yield f"{where}.{path}", reason
    if config.get("noNamespaces") is not True and not config.get("namespacedResourceRestoreMode"):
        yield f"{where}.namespacedResourceRestoreMode", "needed unless noNamespaces is true"
    scope = config.get("clusterResourceRestoreScope")
    if isinstance(scope, dict):
        yield from _check_scope(config, scope, where)


def _check_scope(config: Values, scope: Values, where: str) -> Iterator[tuple[str, str]]:
    for name in _SCOPE_BOOLEANS:
        if scope.get(name) is False:
            yield f"{where}.clusterResourceRestoreScope.{name}", "false is an error: leave it out"
    if scope.get("noGroupKinds") is not True and not config.get("clusterResourceConflictPolicy"):
        yield f"{where}.clusterResourceConflictPolicy", "needed unless noGroupKinds is true"


def _admit_restore(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del old
    _, project, _, location, *_ = identity.split("/")
    cluster, plan = relative(values["cluster"]), relative(values["backupPlan"])
    if locations.region_of(cluster.split("/")[3]) != location:
        raise errors.bad_request(f"Cluster '{cluster}' is not in the restore plan's region '{location}'.")
    if {cluster.split("/")[1], plan.split("/")[1]} != {project}:
        raise errors.bad_request(f"Cluster and backup plan of a restore plan are in its project '{project}'.")
    _require_agent(api, cluster)


def _settle_restore(api: Api, identity: str, values: Values) -> Values:
    del api, values
    return {"uid": str(uuid.uuid5(uuid.NAMESPACE_URL, identity)), "state": "READY", "stateReason": ""}


KINDS: Final = [
    Kind(
        BACKUP_PLAN,
        _PLAN_ID,
        "BackupPlan",
        name=LABEL,
        labels="labels",
        exists="Resource '{id}' already exists",
        references={"cluster": Reference(CLUSTER, CLUSTER_ID)},
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_backup,
        admit=_admit_backup,
        settle=_settle_backup,
        release=_release_backup,
    ),
    Kind(
        RESTORE_PLAN,
        "projects/{project}/locations/{location}/restorePlans/{name}",
        "RestorePlan",
        name=LABEL,
        labels="labels",
        exists="Resource '{id}' already exists",
        references={"cluster": Reference(CLUSTER, CLUSTER_ID), "backupPlan": Reference(BACKUP_PLAN, _PLAN_ID)},
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_restore,
        admit=_admit_restore,
        settle=_settle_restore,
    ),
]

"""Backup plans and restore plans."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from tests.support.gcp import (
    BACKUP_PLAN,
    CLUSTER,
    NETWORK,
    PROJECT,
    REGION,
    RESTORE_PLAN,
    SUBNETWORK,
    Cloud,
    Refused,
    ids,
)

REFUSED: list[Refused] = [
    (BACKUP_PLAN, {"location": "europe-west4-a"}, "unknown region"),
    (BACKUP_PLAN, {"backupSchedule": {"cronSchedule": "daily"}}, "no cron string"),
    (BACKUP_PLAN, {"backupSchedule": {"cronSchedule": "0 24 * * *"}}, "no cron string"),
    (
        BACKUP_PLAN,
        {"backupSchedule": {"cronSchedule": "0 3 * * *", "rpoConfig": {"targetRpoMinutes": 60}}},
        "exclude each other",
    ),
    (BACKUP_PLAN, {"backupSchedule": {"rpoConfig": {"targetRpoMinutes": 10}}}, "not between 60 and 86400"),
    (BACKUP_PLAN, {"backupSchedule": {"rpoConfig": {"targetRpoMinutes": 60}}}, "more than 360 times the interval"),
    (BACKUP_PLAN, {"retentionPolicy": None}, "a schedule needs backupRetainDays"),
    (BACKUP_PLAN, {"retentionPolicy": {"backupRetainDays": 366}}, "not between 0 and 365"),
    (BACKUP_PLAN, {"retentionPolicy": {"backupRetainDays": 365, "backupDeleteLockDays": 91}}, "not between 0 and 90"),
    (
        BACKUP_PLAN,
        {"retentionPolicy": {"backupRetainDays": 7, "backupDeleteLockDays": 8}},
        "less than backupDeleteLockDays",
    ),
    (BACKUP_PLAN, {"backupConfig": {"allNamespaces": False}}, "false is an error"),
    (BACKUP_PLAN, {"backupConfig": {"includeSecrets": True}}, "must be specified"),
    (
        BACKUP_PLAN,
        {"backupConfig": {"allNamespaces": True, "selectedNamespaces": {"namespaces": ["a"]}}},
        "only one of",
    ),
    (RESTORE_PLAN, {"restoreConfig": {"allNamespaces": True}}, "needed unless noNamespaces is true"),
    (
        RESTORE_PLAN,
        {"restoreConfig": {"noNamespaces": False, "namespacedResourceRestoreMode": "FAIL_ON_CONFLICT"}},
        "false is an error",
    ),
    (
        RESTORE_PLAN,
        {"restoreConfig": {"allNamespaces": True, "namespacedResourceRestoreMode": "OVERWRITE"}},
        "expected namespacedResourceRestoreMode",
    ),
    (
        RESTORE_PLAN,
        {
            "restoreConfig": {
                "allNamespaces": True,
                "namespacedResourceRestoreMode": "FAIL_ON_CONFLICT",
                "clusterResourceRestoreScope": {"allGroupKinds": True},
            }
        },
        "needed unless noGroupKinds is true",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (BACKUP_PLAN, {"backupSchedule": {"rpoConfig": {"targetRpoMinutes": 1440}}}),
    (BACKUP_PLAN, {"backupSchedule": None, "retentionPolicy": None, "backupConfig": None}),
    (RESTORE_PLAN, {"restoreConfig": {"noNamespaces": True}}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (BACKUP_PLAN, {"cluster": f"projects/{PROJECT}/locations/{REGION}/clusters/c2"}, "clusters/c2' was not found"),
    (RESTORE_PLAN, {"location": "europe-west1"}, "is not in the restore plan's region 'europe-west1'"),
    (
        RESTORE_PLAN,
        {"backupPlan": f"projects/{PROJECT}/locations/{REGION}/backupPlans/b2"},
        "backupPlans/b2' was not found",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def test_a_cluster_without_the_agent_has_no_plan(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    cloud.create(CLUSTER, addonsConfig=None)
    with pytest.raises(ProviderError, match="Backup for GKE is not enabled in cluster"):
        cloud.create(BACKUP_PLAN)


def test_a_locked_retention_stays(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, CLUSTER)
    policy = {"backupRetainDays": 30, "locked": True}
    inputs, state = cloud.create(BACKUP_PLAN, retentionPolicy=policy)
    with pytest.raises(ProviderError, match="retention policy of the backup plan is locked"):
        cloud.update(BACKUP_PLAN, inputs, state, retentionPolicy={**policy, "backupRetainDays": 31})
    cloud.update(BACKUP_PLAN, inputs, state, description="x")


def test_a_plan_that_restores_come_from_stays(cloud: Cloud) -> None:
    made = cloud.build(NETWORK, SUBNETWORK, CLUSTER, BACKUP_PLAN, RESTORE_PLAN)
    with pytest.raises(ProviderError, match=r"is already being used by .*restorePlans/all"):
        cloud.delete(BACKUP_PLAN, *made[BACKUP_PLAN])


def test_a_plan_may_keep_its_backups_in_another_region(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, CLUSTER)
    assert cloud.create(BACKUP_PLAN, location="europe-west1")[1].outputs["state"] == "READY"

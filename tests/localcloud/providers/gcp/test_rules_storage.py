"""Buckets, objects and Artifact Registry: what is refused, and what only the store knows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from localcloud.providers.values import reveal
from tests.support.gcp import BUCKET, OBJECT, REPOSITORY, Cloud, Refused, ids

REFUSED: list[Refused] = [
    (REPOSITORY, {"remoteRepositoryConfig": {}}, "one of `remoteRepositoryConfig.aptRepository,"),
    (OBJECT, {"source": "x"}, "only one of `content, source`"),
    (REPOSITORY, {"repositoryId": "ML_models"}, "lower-case letters, digits and hyphens"),
    (BUCKET, {"name": "My-Bucket"}, "lower-case"),
    (BUCKET, {"name": "ab"}, "3 to 63"),
    (BUCKET, {"name": "goog-models"}, "goog"),
    (BUCKET, {"name": "my-google-models"}, "google"),
    (BUCKET, {"name": "192.168.5.4"}, "IP address"),
    (BUCKET, {"location": "mars"}, "location constraint is not valid"),
    (REPOSITORY, {"location": "moon"}, "unknown location"),
    (REPOSITORY, {"format": "OCI"}, "expected format"),
    (REPOSITORY, {"mode": "REMOTE_REPOSITORY"}, "needs its remoteRepositoryConfig"),
    (REPOSITORY, {"format": "PYTHON", "dockerConfig": {"immutableTags": True}}, "dockerConfig is for format DOCKER"),
    (REPOSITORY, {"cleanupPolicies": [{"id": "a", "action": "REMOVE"}]}, "expected action"),
    (
        REPOSITORY,
        {"cleanupPolicies": [{"id": "a", "action": "DELETE", "condition": {"olderThan": "a month"}}]},
        "no duration",
    ),
    (
        REPOSITORY,
        {"cleanupPolicies": [{"id": "a", "action": "DELETE", "mostRecentVersions": {"keepCount": 1}}]},
        "for action KEEP",
    ),
    (BUCKET, {"storageClass": "COLD"}, "expected storageClass"),
    (BUCKET, {"lifecycleRules": [{"action": {"type": "Remove"}, "condition": {"age": 1}}]}, "'Remove' is none of"),
    (
        BUCKET,
        {"lifecycleRules": [{"action": {"type": "SetStorageClass"}, "condition": {"age": 1}}]},
        "needs a storage class",
    ),
    (BUCKET, {"softDeletePolicy": {"retentionDurationSeconds": 60}}, "between 7 and 90 days"),
    (BUCKET, {"retentionPolicy": {"retentionPeriod": "1"}, "versioning": {"enabled": True}}, "cannot be enabled"),
    (BUCKET, {"publicAccessPrevention": "yes"}, "expected publicAccessPrevention"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (BUCKET, {"name": "models.example.com", "location": "nam4"}),
    (
        REPOSITORY,
        {
            "location": "europe",
            "cleanupPolicies": [
                {"id": "old", "action": "DELETE", "condition": {"olderThan": "30d", "tagState": "UNTAGGED"}}
            ],
        },
    ),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (OBJECT, {"bucket": "other-bucket"}, "'other-bucket' was not found"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def test_force_destroy_takes_the_objects_along(cloud: Cloud) -> None:
    bucket = cloud.create(BUCKET, forceDestroy=True)
    inner = cloud.create(OBJECT)
    cloud.delete(BUCKET, *bucket)
    assert cloud.read(OBJECT, *inner) is None
    assert not cloud.store.all()


def test_a_locked_retention_cannot_shrink(cloud: Cloud) -> None:
    policy = {"retentionPeriod": "86400", "isLocked": True}
    inputs, state = cloud.create(BUCKET, retentionPolicy=policy)
    with pytest.raises(ProviderError, match="Cannot reduce retention duration"):
        cloud.update(BUCKET, inputs, state, retentionPolicy={**policy, "retentionPeriod": "60"})


def test_an_object_over_an_existing_one_takes_its_place(cloud: Cloud) -> None:
    cloud.create(BUCKET)
    inputs, state = cloud.create(OBJECT)
    cloud.create(OBJECT, content="other")
    fresh = cloud.read(OBJECT, inputs, state)
    assert fresh is not None
    assert fresh.outputs["generation"] != state.outputs["generation"]
    assert fresh.inputs is not None
    assert reveal(fresh.inputs["content"]) == "other"

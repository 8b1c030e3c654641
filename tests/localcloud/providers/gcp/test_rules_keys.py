"""Keys and secrets: what is refused, and what only the store knows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from tests.support.gcp import (
    BACKUP_PLAN,
    BUCKET,
    CLUSTER,
    KEY,
    KEY_MEMBER,
    NETWORK,
    PROJECT,
    PROJECT_MEMBER,
    REGION,
    REPOSITORY,
    RING,
    SECRET,
    SECRET_MEMBER,
    SUBNETWORK,
    VALID,
    Cloud,
    Refused,
    ids,
)

REFUSED: list[Refused] = [
    (KEY, {"name": "a.b"}, "letters, digits, underscores and hyphens"),
    (RING, {"location": "nowhere"}, "unknown location"),
    (KEY, {"rotationPeriod": "3600s"}, "less than a day"),
    (KEY, {"rotationPeriod": "90d"}, "no duration in seconds"),
    (SECRET, {"secretId": "churn api"}, "letters, digits, underscores and hyphens"),
    (SECRET, {"replication": {"auto": {}, "userManaged": {"replicas": [{"location": REGION}]}}}, "only one of"),
    (SECRET, {"replication": {}}, "must be specified"),
    (SECRET, {"replication": {"userManaged": {"replicas": []}}}, "at least 1 required"),
    (SECRET, {"replication": {"userManaged": {"replicas": [{"location": "mars"}]}}}, "unknown location"),
    (SECRET, {"replication": {"userManaged": {"replicas": [{"location": REGION}] * 2}}}, "a second replica"),
    (
        SECRET,
        {
            "replication": {
                "userManaged": {
                    "replicas": [
                        {"location": REGION, "customerManagedEncryption": {"kmsKeyName": "k"}},
                        {"location": "europe-west1"},
                    ]
                }
            }
        },
        "all replicas have",
    ),
    (SECRET, {"rotation": {"rotationPeriod": "86400s"}}, "all of"),
    (SECRET, {"rotation": {"rotationPeriod": "60s"}, "topics": [{"name": "t"}]}, "not between 3600s|is not projects/"),
    (SECRET, {"ttl": "1d"}, "no duration in seconds"),
    (SECRET, {"ttl": "86400s", "expireTime": "2099-01-01T00:00:00Z"}, "exclude each other"),
    (SECRET, {"expireTime": "tomorrow"}, "no RFC 3339 time"),
    (SECRET, {"expireTime": "2020-01-01T00:00:00Z"}, "in the past"),
    (SECRET, {"versionDestroyTtl": "60s"}, "not between 86400s"),
    (SECRET_MEMBER, {"role": "secretAccessor"}, "did you mean 'roles/secretAccessor'"),
    (KEY_MEMBER, {"cryptoKeyId": None}, "Missing required argument"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (SECRET, {"replication": {"auto": {}}}),
    (SECRET, {"ttl": "86400s", "versionDestroyTtl": "86400s"}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (KEY, {"keyRing": f"projects/{PROJECT}/locations/{REGION}/keyRings/other"}, "keyRings/other' was not found"),
    (SECRET, {"topics": [{"name": "projects/demo-project/topics/x"}]}, "Resource not found (resource=x)"),
    (SECRET_MEMBER, {"secretId": "other"}, "secrets/other' was not found"),
    (
        KEY_MEMBER,
        {"cryptoKeyId": f"projects/{PROJECT}/locations/{REGION}/keyRings/ring/cryptoKeys/k2"},
        "k2' was not found",
    ),
    (KEY_MEMBER, {"member": "serviceAccount:nobody-here@demo-project.iam.gserviceaccount.com"}, "does not exist"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def _agent(cloud: Cloud, domain: str) -> str:
    number = cloud.provider.invoke("gcp:organizations/getProject:getProject", {})["number"]
    return f"serviceAccount:service-{number}@{domain}.iam.gserviceaccount.com"


def _key(location: str) -> str:
    return f"projects/{PROJECT}/locations/{location}/keyRings/ring/cryptoKeys/key"


#: type, inputs with a key in europe-west4, the agent's domain, where else the key may not be
ENCRYPTED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        SECRET,
        {
            "replication": {
                "userManaged": {
                    "replicas": [{"location": REGION, "customerManagedEncryption": {"kmsKeyName": _key(REGION)}}]
                }
            }
        },
        "gcp-sa-secretmanager",
        "denied on resource",
    ),
    (REPOSITORY, {"kmsKeyName": _key(REGION)}, "gcp-sa-artifactregistry", "denied on resource"),
    (
        BUCKET,
        {"location": REGION.upper(), "encryption": {"defaultKmsKeyName": _key(REGION)}},
        "gs-project-accounts",
        "Cloud Storage service account has been authorized",
    ),
    (
        CLUSTER,
        {"databaseEncryption": {"state": "ENCRYPTED", "keyName": _key(REGION)}},
        "container-engine-robot",
        "denied on resource",
    ),
    (
        BACKUP_PLAN,
        {"backupConfig": {"allNamespaces": True, "encryptionKey": {"gcpKmsEncryptionKey": _key(REGION)}}},
        "gcp-sa-gkebackup",
        "denied on resource",
    ),
]


@pytest.mark.parametrize(("token", "changes", "domain", "refusal"), ENCRYPTED, ids=[row[0] for row in ENCRYPTED])
def test_a_services_agent_needs_the_right_to_the_key(
    cloud: Cloud, token: str, changes: dict[str, Any], domain: str, refusal: str
) -> None:
    cloud.build(NETWORK, SUBNETWORK, RING, KEY)
    if token == BACKUP_PLAN:
        cloud.build(CLUSTER)
    with pytest.raises(ProviderError, match=refusal):
        cloud.create(token, **changes)
    cloud.create(KEY_MEMBER, member=_agent(cloud, domain), role="roles/cloudkms.viewer")
    with pytest.raises(ProviderError, match=refusal):
        cloud.create(token, **changes)
    grant = cloud.create(KEY_MEMBER, member=_agent(cloud, domain))
    made = cloud.create(token, **changes)
    assert cloud.read(token, *made)
    cloud.delete(token, *made)
    cloud.delete(KEY_MEMBER, *grant)
    with pytest.raises(ProviderError, match=refusal):
        cloud.create(token, **changes)
    cloud.create(PROJECT_MEMBER, member=_agent(cloud, domain), role=VALID[KEY_MEMBER]["role"])
    cloud.create(token, **changes)


@pytest.mark.parametrize(("token", "changes", "domain", "refusal"), ENCRYPTED, ids=[row[0] for row in ENCRYPTED])
def test_a_key_is_where_its_data_are(
    cloud: Cloud, token: str, changes: dict[str, Any], domain: str, refusal: str
) -> None:
    del refusal
    cloud.build(NETWORK, SUBNETWORK)
    cloud.create(RING, location="us-central1")
    cloud.create(KEY, keyRing=f"projects/{PROJECT}/locations/us-central1/keyRings/ring")
    if token == BACKUP_PLAN:
        cloud.build(CLUSTER)
    cloud.create(KEY_MEMBER, cryptoKeyId=_key("us-central1"), member=_agent(cloud, domain))
    elsewhere = json.loads(json.dumps(changes).replace(_key(REGION), _key("us-central1")))
    with pytest.raises(ProviderError, match="is in location 'us-central1', but must be in 'europe-west4'"):
        cloud.create(token, **elsewhere)


def test_an_automatic_secrets_key_is_global(cloud: Cloud) -> None:
    cloud.build(RING, KEY)
    cloud.create(KEY_MEMBER, member=_agent(cloud, "gcp-sa-secretmanager"))
    replication = {"auto": {"customerManagedEncryption": {"kmsKeyName": _key(REGION)}}}
    with pytest.raises(ProviderError, match="but must be in 'global'"):
        cloud.create(SECRET, replication=replication)


def test_a_protected_secret_stays(cloud: Cloud) -> None:
    made = cloud.create(SECRET, deletionProtection=True)
    with pytest.raises(ProviderError, match="cannot destroy secret manager secret"):
        cloud.delete(SECRET, *made)
    inputs, state = made
    open_state = cloud.update(SECRET, inputs, state, deletionProtection=False)
    cloud.delete(SECRET, inputs, open_state)
    assert cloud.read(SECRET, inputs, open_state) is None


def test_a_secrets_place_replaces_it_and_its_key_does_not(cloud: Cloud) -> None:
    inputs, state = cloud.create(SECRET)
    assert not cloud.diff(SECRET, inputs, state, versionDestroyTtl="86400s").detailed["versionDestroyTtl"].replaces
    diff = cloud.diff(SECRET, inputs, state, replication={"auto": {}})
    assert any(how.replaces for how in diff.detailed.values())

"""Secret Manager secrets; their values are never made here.

Sources: Secret Manager REST reference (projects.secrets, Replication, Rotation, CustomerManagedEncryption: with
automatic replication the key is in `global`, else in each replica's location), "Create a secret" (ids), Terraform
Registry google_secret_manager_secret. A topic cannot exist here, since Pub/Sub is not offered: one is refused.
Google asks for the agent's right to the key when a version is added; the stand-in asks when the secret is made.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import agents, errors, locations
from localcloud.providers.gcp.api import now
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import SECRET as SECRET_NAME
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import Reference
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

SECRET: Final = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type token
SECRET_ID: Final = "projects/{project}/secrets/{name}"  # noqa: S105 - an id's form
SECRET_REFERENCE: Final = Reference(SECRET, SECRET_ID)
_SECONDS: Final = re.compile(r"(\d+)(\.\d{1,9})?s")
_SHORTEST_ROTATION: Final = 3600
_LONGEST_ROTATION: Final = 3_155_760_000
_DESTROY_DELAY: Final = (86400, 1000 * 86400)
_MOST_TOPICS: Final = 10


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from _check_replicas(values)
    yield from _check_times(values)
    topics = values.get("topics")
    if isinstance(topics, list):
        if len(topics) > _MOST_TOPICS:
            yield "topics", f"{len(topics)} topics, at most {_MOST_TOPICS} are allowed"
        for index, topic in enumerate(topics):
            name = topic.get("name") if isinstance(topic, dict) else None
            if isinstance(name, str) and not re.fullmatch(r"projects/[^/]+/topics/[^/]+", name):
                yield f"topics[{index}].name", f"{name!r} is not projects/PROJECT/topics/TOPIC"


def _check_replicas(values: Values) -> Iterator[tuple[str, str]]:
    replicas = lookup(values, "replication.userManaged.replicas")
    if not isinstance(replicas, list):
        return
    where = "replication.userManaged.replicas"
    known = [replica for replica in replicas if isinstance(replica, dict)]
    places = [replica.get("location") for replica in known]
    for index, place in enumerate(places):
        if isinstance(place, str) and not locations.is_region(place):
            yield f"{where}[{index}].location", f"unknown location {place!r}"
        elif isinstance(place, str) and place in places[:index]:
            yield f"{where}[{index}].location", f"a second replica in {place}"
    keyed = [replica.get("customerManagedEncryption") is not None for replica in known]
    if any(keyed) and not all(keyed):
        yield where, "either all replicas have a customerManagedEncryption or none"


def _check_times(values: Values) -> Iterator[tuple[str, str]]:
    if values.get("ttl") and values.get("expireTime"):
        yield "ttl", "ttl and expireTime exclude each other"
    expire = values.get("expireTime")
    if isinstance(expire, str) and expire:
        time = _time(expire)
        if time is None:
            yield "expireTime", f"{expire!r} is no RFC 3339 time (2030-01-01T00:00:00Z)"
        elif time < datetime.now(UTC):
            yield "expireTime", f"{expire} is in the past"
    for path, low, high in (
        ("ttl", 1, _LONGEST_ROTATION),
        ("rotation.rotationPeriod", _SHORTEST_ROTATION, _LONGEST_ROTATION),
        ("versionDestroyTtl", *_DESTROY_DELAY),
    ):
        text = lookup(values, path)
        if not isinstance(text, str) or not text:
            continue
        match = _SECONDS.fullmatch(text)
        if not match:
            yield path, f"{text!r} is no duration in seconds (86400s)"
        elif not low <= int(match[1]) <= high:
            yield path, f"{text} is not between {low}s and {high}s"
    following = lookup(values, "rotation.nextRotationTime")
    if isinstance(following, str) and _time(following) is None:
        yield "rotation.nextRotationTime", f"{following!r} is no RFC 3339 time (2030-01-01T00:00:00Z)"


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


def _admit(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del old
    project = identity.split("/")[1]
    for topic in values.get("topics") or []:
        raise errors.ApiError(404, f"Resource not found (resource={topic['name'].rsplit('/', 1)[-1]}).", "notFound")
    key = lookup(values, "replication.auto.customerManagedEncryption.kmsKeyName")
    if key:
        agents.require_key(api, key, "secretmanager", project, {"global"})
    for replica in lookup(values, "replication.userManaged.replicas") or []:
        key = lookup(replica, "customerManagedEncryption.kmsKeyName")
        if key:
            agents.require_key(api, key, "secretmanager", project, {replica["location"]})


def _settle(api: Api, identity: str, values: Values) -> Values:
    _, project, _, name = identity.split("/")
    ttl = _SECONDS.fullmatch(values.get("ttl") or "")
    expires = datetime.now(UTC) + timedelta(seconds=int(ttl[1])) if ttl else None
    return {
        "name": f"projects/{api.project_number(project)}/secrets/{name}",
        "createTime": now(),
        "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ") if expires else "",
    }


def _view(api: Api, identity: str, values: Values) -> Values:
    del api, identity
    return {"effectiveAnnotations": values.get("annotations") or {}}


def _protect(api: Api, identity: str, values: Values) -> None:
    del api, identity
    if values.get("deletionProtection"):
        raise ProviderError(
            "cannot destroy secret manager secret without setting deletion_protection=false and running "
            "`terraform apply`"
        )


KINDS: Final = [
    Kind(
        SECRET,
        "projects/{project}/secrets/{secretId}",
        "Secret",
        name=SECRET_NAME,
        name_property="secretId",
        autoname=False,
        labels="labels",
        exists="Secret [{id}] already exists.",
        provider_only=frozenset({"deletionPolicy", "deletionProtection"}),
        not_imported=frozenset({"expireTime"}),
        check=_check,
        admit=_admit,
        settle=_settle,
        view=_view,
        protect=_protect,
    )
]

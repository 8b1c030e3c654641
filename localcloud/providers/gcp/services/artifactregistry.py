"""Artifact Registry repositories.

Sources: Artifact Registry REST reference (projects.locations.repositories), "Repository names", "Repository
locations", "Configure cleanup policies", Terraform Registry google_artifact_registry_repository, facts/gke.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import agents, locations
from localcloud.providers.gcp.api import now
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import REPOSITORY
from localcloud.providers.gcp.services.network import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

TOKEN: Final = "gcp:artifactregistry/repository:Repository"  # noqa: S105 - a type token
ID: Final = "projects/{project}/locations/{location}/repositories/{name}"
_FORMATS: Final = {"DOCKER", "MAVEN", "NPM", "APT", "YUM", "PYTHON", "KFP", "GO", "GENERIC", "RUBY"}
_MODES: Final = {"STANDARD_REPOSITORY", "VIRTUAL_REPOSITORY", "REMOTE_REPOSITORY"}
_MOST_POLICIES: Final = 10
_DURATION: Final = re.compile(r"\d+(\.\d+)?[smhd]")


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    location = values.get("location") or api.region
    if (
        isinstance(location, str)
        and location
        and location.lower() not in {*locations.REGIONS, *locations.MULTI_REGIONS}
    ):
        yield "location", f"unknown location {location!r}"
    for name, allowed in (("format", _FORMATS), ("mode", _MODES)):
        value = values.get(name)
        yield from one_of(name, {name: value.upper()} if isinstance(value, str) else {}, allowed)
    if values.get("mode") == "REMOTE_REPOSITORY" and values.get("remoteRepositoryConfig") is None:
        yield "remoteRepositoryConfig", "a remote repository needs its remoteRepositoryConfig"
    if values.get("dockerConfig") is not None and values.get("format") not in {None, "DOCKER"}:
        yield "dockerConfig", f"dockerConfig is for format DOCKER, not {values.get('format')}"
    yield from _check_cleanup(values)


def _check_cleanup(values: Values) -> Iterator[tuple[str, str]]:
    policies = values.get("cleanupPolicies")
    if not isinstance(policies, list):
        return
    if len(policies) > _MOST_POLICIES:
        yield "cleanupPolicies", f"{len(policies)} policies, at most {_MOST_POLICIES} are allowed"
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if not isinstance(policy, dict):
            continue
        where = f"cleanupPolicies[{index}]"
        if policy.get("id") in seen:
            yield f"{where}.id", f"duplicate policy id {policy['id']!r}"
        seen.add(str(policy.get("id")))
        for path, reason in one_of("action", policy, {"DELETE", "KEEP"}):
            yield f"{where}.{path}", reason
        if policy.get("condition") is not None and policy.get("mostRecentVersions") is not None:
            yield f"{where}.mostRecentVersions", "a policy has a condition or mostRecentVersions, not both"
        if policy.get("mostRecentVersions") is not None and policy.get("action") == "DELETE":
            yield f"{where}.mostRecentVersions", "mostRecentVersions is for action KEEP"
        yield from _check_condition(policy.get("condition"), f"{where}.condition")


def _check_condition(condition: object, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(condition, dict):
        return
    for path, reason in one_of("tagState", condition, {"TAGGED", "UNTAGGED", "ANY"}):
        yield f"{where}.{path}", reason
    for name in ("olderThan", "newerThan"):
        text = condition.get(name)
        if isinstance(text, str) and text and not _DURATION.fullmatch(text):
            yield f"{where}.{name}", f"{text!r} is no duration (86400s, 30d)"
    if condition.get("tagPrefixes") and condition.get("tagState") not in {"TAGGED", None}:
        yield f"{where}.tagPrefixes", "tagPrefixes need tagState TAGGED"


def _admit(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del old
    _, project, _, location, *_ = identity.split("/")
    if values.get("kmsKeyName"):
        agents.require_key(api, values["kmsKeyName"], "artifactregistry", project, {location})


def _settle(api: Api, identity: str, values: Values) -> Values:
    del api
    project, location, name = (identity.split("/")[part] for part in (1, 3, 5))
    return {
        "name": values["repositoryId"],
        "createTime": now(),
        "updateTime": now(),
        "registryUri": f"{location}-{values['format'].lower()}.pkg.dev/{project.replace(':', '/')}/{name}",
        "vulnerabilityScanningConfig": {
            "enablementConfig": "INHERITED",
            "enablementState": "SCANNING_DISABLED",
            "enablementStateReason": "",
        },
    }


KINDS: Final = [
    Kind(
        TOKEN,
        ID,
        "Repository",
        name=REPOSITORY,
        name_property="repositoryId",
        autoname=False,
        labels="labels",
        exists="the repository already exists",
        provider_only=frozenset({"deletionPolicy"}),
        check=_check,
        admit=_admit,
        settle=_settle,
    )
]

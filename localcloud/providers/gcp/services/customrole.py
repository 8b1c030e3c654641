"""Custom roles of a project.

Sources: IAM REST reference (projects.roles), "Create and manage custom roles", terraform-provider-google
`resource_google_project_iam_custom_role.go` (a role that was deleted is taken back when it is created again; one that
exists is refused). Which permissions exist is not known here: only their form is looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import ROLE_ID
from localcloud.providers.gcp.services.network import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

CUSTOM_ROLE: Final = "gcp:projects/iAMCustomRole:IAMCustomRole"
CUSTOM_ROLE_ID: Final = "projects/{project}/roles/{roleId}"
_STAGES: Final = {"ALPHA", "BETA", "GA", "DEPRECATED", "DISABLED", "EAP"}
_PERMISSION: Final = re.compile(r"[a-z][a-z0-9]*(\.[a-zA-Z0-9]+){1,2}\.[a-zA-Z]+")
_MOST_PERMISSIONS: Final = 3000
_LONGEST: Final = {"title": 100, "description": 300}


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from one_of("stage", values, _STAGES)
    for name, most in _LONGEST.items():
        text = values.get(name)
        if isinstance(text, str) and len(text) > most:
            yield name, f"{len(text)} characters, at most {most} are allowed"
    permissions = values.get("permissions")
    if not isinstance(permissions, list):
        return
    if len(permissions) > _MOST_PERMISSIONS:
        yield "permissions", f"{len(permissions)} permissions, at most {_MOST_PERMISSIONS} are allowed"
    for index, permission in enumerate(permissions):
        if isinstance(permission, str) and not _PERMISSION.fullmatch(permission):
            yield f"permissions[{index}]", f"{permission!r} is not SERVICE.RESOURCE.VERB (storage.objects.get)"


def _settle(api: Api, identity: str, values: Values) -> Values:
    del api, values
    return {"name": identity, "deleted": False}


KINDS: Final = [
    Kind(
        CUSTOM_ROLE,
        CUSTOM_ROLE_ID,
        "custom project role",
        name=ROLE_ID,
        name_property="roleId",
        autoname=False,
        exists="Custom project role {id} already exists and must be imported",
        provider_only=frozenset({"deletionPolicy"}),
        check=_check,
        settle=_settle,
    )
]

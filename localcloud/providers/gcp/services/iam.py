"""IAM members: one member's one role on a project, service account, bucket or repository.

These types are not in gcp-schema.json. The source of their fields is the Terraform Registry: google_project_iam,
google_service_account_iam, google_storage_bucket_iam, google_artifact_registry_repository_iam (the member resources);
every field is force_new there. Roles and members: IAM documentation, "Principal identifiers" and "Roles and
permissions".
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.references import Reference
from localcloud.providers.gcp.schema import Field, Schema
from localcloud.providers.gcp.services import artifactregistry
from localcloud.providers.gcp.services.serviceaccount import ACCOUNT, ACCOUNT_REFERENCE, is_ours
from localcloud.providers.gcp.services.storage import BUCKET_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

_ROLE: Final = re.compile(
    r"roles/[a-zA-Z0-9_.]+|(projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|organizations/\d+)/roles/[a-zA-Z0-9_.]{3,64}"
)
_EMAIL: Final = r"[^@:/\s]+@[^@:/\s]+\.[^@:/\s]+"
_POOL: Final = (
    r"//iam\.googleapis\.com/(projects/\d+/)?locations/[a-z0-9-]+/(workloadIdentityPools|workforcePools)/[a-z0-9.-]+"
)
_MEMBERS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(deleted:)?(user|group):{_EMAIL}(\?uid=\d+)?",
        rf"(deleted:)?serviceAccount:{_EMAIL}(\?uid=\d+)?",
        r"serviceAccount:[a-z][a-z0-9-]*\.svc\.id\.goog\[[a-z0-9-]+/[a-z0-9.-]+\]",
        r"domain:[a-z0-9.-]+\.[a-z]+",
        rf"principal:{_POOL}/subject/.+",
        rf"principalSet:{_POOL}/(\*|(group|attribute\.[a-z_]+|subject|namespace|kubernetes\.cluster)/.+)",
        r"(projectOwner|projectEditor|projectViewer):[a-z][a-z0-9-]+",
        r"allUsers|allAuthenticatedUsers",
    )
)
_PUBLIC: Final = {"allUsers", "allAuthenticatedUsers"}

_CONDITION: Final = Field(
    "condition",
    "object",
    optional=True,
    force_new=True,
    fields={
        "title": Field("title", "string", required=True, force_new=True),
        "expression": Field("expression", "string", required=True, force_new=True),
        "description": Field("description", "string", optional=True, force_new=True),
    },
)
_COMMON: Final = {
    "role": Field("role", "string", required=True, force_new=True),
    "member": Field("member", "string", required=True, force_new=True),
    "condition": _CONDITION,
    "etag": Field("etag", "string", computed=True),
}


def _table(token: str, page: str, **own: Field) -> Schema:
    return Schema(token, f"Terraform Registry, {page}", {**own, **_COMMON})


def _required(name: str) -> Field:
    return Field(name, "string", required=True, force_new=True)


def _scope(name: str) -> Field:
    return Field(name, "string", optional=True, computed=True, force_new=True)


def role_refusal(role: str) -> str:
    """Why `role` is no role name, empty when it is."""
    if _ROLE.fullmatch(role):
        return ""
    hint = f"; did you mean 'roles/{role}'?" if re.fullmatch(r"[a-zA-Z0-9_.]+", role) else ""
    return f"{role!r} is not roles/NAME, projects/PROJECT/roles/NAME or organizations/NUMBER/roles/NAME{hint}"


def member_refusal(member: str) -> str:
    """Why `member` is no principal, empty when it is."""
    if any(pattern.fullmatch(member) for pattern in _MEMBERS):
        return ""
    kinds = "user:, group:, serviceAccount:, domain:, principal://, principalSet://, allUsers, allAuthenticatedUsers"
    hint = ""
    if re.fullmatch(_EMAIL, member):
        prefix = "serviceAccount" if member.endswith("gserviceaccount.com") else "user"
        hint = f"; did you mean '{prefix}:{member}'?"
    return f"{member!r} is no principal ({kinds}){hint}"


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    role, member = values.get("role"), values.get("member")
    if isinstance(role, str) and (refusal := role_refusal(role)):
        yield "role", refusal
    if isinstance(member, str) and (refusal := member_refusal(member)):
        yield "member", refusal


def _check_project(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    yield from _check(api, values)
    if values.get("member") in _PUBLIC:
        yield "member", f"{values['member']} cannot have a role on a project"


def _admit(api: Api, identity: str, values: Values, old: Values | None) -> None:
    """A service account that does not exist cannot be a member (IAM, "Service account ... does not exist")."""
    del identity, old
    kind, _, email = values["member"].partition(":")
    ours = kind == "serviceAccount" and is_ours(email) and "[" not in email
    if ours and api.get(ACCOUNT, ACCOUNT_REFERENCE.identity(email, {})) is None:
        raise errors.bad_request(f"Service account {email} does not exist.")


def _etag(api: Api, identity: str, values: Values) -> Values:
    del api, values
    return {"etag": hashlib.sha256(identity.encode()).hexdigest()[:12]}


def _title(values: Values) -> str:
    condition = values.get("condition")
    return f"/{condition['title']}" if isinstance(condition, dict) else ""


def _parts(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"title": _title(values)}


def _parts_bucket(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"bucket": values["bucket"].removeprefix("b/"), "title": _title(values)}


def _parts_repository(api: Api, values: Values) -> dict[str, str]:
    known = api.scope(KINDS[3], values)
    return {"repository": _REPOSITORY.identity(values["repository"], known), "title": _title(values)}


_REPOSITORY: Final = Reference(artifactregistry.TOKEN, artifactregistry.ID)

KINDS: Final = [
    Kind(
        "gcp:projects/iAMMember:IAMMember",
        "{project}/{role}/{member}{title}",
        "IAM Member",
        table=_table("gcp:projects/iAMMember:IAMMember", "google_project_iam", project=_required("project")),
        name_property="",
        autoname=False,
        parts=_parts,
        check=_check_project,
        admit=_admit,
        settle=_etag,
    ),
    Kind(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "{serviceAccountId}/{role}/{member}{title}",
        "IAM Member",
        table=_table(
            "gcp:serviceaccount/iAMMember:IAMMember",
            "google_service_account_iam",
            serviceAccountId=_required("serviceAccountId"),
        ),
        name_property="",
        autoname=False,
        parts=_parts,
        references={"serviceAccountId": ACCOUNT_REFERENCE},
        parent="serviceAccountId",
        check=_check,
        admit=_admit,
        settle=_etag,
    ),
    Kind(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "b/{bucket}/{role}/{member}{title}",
        "IAM Member",
        table=_table(
            "gcp:storage/bucketIAMMember:BucketIAMMember", "google_storage_bucket_iam", bucket=_required("bucket")
        ),
        name_property="",
        autoname=False,
        parts=_parts_bucket,
        references={"bucket": BUCKET_REFERENCE},
        parent="bucket",
        check=_check,
        admit=_admit,
        settle=_etag,
    ),
    Kind(
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        "{repository}/{role}/{member}{title}",
        "IAM Member",
        table=_table(
            "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
            "google_artifact_registry_repository_iam",
            repository=_required("repository"),
            project=_scope("project"),
            location=_scope("location"),
        ),
        name_property="",
        autoname=False,
        parts=_parts_repository,
        references={"repository": _REPOSITORY},
        parent="repository",
        check=_check,
        admit=_admit,
        settle=_etag,
    ),
]

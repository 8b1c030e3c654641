"""IAM members: one member's one role on a project, service account, bucket, repository, key or secret.

These types are not in gcp-schema.json. The source of their fields is the Terraform Registry: google_project_iam,
google_service_account_iam, google_storage_bucket_iam, google_artifact_registry_repository_iam,
google_kms_crypto_key_iam, google_secret_manager_secret_iam (the member resources); every field is force_new there. Of
google_project_iam there is google_project_iam_audit_config too, which is authoritative for its service.
Creating a member that is there already is no error (terraform-provider-google
`tpgiamresource/resource_iam_member.go` merges bindings).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import agents, errors
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.principals import member_refusal, role_refusal
from localcloud.providers.gcp.references import Reference
from localcloud.providers.gcp.schema import Field, Schema
from localcloud.providers.gcp.services import artifactregistry
from localcloud.providers.gcp.services.customrole import CUSTOM_ROLE
from localcloud.providers.gcp.services.network import one_of
from localcloud.providers.gcp.services.secretmanager import SECRET_REFERENCE
from localcloud.providers.gcp.services.serviceaccount import ACCOUNT, ACCOUNT_REFERENCE, is_ours
from localcloud.providers.gcp.services.storage import BUCKET_REFERENCE
from localcloud.providers.gcp.tables import field, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

REPOSITORY_MEMBER: Final = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
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


def _table(token: str, page: str, *own: Field) -> Schema:
    return Schema(token, f"Terraform Registry, {page}", {**{each.name: each for each in own}, **_COMMON})


def _required(name: str) -> Field:
    return Field(name, "string", required=True, force_new=True)


def _scope(name: str) -> Field:
    return Field(name, "string", optional=True, computed=True, force_new=True)


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
    """A service account that does not exist cannot be a member (IAM, "Service account ... does not exist").

    Google's own accounts exist where their project's number is a known one.
    """
    del identity, old
    _admit_role(api, values["role"])
    _admit_pool(api, values["member"], values.get("project") or "")
    kind, _, email = values["member"].partition(":")
    if kind != "serviceAccount" or "[" in email:
        return
    number = agents.project_number_of(email)
    if number:
        missing = not api.knows_number(number, values.get("project") or "")
    else:
        missing = is_ours(email) and api.get(ACCOUNT, ACCOUNT_REFERENCE.identity(email, {})) is None
    if missing:
        raise errors.bad_request(f"Service account {email} does not exist.")


def _admit_role(api: Api, role: str) -> None:
    """A custom role of a project has to exist there; those of organisations are not played."""
    if role.startswith("projects/") and api.get(CUSTOM_ROLE, role) is None:
        raise errors.bad_request(f"Role ({role}) does not exist in the resource's hierarchy.")


def _admit_pool(api: Api, member: str, project: str) -> None:
    """GKE's pool PROJECT.svc.id.goog is there once a cluster with Workload Identity is (google/kctf#193)."""
    found = re.search(r"[:/]([a-z][a-z0-9-]*)\.svc\.id\.goog", member)
    if found is None:
        return
    pool = f"{found[1]}.svc.id.goog"
    clusters = api.all("gcp:container/cluster:Cluster").values()
    if not any(lookup(cluster, "workloadIdentityConfig.workloadPool") == pool for cluster in clusters):
        raise errors.bad_request(
            f"Identity Pool does not exist ({pool}). Please check that you specified a valid resource name as returned "
            "in the `name` attribute in the configuration API."
        )
    number = re.search(r"iam\.googleapis\.com/projects/(\d+)/", member)
    if number and not api.knows_number(number[1], found[1], project):
        raise errors.bad_request(f"Identity Pool does not exist ({pool}): there is no project {number[1]}.")


def _etag(api: Api, identity: str, values: Values) -> Values:
    del api, values
    return {"etag": hashlib.sha256(identity.encode()).hexdigest()[:12]}


def _title(values: Values) -> str:
    condition = values.get("condition")
    return f"/{condition['title']}" if isinstance(condition, dict) else ""


def _parts(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"title": _title(values)}


_LOG_TYPES: Final = {"ADMIN_READ", "DATA_READ", "DATA_WRITE"}


def _check_audit(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    service = values.get("service")
    if isinstance(service, str) and service != "allServices" and not service.endswith(".googleapis.com"):
        yield "service", f"{service!r} is neither allServices nor a service (storage.googleapis.com)"
    configs = values.get("auditLogConfigs")
    for index, config in enumerate(configs if isinstance(configs, list) else []):
        if not isinstance(config, dict):
            continue
        where = f"auditLogConfigs[{index}]"
        for path, reason in one_of("logType", config, _LOG_TYPES):
            yield f"{where}.{path}", reason
        for number, member in enumerate(config.get("exemptedMembers") or []):
            if isinstance(member, str) and (refusal := member_refusal(member)):
                yield f"{where}.exemptedMembers[{number}]", refusal


def _parts_bucket(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"bucket": values["bucket"].removeprefix("b/"), "title": _title(values)}


def _parts_repository(api: Api, values: Values) -> dict[str, str]:
    known = api.scope(next(kind for kind in KINDS if kind.token == REPOSITORY_MEMBER), values)
    return {"repository": _REPOSITORY.identity(values["repository"], known), "title": _title(values)}


_REPOSITORY: Final = Reference(artifactregistry.TOKEN, artifactregistry.ID)


def _parts_secret(api: Api, values: Values) -> dict[str, str]:
    project = values.get("project") or api.project
    return {"secret": SECRET_REFERENCE.identity(values["secretId"], {"project": project}), "title": _title(values)}


def _kind(token: str, page: str, identity: str, *own: Field, **rules: Any) -> Kind:
    """A member type: `page` of the Terraform Registry, the id's form, its own fields, then what differs from others."""
    common: dict[str, Any] = {"parts": _parts, "check": _check, "admit": _admit, "settle": _etag, "overwrites": True}
    return Kind(
        token,
        identity,
        "IAM Member",
        table=_table(token, page, *own),
        name_property="",
        autoname=False,
        **common | rules,
    )


AUDIT_CONFIG: Final = "gcp:projects/iAMAuditConfig:IAMAuditConfig"

KINDS: Final = [
    Kind(
        AUDIT_CONFIG,
        "{project}/audit_config/{service}",
        "IAM audit config",
        table=table(
            AUDIT_CONFIG,
            "Terraform Registry, google_project_iam_audit_config",
            _required("project"),
            _required("service"),
            field(
                "auditLogConfigs",
                "set required",
                field("logType", "string required"),
                field("exemptedMembers", "set optional", element="string"),
            ),
            field("etag", "string computed"),
        ),
        name_property="",
        autoname=False,
        check=_check_audit,
        settle=_etag,
        overwrites=True,
    ),
    _kind(
        "gcp:projects/iAMMember:IAMMember",
        "google_project_iam",
        "{project}/{role}/{member}{title}",
        _required("project"),
        check=_check_project,
    ),
    _kind(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "google_service_account_iam",
        "{serviceAccountId}/{role}/{member}{title}",
        _required("serviceAccountId"),
        references={"serviceAccountId": ACCOUNT_REFERENCE},
        parent="serviceAccountId",
    ),
    _kind(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "google_storage_bucket_iam",
        "b/{bucket}/{role}/{member}{title}",
        _required("bucket"),
        parts=_parts_bucket,
        references={"bucket": BUCKET_REFERENCE},
        parent="bucket",
    ),
    _kind(
        REPOSITORY_MEMBER,
        "google_artifact_registry_repository_iam",
        "{repository}/{role}/{member}{title}",
        _required("repository"),
        _scope("project"),
        _scope("location"),
        parts=_parts_repository,
        references={"repository": _REPOSITORY},
        parent="repository",
    ),
    _kind(
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "google_kms_crypto_key_iam",
        "{cryptoKeyId}/{role}/{member}{title}",
        _required("cryptoKeyId"),
        references={"cryptoKeyId": Reference(agents.KEY, agents.KEY_ID)},
        parent="cryptoKeyId",
    ),
    _kind(
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        "google_secret_manager_secret_iam",
        "{secret}/{role}/{member}{title}",
        _required("secretId"),
        _scope("project"),
        parts=_parts_secret,
        references={"secretId": SECRET_REFERENCE},
        parent="secretId",
    ),
]

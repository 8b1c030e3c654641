"""Which APIs of a project are on, and the refusal of those that are not.

Sources: Service Usage documentation, "Enabled services" (what is on in a new project) and "Enable and disable
services" (dependencies come along; the words of both refusals are those quoted in
hashicorp/terraform-provider-google#16883 and #3782). Not played: the minutes until a new API answers, and that
google_project_service itself reads the project by the Cloud Resource Manager API.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api

SERVICE: Final = "gcp:projects/service:Service"
_SUFFIX: Final = ".googleapis.com"
#: module of a type token -> the API that it calls, with its name in messages
_APIS: Final[dict[str, tuple[str, str]]] = {
    "artifactregistry": ("artifactregistry", "Artifact Registry API"),
    "billing": ("billingbudgets", "Cloud Billing Budget API"),
    "binaryauthorization": ("binaryauthorization", "Binary Authorization API"),
    "certificatemanager": ("certificatemanager", "Certificate Manager API"),
    "compute": ("compute", "Compute Engine API"),
    "container": ("container", "Kubernetes Engine API"),
    "dns": ("dns", "Cloud DNS API"),
    "gkebackup": ("gkebackup", "Backup for GKE API"),
    "iam": ("iam", "Identity and Access Management (IAM) API"),
    "kms": ("cloudkms", "Cloud Key Management Service (KMS) API"),
    "secretmanager": ("secretmanager", "Secret Manager API"),
    "serviceaccount": ("iam", "Identity and Access Management (IAM) API"),
    "storage": ("storage", "Cloud Storage API"),
}
#: types whose module says something else
_OWN: Final[dict[str, tuple[str, str]]] = {
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": ("cloudresourcemanager", "Cloud Resource Manager API"),
    "gcp:projects/iAMCustomRole:IAMCustomRole": _APIS["iam"],
    "gcp:projects/iAMMember:IAMMember": ("cloudresourcemanager", "Cloud Resource Manager API"),
    SERVICE: ("serviceusage", "Service Usage API"),
}
#: on in a new project ("Enabled services"), as far as the offered types are concerned
ON_BY_DEFAULT: Final = frozenset(
    {"logging", "monitoring", "servicemanagement", "serviceusage", "storage", "storage-api"}
)
#: enabling the first enables the others, and these cannot be disabled before it
_DEPENDENCIES: Final[dict[str, frozenset[str]]] = {
    "container": frozenset({"compute"}),
    "gkebackup": frozenset({"container", "compute"}),
}


def api_of(token: str) -> tuple[str, str]:
    """Name (without .googleapis.com) and title of the API that a type calls."""
    return _OWN.get(token) or _APIS[token.split(":")[1].partition("/")[0]]


def enabled(api: Api, project: str) -> set[str]:
    """The APIs that are on in a project: those of a new one, by `Service`, by hand, and what these bring along."""
    asked = set(api.apis_by_hand(project)) | {
        identity.partition("/")[2].removesuffix(_SUFFIX) for identity in api.all(SERVICE, f"{project}/")
    }
    brought = {name for each in asked for name in _DEPENDENCIES.get(each, ())}
    return asked | brought | ON_BY_DEFAULT


def require(api: Api, token: str, identity: str, project: str) -> None:
    """Raise ApiError when the API of a type is off in the project of this resource."""
    found = re.match(r"projects/([^/]+)/", identity)
    project = found[1] if found else project
    name, title = api_of(token)
    if name in enabled(api, project):
        return
    number = api.project_number(project)
    raise errors.ApiError(
        403,
        f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting "
        f"https://console.developers.google.com/apis/api/{name}{_SUFFIX}/overview?project={number} then retry. If you "
        "enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
        "accessNotConfigured",
    )


def admit_disabling(api: Api, identity: str, *, dependents: bool) -> None:
    """Raise ApiError for an API that another one or a resource needs, unless dependents may go with it.

    Google refuses for other APIs; that resources count too is the stand-in's own caution.
    """
    project, _, service = identity.partition("/")
    name = service.removesuffix(_SUFFIX)
    asked = {other.partition("/")[2].removesuffix(_SUFFIX) for other in api.all(SERVICE, f"{project}/")}
    users = sorted(other + _SUFFIX for other in asked if name in _DEPENDENCIES.get(other, ()))
    if users and not dependents:
        raise errors.ApiError(
            400,
            f"The service {service} is depended on by the following active service(s): {', '.join(users)}; "
            "Please specify disable_dependent_services=true if you want to proceed with disabling all services.",
            "failedPrecondition",
        )
    resources = [found for token, found in _resources(api, project) if api_of(token)[0] == name]
    if resources and not dependents:
        raise errors.ApiError(
            400,
            f"The service {service} is used by {len(resources)} resources, such as '{resources[0]}'. Please specify "
            "disable_dependent_services=true if you want to proceed with disabling it.",
            "failedPrecondition",
        )


def _resources(api: Api, project: str) -> list[tuple[str, str]]:
    """(type, id) of what a project has, services aside."""
    from localcloud.providers.gcp.catalog import HOME  # noqa: PLC0415 - the table imports every module with rules

    found: list[tuple[str, str]] = []
    for token in HOME:
        if token != SERVICE:
            prefixes = (f"projects/{project}/", f"{project}/")
            found += [(token, each) for each in api.all(token) if each.startswith(prefixes)]
    return found

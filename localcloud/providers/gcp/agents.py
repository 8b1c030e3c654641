"""Google's own service accounts in a project, and whether one may use a customer's key.

Sources: IAM documentation, "Service agents" (addresses); Cloud KMS, "Customer-managed encryption keys" and "CMEK
locations"; GKE, "Encrypt Secrets at the application layer"; Cloud Storage, "Use customer-managed encryption keys";
Artifact Registry, "Enable customer-managed encryption keys"; Secret Manager, "Enable CMEK"; Backup for GKE, "About
CMEK encryption". Agents exist here without being made; in a real project some appear with the first use of their API.
Not played: grants on a whole key ring, folder or organisation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors
from localcloud.providers.gcp.references import parse, relative

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api

KEY: Final = "gcp:kms/cryptoKey:CryptoKey"
KEY_ID: Final = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{name}"
USE_KEY: Final = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
#: service -> the domain of its agent's address
_DOMAINS: Final = {
    "artifactregistry": "gcp-sa-artifactregistry",
    "certificatemanager": "gcp-sa-certificatemanager",
    "compute": "compute-system",
    "container": "container-engine-robot",
    "gkebackup": "gcp-sa-gkebackup",
    "secretmanager": "gcp-sa-secretmanager",
    "storage": "gs-project-accounts",
}
_KEY_GRANTS: Final = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
_PROJECT_GRANTS: Final = "gcp:projects/iAMMember:IAMMember"


#: domains of agents that are not gcp-sa-SERVICE, and of the default accounts, with their form
_GOOGLES: Final = re.compile(
    r"service-(?P<agent>\d+)@(gcp-sa-[a-z0-9-]+|cloud-filer|compute-system|container-engine-robot|containerregistry"
    r"|dataflow-service-producer-prod|dataproc-accounts|gs-project-accounts|serverless-robot-prod)"
    r"\.iam\.gserviceaccount\.com"
    r"|(?P<compute>\d+)-compute@developer\.gserviceaccount\.com"
    r"|(?P<other>\d+)@(cloudservices|cloudbuild)\.gserviceaccount\.com"
)


def project_number_of(email: str) -> str:
    """The number of the project whose agent or default account this address is, empty for any other account."""
    found = _GOOGLES.fullmatch(email)
    return next((number for number in found.groupdict().values() if number), "") if found else ""


def address(service: str, number: int) -> str:
    """The e-mail address of a service's agent in the project with this number."""
    return f"service-{number}@{_DOMAINS[service]}.iam.gserviceaccount.com"


def require_key(api: Api, key: str, service: str, project: str, locations: set[str]) -> None:
    """Raise ApiError when the agent of `service` in `project` may not encrypt with `key`.

    `locations` are those in which the key may be.
    """
    identity = relative(key)
    parts = parse(KEY_ID, identity)
    if parts is None:
        raise errors.bad_request(f"Invalid Cloud KMS key name '{key}': must match {KEY_ID}.")
    record = api.get(KEY, identity)
    agent = address(service, api.project_number(project))
    if record is None or not _may_use(api, identity, parts["project"], agent):
        if service == "storage":
            raise errors.ApiError(
                403,
                "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been "
                f"authorized to use this key ({agent} needs {USE_KEY} on {identity}).",
                "forbidden",
            )
        raise errors.ApiError(
            403,
            "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource "
            f"'{identity}' (or it may not exist): {agent} needs {USE_KEY} on it.",
            "forbidden",
        )
    if parts["location"] not in locations:
        raise errors.bad_request(
            f"Cloud KMS key '{identity}' is in location '{parts['location']}', but must be in "
            f"{' or '.join(repr(each) for each in sorted(locations))}."
        )
    if record.get("purpose", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        raise errors.bad_request(f"Cloud KMS key '{identity}' must have purpose ENCRYPT_DECRYPT.")


def _may_use(api: Api, key: str, project: str, agent: str) -> bool:
    member = f"serviceAccount:{agent}"
    grants = [*api.all(_KEY_GRANTS, f"{key}/").values(), *api.all(_PROJECT_GRANTS, f"{project}/").values()]
    return any(grant["role"] == USE_KEY and grant["member"] == member for grant in grants)

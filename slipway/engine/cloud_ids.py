"""The id that a resource must have if it exists, computed from what the program declares: the one table of them.

Used for creations that a killed engine does not know the end of (`recovery`) and for states that are lost (`lookup`).
Google's ids are in the form that the provider imports (Terraform Registry, google provider, section "Import" of each
resource's page); Kubernetes' are NAMESPACE/NAME (pulumi-kubernetes, "Importing").
"""

# ruff: noqa: E501 - one type is one row

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HERE: Final = "projects/{project}/locations/{location}"
_POOL: Final = "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}"
_CERTIFICATES: Final = "projects/{project}/locations/global"

_GOOGLE: Final[dict[str, str]] = {
    "gcp:artifactregistry/repository:Repository": f"{_HERE}/repositories/{{repositoryId}}",
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": f"{_HERE}/repositories/{{repository}} {{role}} {{member}}",
    "gcp:binaryauthorization/policy:Policy": "projects/{project}",
    "gcp:certificatemanager/certificate:Certificate": f"{_HERE}/certificates/{{name}}",
    "gcp:certificatemanager/certificateMap:CertificateMap": f"{_CERTIFICATES}/certificateMaps/{{name}}",
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": f"{_CERTIFICATES}/certificateMaps/{{map}}/certificateMapEntries/{{name}}",
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": f"{_HERE}/dnsAuthorizations/{{name}}",
    "gcp:compute/address:Address": "projects/{project}/regions/{region}/addresses/{name}",
    "gcp:compute/firewall:Firewall": "projects/{project}/global/firewalls/{name}",
    "gcp:compute/globalAddress:GlobalAddress": "projects/{project}/global/addresses/{name}",
    "gcp:compute/network:Network": "projects/{project}/global/networks/{name}",
    "gcp:compute/router:Router": "projects/{project}/regions/{region}/routers/{name}",
    "gcp:compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
    "gcp:compute/sSLPolicy:SSLPolicy": "projects/{project}/global/sslPolicies/{name}",
    "gcp:compute/securityPolicy:SecurityPolicy": "projects/{project}/global/securityPolicies/{name}",
    "gcp:compute/subnetwork:Subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
    "gcp:container/cluster:Cluster": f"{_HERE}/clusters/{{name}}",
    "gcp:container/nodePool:NodePool": f"{_HERE}/clusters/{{cluster}}/nodePools/{{name}}",
    "gcp:dns/managedZone:ManagedZone": "projects/{project}/managedZones/{name}",
    "gcp:dns/recordSet:RecordSet": "projects/{project}/managedZones/{managedZone}/rrsets/{name}/{type}",
    "gcp:gkebackup/backupPlan:BackupPlan": f"{_HERE}/backupPlans/{{name}}",
    "gcp:gkebackup/restorePlan:RestorePlan": f"{_HERE}/restorePlans/{{name}}",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": _POOL,
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": f"{_POOL}/providers/{{workloadIdentityPoolProviderId}}",
    "gcp:kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "{cryptoKeyId} {role} {member}",
    "gcp:kms/keyRing:KeyRing": f"{_HERE}/keyRings/{{name}}",
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": "{project} {service}",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "projects/{project}/roles/{roleId}",
    "gcp:projects/iAMMember:IAMMember": "{project} {role} {member}",
    "gcp:projects/service:Service": "{project}/{service}",
    "gcp:projects/serviceIdentity:ServiceIdentity": "projects/{project}/services/{service}",
    "gcp:secretmanager/secret:Secret": "projects/{project}/secrets/{secretId}",
    "gcp:secretmanager/secretIamMember:SecretIamMember": "projects/{project}/secrets/{secretId} {role} {member}",
    "gcp:serviceaccount/account:Account": "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
    "gcp:serviceaccount/iAMMember:IAMMember": "{serviceAccountId} {role} {member}",
    "gcp:storage/bucket:Bucket": "{name}",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "b/{bucket} {role} {member}",
    "gcp:storage/bucketObject:BucketObject": "{bucket}-{name}",
}  # fmt: skip
_BY_NAME: Final = {"cluster", "map", "managedZone", "network", "repository", "router", "secretId"}
"""Properties that may be long (`projects/P/.../NAME`) where the id has the name alone."""

NOT_IMPORTED: Final[dict[str, dict[str, Any]]] = {
    "gcp:storage/bucketObject:BucketObject": {"detectMd5hash": "different hash"},
    "gcp:projects/serviceIdentity:ServiceIdentity": {},
}
"""Types that the provider finds by their properties, not by their id alone (same pages: "does not support import").

With them, properties that only the state has and the provider's defaults of them.
"""

STATE_ONLY: Final = frozenset(
    {
        "deletionPolicy",
        "deletionProtection",
        "disableDependentServices",
        "disableOnDestroy",
        "forceDestroy",
        "removeDefaultNodePool",
    }
)
"""Properties that no API knows: only the state has them, so after an import they are what the program says.

Terraform Registry, google provider: "virtual fields", said of each on its resource's page.
"""

GENERATED: Final[dict[str, str]] = {
    "gcp:billing/budget:Budget": "gcloud billing budgets list --billing-account=ACCOUNT",
    "gcp:monitoring/notificationChannel:NotificationChannel": "gcloud beta monitoring channels list",
    "gcp:monitoring/alertPolicy:AlertPolicy": "gcloud alpha monitoring policies list",
}
"""Types whose name Google makes up, so that nothing can compute it; with what lists them."""

_APIS: Final = {
    "artifactregistry": "artifactregistry",
    "binaryauthorization": "binaryauthorization",
    "certificatemanager": "certificatemanager",
    "compute": "compute",
    "container": "container",
    "dns": "dns",
    "gkebackup": "gkebackup",
    "iam": "iam",
    "kms": "cloudkms",
    "secretmanager": "secretmanager",
    "serviceaccount": "iam",
    "storage": "storage",
}
"""Module of the provider -> API that it calls (Google Cloud, "APIs Explorer")."""

SERVICE: Final = "gcp:projects/service:Service"


def cloud_id(kind: str, inputs: Mapping[str, Any], defaults: Mapping[str, Any]) -> str | None:
    """The id of a resource of type `kind`, None where its inputs do not say it.

    `defaults` has `project`, and `region` where the provider has one: what inputs may leave out.
    """
    if kind.startswith("kubernetes:"):
        metadata: Mapping[str, Any] = inputs.get("metadata") or {}
        name: str | None = metadata.get("name")
        namespace: str | None = metadata.get("namespace")
        return f"{namespace}/{name}" if namespace and name else name
    form = _GOOGLE.get(kind)
    if form is None:
        return None
    # Certificate Manager's own default, on its resources' pages; others take the provider's region
    location = "global" if kind.startswith("gcp:certificatemanager/") else defaults.get("region")
    values = {"location": location, **defaults, **{k: v for k, v in inputs.items() if v is not None}}
    parts: dict[str, str] = {}
    for key in _fields(form):
        value: Any = values.get(key)
        if not isinstance(value, str) or not value:
            return None
        parts[key] = value.rsplit("/", 1)[-1] if key in _BY_NAME else value
    condition: Any = inputs.get("condition")
    return form.format(**parts) + (f" {condition['title']}" if condition else "")


def known(kind: str) -> bool:
    """Whether the table has `kind`, so that nothing of it is overlooked when a state is lost."""
    return kind.startswith("kubernetes:") or kind in _GOOGLE or kind in GENERATED


def needs(kind: str) -> str | None:
    """The API that must be enabled before anything of `kind` can exist; None where none is known to be needed."""
    module = kind.removeprefix("gcp:").partition("/")[0]
    return f"{_APIS[module]}.googleapis.com" if kind.startswith("gcp:") and module in _APIS else None


def _fields(form: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(form) if name)

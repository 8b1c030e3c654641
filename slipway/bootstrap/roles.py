"""What the two identities of an environment may do, row by row: role, reason, source, and the types that need it.

`preview` reads; `deploy` applies the platform stack. A type that the platform declares and no row names fails a test.
Each role's permissions: IAM documentation, "IAM basic and predefined roles reference", page of its service.
"""

# ruff: noqa: E501 - one role is one row

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from slipway.bootstrap.plan import Plan


@dataclass(frozen=True)
class Grant:
    """One role on the project. `types` are the resource types whose changes (or reading) it allows.

    `where` is an IAM condition: `title` and `expression` with the plan's names in it.
    """

    role: str
    reason: str
    source: str
    types: tuple[str, ...] = ()
    title: str = ""
    expression: str = ""

    def condition(self, plan: Plan) -> dict[str, str] | None:
        """The condition for an environment, None without one."""
        if not self.title:
            return None
        names = {
            "bucket": plan.bucket,
            "published": f"{plan.project}-{plan.environment}-slipway",
            "ring": f"projects/{plan.project}/locations/{plan.location}/keyRings/{plan.ring}",
            "granted": ", ".join(f"'{role}'" for role in GRANTED),
        }
        return {"title": self.title, "expression": self.expression.format(**names)}


GRANTED: Final = (
    "roles/artifactregistry.reader",
    "roles/container.clusterViewer",
    "roles/container.defaultNodeServiceAccount",
    "roles/iap.httpsResourceAccessor",
    "roles/logging.viewer",
)
"""Roles that the platform grants on the project: `deploy` can grant these, and take them back, and no other.

None of them can change who may do what. Source: IAM documentation, "Set limits on granting roles".
"""

_COMPUTE: Final = (
    "gcp:compute/address:Address",
    "gcp:compute/globalAddress:GlobalAddress",
    "gcp:compute/network:Network",
    "gcp:compute/router:Router",
    "gcp:compute/routerNat:RouterNat",
    "gcp:compute/subnetwork:Subnetwork",
)
_FIREWALL: Final = (
    "gcp:compute/firewall:Firewall",
    "gcp:compute/securityPolicy:SecurityPolicy",
    "gcp:compute/sSLPolicy:SSLPolicy",
)
_CLUSTER: Final = ("gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool")
_REGISTRY: Final = (
    "gcp:artifactregistry/repository:Repository",
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
)
_STORAGE: Final = ("gcp:storage/bucket:Bucket", "gcp:storage/bucketIAMMember:BucketIAMMember")
_OBJECT: Final = ("gcp:storage/bucketObject:BucketObject",)
_KEYS: Final = (
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:kms/keyRing:KeyRing",
)
_DNS: Final = ("gcp:dns/managedZone:ManagedZone", "gcp:dns/recordSet:RecordSet")
_CERTIFICATES: Final = (
    "gcp:certificatemanager/certificate:Certificate",
    "gcp:certificatemanager/certificateMap:CertificateMap",
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
)
_BACKUPS: Final = ("gcp:gkebackup/backupPlan:BackupPlan", "gcp:gkebackup/restorePlan:RestorePlan")
_ADMISSION: Final = ("gcp:binaryauthorization/policy:Policy",)
_SECRETS: Final = ("gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretIamMember:SecretIamMember")
_ACCOUNTS: Final = ("gcp:serviceaccount/account:Account", "gcp:serviceaccount/iAMMember:IAMMember")
_PROJECT: Final = ("gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMAuditConfig:IAMAuditConfig")
_SERVICES: Final = ("gcp:projects/service:Service", "gcp:projects/serviceIdentity:ServiceIdentity")

PREVIEW_GRANTS: Final = (
    Grant("roles/compute.viewer", "read network, addresses, firewall", "Compute Engine IAM roles and permissions", (*_COMPUTE, *_FIREWALL)),
    Grant("roles/container.viewer", "read cluster, pools and the objects in it", "GKE: Create IAM allow policies", _CLUSTER),
    Grant("roles/iam.securityReviewer", "read who may do what, and accounts", "IAM roles reference: IAM", (*_ACCOUNTS, *_PROJECT)),
    Grant("roles/artifactregistry.reader", "read registries", "Artifact Registry: Access control with IAM", _REGISTRY),
    Grant("roles/storage.bucketViewer", "read settings of buckets, no object", "Cloud Storage: IAM roles", _STORAGE),
    Grant(
        "roles/storage.objectViewer",
        "read the published contract, and no other object",
        "Cloud Storage: IAM roles; IAM Conditions: resource attributes",
        _OBJECT,
        "only-the-contract",
        'resource.name.startsWith("projects/_/buckets/{published}/")',
    ),
    Grant("roles/cloudkms.viewer", "read keys, without using them", "Cloud KMS: Permissions and roles", _KEYS),
    Grant("roles/dns.reader", "read zones and records", "Cloud DNS: Access control", _DNS),
    Grant("roles/certificatemanager.viewer", "read certificates", "Certificate Manager: Roles and permissions", _CERTIFICATES),
    Grant("roles/gkebackup.viewer", "read backup plans", "Backup for GKE: roles and permissions", _BACKUPS),
    Grant("roles/binaryauthorization.policyViewer", "read the admission policy", "Binary Authorization: roles", _ADMISSION),
    Grant("roles/secretmanager.viewer", "read which secrets there are, no value", "Secret Manager: Access control with IAM", _SECRETS),
    Grant("roles/serviceusage.serviceUsageViewer", "read which APIs are on", "Service Usage: Access control", _SERVICES),
)  # fmt: skip

DEPLOY_GRANTS: Final = (
    Grant("roles/compute.networkAdmin", "network, subnets, router, NAT, addresses", "Compute Engine IAM roles and permissions", _COMPUTE),
    Grant("roles/compute.securityAdmin", "firewall rules, TLS policies", "Compute Engine IAM roles and permissions", _FIREWALL),
    Grant("roles/container.admin", "cluster and pools, and every object in the cluster", "GKE: Create IAM allow policies", _CLUSTER),
    Grant("roles/iam.serviceAccountAdmin", "accounts of nodes and of teams' deployers", "IAM roles reference: Service Accounts", _ACCOUNTS),
    Grant("roles/iam.serviceAccountUser", "nodes run as their account", "GKE: Use least privilege IAM service accounts", ("gcp:container/nodePool:NodePool",)),
    Grant(
        "roles/resourcemanager.projectIamAdmin",
        "grant the roles of the platform's own table, and no other",
        "IAM: Set limits on granting roles",
        _PROJECT,
        "only-the-platform-s-roles",
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{granted}])",
    ),
    Grant("roles/artifactregistry.admin", "registries and who reads them", "Artifact Registry: Access control with IAM", _REGISTRY),
    Grant(
        "roles/storage.admin",
        "the environment's buckets; not the one of the state",
        "Cloud Storage: IAM roles; IAM Conditions: resource attributes",
        (*_STORAGE, *_OBJECT),
        "not-the-state",
        'resource.name != "projects/_/buckets/{bucket}" && !resource.name.startsWith("projects/_/buckets/{bucket}/")',
    ),
    Grant(
        "roles/cloudkms.admin",
        "the environment's keys; not the one of the state",
        "Cloud KMS: Permissions and roles; IAM Conditions: resource attributes",
        _KEYS,
        "not-the-state-s-key",
        'resource.name != "{ring}" && !resource.name.startsWith("{ring}/")',
    ),
    Grant("roles/dns.admin", "zone and records of the gateway", "Cloud DNS: Access control", _DNS),
    Grant("roles/certificatemanager.owner", "certificates of the gateway", "Certificate Manager: Roles and permissions", _CERTIFICATES),
    Grant("roles/gkebackup.admin", "backup and restore plans", "Backup for GKE: roles and permissions", _BACKUPS),
    Grant("roles/binaryauthorization.policyEditor", "the admission policy", "Binary Authorization: roles", _ADMISSION),
    Grant("roles/secretmanager.admin", "secrets without values, and who reads them", "Secret Manager: Access control with IAM", _SECRETS),
    Grant("roles/serviceusage.serviceUsageAdmin", "switch on the platform's APIs", "Service Usage: Access control", _SERVICES),
)  # fmt: skip

BEYOND: Final = {
    "gcp:billing/budget:Budget": "roles/billing.costsManager on the billing account, which no project's role gives"
}
"""Types that need a role outside of the project: it is not granted here, the next steps say it."""


def table(grants: tuple[Grant, ...]) -> str:
    """The rows in Markdown, for docs/bootstrap.md."""
    rows = [f"| `{grant.role}` | {grant.reason} | {grant.title or '-'} | {grant.source} |" for grant in grants]
    return "\n".join(["| role | for | limited to | source |", "|---|---|---|---|", *rows])

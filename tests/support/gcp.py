"""The gcp stand-in for tests: one call for what the engine does in several, and small valid inputs of each type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.providers.gcp import catalog, enablement
from localcloud.providers.gcp.api import APIS_FILE
from localcloud.providers.gcp.provider import DEFAULTS, GcpProvider
from localcloud.providers.gcp.store import Store
from localcloud.providers.model import CheckFailure, Diff, Request, State

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "demo-project"
REGION = "europe-west4"
NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
ROUTER = "gcp:compute/router:Router"
NAT = "gcp:compute/routerNat:RouterNat"
FIREWALL = "gcp:compute/firewall:Firewall"
CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
BUCKET = "gcp:storage/bucket:Bucket"
OBJECT = "gcp:storage/bucketObject:BucketObject"
ACCOUNT = "gcp:serviceaccount/account:Account"
RING = "gcp:kms/keyRing:KeyRing"
KEY = "gcp:kms/cryptoKey:CryptoKey"
SERVICE = "gcp:projects/service:Service"
PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
BUCKET_MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
REPOSITORY_MEMBER = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
ADDRESS = "gcp:compute/address:Address"
SECRET = "gcp:secretmanager/secret:Secret"
SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
ZONE = "gcp:dns/managedZone:ManagedZone"
RECORDS = "gcp:dns/recordSet:RecordSet"
AUTHORIZATION = "gcp:certificatemanager/dnsAuthorization:DnsAuthorization"
CERTIFICATE = "gcp:certificatemanager/certificate:Certificate"
BACKUP_PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
RESTORE_PLAN = "gcp:gkebackup/restorePlan:RestorePlan"
POLICY = "gcp:binaryauthorization/policy:Policy"
IDENTITY_POOL = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
IDENTITY_PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
BUDGET = "gcp:billing/budget:Budget"
AUDIT_CONFIG = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"

#: inputs that are accepted, in an order in which each finds what it refers to
VALID: dict[str, dict[str, Any]] = {
    SERVICE: {"service": "container.googleapis.com", "disableOnDestroy": True},
    NETWORK: {"name": "net", "autoCreateSubnetworks": False},
    SUBNETWORK: {
        "name": "sub",
        "network": "net",
        "ipCidrRange": "10.0.0.0/20",
        "secondaryIpRanges": [
            {"rangeName": "pods", "ipCidrRange": "10.4.0.0/14"},
            {"rangeName": "services", "ipCidrRange": "10.8.0.0/20"},
        ],
    },
    ROUTER: {"name": "router", "network": "net"},
    NAT: {
        "name": "nat",
        "router": "router",
        "natIpAllocateOption": "AUTO_ONLY",
        "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
    },
    FIREWALL: {
        "name": "fw",
        "network": "net",
        "sourceRanges": ["10.0.0.0/8"],
        "allows": [{"protocol": "tcp", "ports": ["22", "8000-8080"]}],
    },
    ACCOUNT: {"accountId": "nodes-sa"},
    CLUSTER: {
        "name": "main",
        "network": "net",
        "subnetwork": "sub",
        "deletionProtection": False,
        "initialNodeCount": 1,
        "removeDefaultNodePool": True,
        "ipAllocationPolicy": {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
        "privateClusterConfig": {
            "enablePrivateNodes": True,
            "enablePrivateEndpoint": True,
            "masterIpv4CidrBlock": "172.16.0.0/28",
        },
        "masterAuthorizedNetworksConfig": {"cidrBlocks": []},
        "workloadIdentityConfig": {"workloadPool": f"{PROJECT}.svc.id.goog"},
        "addonsConfig": {"gkeBackupAgentConfig": {"enabled": True}},
    },
    POOL: {
        "name": "pool",
        "cluster": "main",
        "nodeCount": 1,
        "nodeConfig": {
            "machineType": "n2-standard-4",
            "serviceAccount": f"nodes-sa@{PROJECT}.iam.gserviceaccount.com",
        },
    },
    REPOSITORY: {"repositoryId": "ml", "format": "DOCKER"},
    BUCKET: {"name": "demo-models", "location": "EU"},
    OBJECT: {"bucket": "demo-models", "name": "a/b", "content": "hello"},
    RING: {"name": "ring", "location": REGION},
    KEY: {"name": "key", "keyRing": f"projects/{PROJECT}/locations/{REGION}/keyRings/ring"},
    PROJECT_MEMBER: {"project": PROJECT, "role": "roles/viewer", "member": "user:a@example.com"},
    ACCOUNT_MEMBER: {
        "serviceAccountId": f"projects/{PROJECT}/serviceAccounts/nodes-sa@{PROJECT}.iam.gserviceaccount.com",
        "role": "roles/iam.workloadIdentityUser",
        "member": f"serviceAccount:{PROJECT}.svc.id.goog[team/churn]",
    },
    BUCKET_MEMBER: {
        "bucket": "demo-models",
        "role": "roles/storage.objectViewer",
        "member": f"serviceAccount:nodes-sa@{PROJECT}.iam.gserviceaccount.com",
    },
    REPOSITORY_MEMBER: {"repository": "ml", "role": "roles/artifactregistry.reader", "member": "group:ml@example.com"},
    KEY_MEMBER: {
        "cryptoKeyId": f"projects/{PROJECT}/locations/{REGION}/keyRings/ring/cryptoKeys/key",
        "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        "member": f"serviceAccount:nodes-sa@{PROJECT}.iam.gserviceaccount.com",
    },
    ADDRESS: {"name": "gateway"},
    SECRET: {"secretId": "churn-api", "replication": {"userManaged": {"replicas": [{"location": REGION}]}}},
    SECRET_MEMBER: {
        "secretId": "churn-api",
        "role": "roles/secretmanager.secretAccessor",
        "member": f"serviceAccount:nodes-sa@{PROJECT}.iam.gserviceaccount.com",
    },
    ZONE: {"name": "ml", "dnsName": "ml.example.com.", "dnssecConfig": {"state": "on"}},
    RECORDS: {
        "managedZone": "ml",
        "name": "churn.ml.example.com.",
        "type": "A",
        "ttl": 300,
        "rrdatas": ["203.0.113.7"],
    },
    AUTHORIZATION: {"name": "ml", "domain": "ml.example.com", "location": REGION},
    CERTIFICATE: {
        "name": "ml",
        "location": REGION,
        "managed": {
            "domains": ["ml.example.com", "*.ml.example.com"],
            "dnsAuthorizations": [f"projects/{PROJECT}/locations/{REGION}/dnsAuthorizations/ml"],
        },
    },
    BACKUP_PLAN: {
        "name": "daily",
        "location": REGION,
        "cluster": f"projects/{PROJECT}/locations/{REGION}/clusters/main",
        "backupConfig": {"allNamespaces": True, "includeVolumeData": True},
        "backupSchedule": {"cronSchedule": "0 3 * * *"},
        "retentionPolicy": {"backupRetainDays": 30},
    },
    RESTORE_PLAN: {
        "name": "all",
        "location": REGION,
        "cluster": f"projects/{PROJECT}/locations/{REGION}/clusters/main",
        "backupPlan": f"projects/{PROJECT}/locations/{REGION}/backupPlans/daily",
        "restoreConfig": {
            "allNamespaces": True,
            "namespacedResourceRestoreMode": "FAIL_ON_CONFLICT",
            "clusterResourceRestoreScope": {"allGroupKinds": True},
            "clusterResourceConflictPolicy": "USE_EXISTING_VERSION",
        },
    },
    POLICY: {
        "defaultAdmissionRule": {"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"},
        "admissionWhitelistPatterns": [{"namePattern": f"{REGION}-docker.pkg.dev/{PROJECT}/ml/**"}],
        "globalPolicyEvaluationMode": "ENABLE",
    },
    IDENTITY_POOL: {"workloadIdentityPoolId": "github"},
    IDENTITY_PROVIDER: {
        "workloadIdentityPoolId": "github",
        "workloadIdentityPoolProviderId": "repository",
        "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
        "attributeMapping": {"google.subject": "assertion.sub", "attribute.repository": "assertion.repository"},
        "attributeCondition": "assertion.repository == 'acme/ml'",
    },
    BUDGET: {
        "billingAccount": "012345-6789AB-CDEF01",
        "displayName": "dev",
        "amount": {"specifiedAmount": {"currencyCode": "EUR", "units": "500"}},
        "thresholdRules": [{"thresholdPercent": 0.5}, {"thresholdPercent": 1.0, "spendBasis": "FORECASTED_SPEND"}],
    },
    AUDIT_CONFIG: {
        "project": PROJECT,
        "service": "allServices",
        "auditLogConfigs": [
            {"logType": "DATA_READ"},
            {"logType": "DATA_WRITE", "exemptedMembers": ["user:a@example.com"]},
        ],
    },
    CUSTOM_ROLE: {"roleId": "slipwayReader", "title": "Reader", "permissions": ["storage.objects.get"]},
}


#: type, changes of its valid inputs, a part of what is said of them
Refused = tuple[str, dict[str, Any], str]


def ids(rows: list[Refused]) -> list[str]:
    """Names for rows of a table of refusals."""
    return [f"{token.rsplit(':', 1)[1]}-{reason[:40]}" for token, _, reason in rows]


def request(token: str, name: str, identity: str = "", *, preview: bool = False) -> Request:
    """A request as the engine makes it."""
    return Request(f"urn:pulumi:test::slipway::{token}::{name}", identity, preview=preview)


def write_cluster(local: Path, endpoint: str = "127.0.0.1:6443", kind: str = "external") -> None:
    """A cluster.json whose nodes nobody makes."""
    facts = {
        "kind": kind,
        "endpoint": endpoint,
        "certificateAuthority": "Q0E=",
        "kubeconfig": str(local / "kubeconfig"),
    }
    local.mkdir(parents=True, exist_ok=True)
    (local / "cluster.json").write_text(json.dumps(facts), encoding="utf-8")


def enable_apis(store: Store, *projects: str) -> None:
    """Switch every API on, as somebody did by hand before the program ran."""
    every = sorted({enablement.api_of(token)[0] for token in catalog.HOME})
    store.root.mkdir(parents=True, exist_ok=True)
    (store.root / APIS_FILE).write_text(json.dumps(dict.fromkeys(projects or [PROJECT], every)), encoding="utf-8")


class Cloud:
    """A configured provider on a store of its own, in projects whose APIs are on."""

    def __init__(self, local: Path, **config: Any) -> None:
        self.local = local
        self.store = Store(local / "gcp")
        enable_apis(self.store, PROJECT, "other-project")
        self.provider = GcpProvider(self.store)
        self.provider.configure({"project": PROJECT, "region": REGION, **config})
        self.logged: list[str] = []
        self.provider.log = lambda _urn, message: self.logged.append(message)

    def check(self, token: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> list[CheckFailure]:
        """What is refused of these inputs."""
        return self.provider.check(request(token, "it"), olds or {}, news, b"seed")[1]

    def refusal(self, token: str, **changes: Any) -> str:
        """The refusals of the type's valid inputs with these changes, as one text."""
        failures = self.check(token, {**VALID[token], **changes})
        return "; ".join(f"{failure.property}: {failure.reason}" for failure in failures)

    def inputs(self, token: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
        """Checked inputs; fails when any is refused."""
        inputs, failures = self.provider.check(request(token, "it"), olds or {}, news, b"seed")
        assert not failures, failures
        return inputs

    def create(self, token: str, **changes: Any) -> tuple[dict[str, Any], State]:
        """Check and create the type's valid inputs with these changes (None leaves one out)."""
        news = {key: value for key, value in {**VALID[token], **changes}.items() if value is not None}
        inputs = self.inputs(token, news)
        return inputs, self.provider.create(request(token, "it"), inputs)

    def build(self, *tokens: str) -> dict[str, tuple[dict[str, Any], State]]:
        """Create the valid inputs of these types (of all for none), in the order of `VALID`."""
        return {token: self.create(token) for token in VALID if token in tokens or not tokens}

    def build_before(self, token: str) -> None:
        """Create the valid inputs of all types that stand before this one in `VALID`."""
        order = list(VALID)
        self.build(*order[: order.index(token)] or ["none"])

    def read(self, token: str, inputs: dict[str, Any], state: State) -> State | None:
        """Refresh."""
        return self.provider.read(request(token, "it", state.id), inputs, state.outputs)

    def diff(self, token: str, inputs: dict[str, Any], state: State, **changes: Any) -> Diff:
        """What changing these inputs would do (None leaves one out)."""
        news = {key: value for key, value in {**inputs, **changes}.items() if value is not None and key != DEFAULTS}
        checked = self.inputs(token, news, inputs)
        return self.provider.diff(request(token, "it", state.id), inputs, state.outputs, checked, [])

    def update(self, token: str, inputs: dict[str, Any], state: State, **changes: Any) -> State:
        """Change these inputs in place."""
        news = {key: value for key, value in {**inputs, **changes}.items() if value is not None and key != DEFAULTS}
        checked = self.inputs(token, news, inputs)
        where = request(token, "it", state.id)
        return State(state.id, self.provider.update(where, inputs, state.outputs, checked, []))

    def delete(self, token: str, inputs: dict[str, Any], state: State) -> None:
        """Destroy."""
        self.provider.delete(request(token, "it", state.id), inputs, state.outputs)

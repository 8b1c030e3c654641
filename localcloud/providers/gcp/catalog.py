"""The table of offered types. A type that is not in it is refused: nothing says how Google would treat it."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import schema
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from localcloud.providers.gcp.kind import Kind

#: type token -> module under services/ that holds its rules
HOME: Final[dict[str, str]] = {
    "gcp:artifactregistry/repository:Repository": "artifactregistry",
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": "iam",
    "gcp:billing/budget:Budget": "billing",
    "gcp:binaryauthorization/policy:Policy": "binaryauthorization",
    "gcp:certificatemanager/certificate:Certificate": "certificatemanager",
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": "certificatemanager",
    "gcp:compute/address:Address": "address",
    "gcp:compute/firewall:Firewall": "firewall",
    "gcp:compute/network:Network": "network",
    "gcp:compute/router:Router": "router",
    "gcp:compute/routerNat:RouterNat": "router",
    "gcp:compute/subnetwork:Subnetwork": "subnetwork",
    "gcp:container/cluster:Cluster": "cluster",
    "gcp:container/nodePool:NodePool": "nodepool",
    "gcp:dns/managedZone:ManagedZone": "dns",
    "gcp:dns/recordSet:RecordSet": "dns",
    "gcp:gkebackup/backupPlan:BackupPlan": "gkebackup",
    "gcp:gkebackup/restorePlan:RestorePlan": "gkebackup",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": "workloadidentity",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "workloadidentity",
    "gcp:kms/cryptoKey:CryptoKey": "kms",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "iam",
    "gcp:kms/keyRing:KeyRing": "kms",
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": "iam",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "customrole",
    "gcp:projects/iAMMember:IAMMember": "iam",
    "gcp:projects/service:Service": "projects",
    "gcp:secretmanager/secret:Secret": "secretmanager",
    "gcp:secretmanager/secretIamMember:SecretIamMember": "iam",
    "gcp:serviceaccount/account:Account": "serviceaccount",
    "gcp:serviceaccount/iAMMember:IAMMember": "iam",
    "gcp:storage/bucket:Bucket": "storage",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "iam",
    "gcp:storage/bucketObject:BucketObject": "storage",
}


@functools.cache
def find(token: str) -> Kind:
    """The kind of a type token; raises ProviderError for a type without a named source of its rules."""
    home = HOME.get(token)
    if home is not None:
        module = importlib.import_module(f"localcloud.providers.gcp.services.{home}")
        for kind in module.KINDS:
            if kind.token == token:
                return kind
    reason = (
        "its fields are known but no module under services/ has the rules of its API"
        if schema.load(token)
        else "it has no named source of its rules (no file under schema/, no table with its source)"
    )
    raise ProviderError(f"{token} is not offered by the gcp stand-in: {reason}")

"""Safety profiles: what an environment switches on, in one table. docs/reference/profiles.md is written from it.

`baseline` is what nothing should go without; `hardened`, the default, adds what costs little; `regulated` adds what
auditors ask for and what costs money or freedom. What is on in every profile is no choice: `ALWAYS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Name = Literal["baseline", "hardened", "regulated"]
NAMES: Final[tuple[Name, ...]] = ("baseline", "hardened", "regulated")


@dataclass(frozen=True)
class Profile:
    """What one profile says; field by field a row of `SETTINGS`, which has the reasons."""

    name: Name
    image_admission: Literal["audit", "enforce"]
    etcd_key: bool
    data_keys: bool
    key_protection: Literal["SOFTWARE", "HSM"]
    key_rotation_days: int
    control_plane_logs: bool
    control_plane_metrics: bool
    flow_sampling: float
    firewall_logs: bool
    internet_egress: bool
    backup: bool
    backup_keep_days: int
    backup_lock_days: int
    confidential_nodes: bool
    encrypted_in_transit: bool
    intranode_visibility: bool
    soft_delete_days: int
    access_logs: bool
    access: Literal["dns", "private-runner"]
    dns_access_allowed: bool
    rapid_channel_allowed: bool
    mutable_tags_allowed: bool
    unprotected_allowed: bool
    spot_allowed: bool


@dataclass(frozen=True)
class Setting:
    """A row: what it is, its value in each profile, why, and where that is written."""

    field: str
    title: str
    values: tuple[Any, Any, Any]
    reason: str
    source: str


SETTINGS: Final = (
    Setting(
        "image_admission",
        "Binary Authorization: images from elsewhere than the environment's own registries",
        ("audit", "enforce", "enforce"),
        "What was not built, scanned and released by you does not run. `audit` lets it run and writes it down.",
        'Binary Authorization documentation, "Policy YAML reference"',
    ),
    Setting(
        "etcd_key",
        "Kubernetes Secrets encrypted with the environment's own key",
        (False, True, True),
        "Who reads the control plane's disks, or a copy of them, reads no Secret.",
        'GKE documentation, "Encrypt Secrets at the application layer"',
    ),
    Setting(
        "data_keys",
        "Buckets, registries, secrets, backups and node disks encrypted with the environment's own key",
        (False, False, True),
        "Taking the key away makes the data unreadable, also for Google. It costs a request to the key at each use.",
        'Cloud KMS documentation, "Customer-managed encryption keys (CMEK)"',
    ),
    Setting(
        "key_protection",
        "Where own keys live",
        ("SOFTWARE", "SOFTWARE", "HSM"),
        "A hardware module (FIPS 140-2 Level 3) never lets a key out. A version of a key costs many times as much.",
        'Cloud KMS documentation, "Protection levels"',
    ),
    Setting(
        "key_rotation_days",
        "Days after which own keys are rotated",
        (90, 90, 30),
        "A key that leaks opens what was encrypted in one period only.",
        'Cloud KMS documentation, "Key rotation"',
    ),
    Setting(
        "control_plane_logs",
        "Logs of the API server, scheduler and controller manager, beside those of system and workloads",
        (False, True, True),
        "Who did what to the cluster, when an incident is looked into. They are charged by volume.",
        'GKE documentation, "View GKE logs"',
    ),
    Setting(
        "control_plane_metrics",
        "Metrics of the API server, scheduler, controller manager, storage and workloads' state",
        (False, True, True),
        "A slow control plane is seen before a rollout fails because of it.",
        'GKE documentation, "Configure metrics collection"',
    ),
    Setting(
        "flow_sampling",
        "Share of the network's flows that is logged",
        (0.1, 0.5, 1.0),
        "Who talked to whom, for an incident. All of it is expensive.",
        'VPC documentation, "Use VPC Flow Logs"',
    ),
    Setting(
        "firewall_logs",
        "Connections that a firewall rule denied are logged",
        (False, True, True),
        "Somebody who probes the network shows.",
        'Cloud NGFW documentation, "VPC firewall rules logging"',
    ),
    Setting(
        "internet_egress",
        "Nodes and pods may open connections to the internet, through NAT",
        (True, True, False),
        "Without it data cannot be carried out, and a service can call Google's APIs and the VPC only.",
        'VPC documentation, "Configure Private Google Access"',
    ),
    Setting(
        "backup",
        "Daily backup of the cluster's objects and volumes",
        (False, True, True),
        "A namespace deleted by mistake, or by somebody, comes back.",
        'Backup for GKE documentation, "Plan a set of backups"',
    ),
    Setting(
        "backup_keep_days",
        "Days that a backup is kept, at least",
        (7, 30, 90),
        "What is noticed late can still be undone.",
        'Backup for GKE documentation, "Plan a set of backups"',
    ),
    Setting(
        "backup_lock_days",
        "Days during which nobody can delete a backup, at least",
        (0, 0, 30),
        "Also not somebody who has taken over an administrator's account.",
        'Backup for GKE documentation, "Plan a set of backups", delete lock period',
    ),
    Setting(
        "confidential_nodes",
        "Memory of nodes encrypted in use",
        (False, False, True),
        "The host under a node cannot read what it computes. Only some machine series can do it.",
        'GKE documentation, "Encrypt workload data in use with Confidential GKE Nodes"',
    ),
    Setting(
        "encrypted_in_transit",
        "Traffic of pods between nodes encrypted",
        (False, False, True),
        "Nobody on the wire between two nodes reads it. It costs throughput.",
        'GKE documentation, "Encrypt your data in-transit in GKE with user-managed encryption keys"',
    ),
    Setting(
        "intranode_visibility",
        "Traffic between pods of one node passes the VPC, its flow logs and its firewall",
        (False, True, True),
        "Without it two pods on one node talk unseen.",
        'GKE documentation, "Set up intranode visibility"',
    ),
    Setting(
        "soft_delete_days",
        "Days that a deleted object of a bucket can be brought back",
        (7, 7, 30),
        "Versioning does not help against who deletes the versions; this does.",
        'Cloud Storage documentation, "Soft delete"',
    ),
    Setting(
        "access_logs",
        "Reads and writes of data in buckets, secrets and keys are in the audit log",
        (False, False, True),
        "Who read what. These logs are off by default, because they are large.",
        'Cloud Audit Logs documentation, "Enable Data Access audit logs"',
    ),
    Setting(
        "access",
        "How the Kubernetes API is reached, where the environment does not say",
        ("dns", "dns", "private-runner"),
        "By GKE's DNS endpoint, which asks IAM before the API server hears of it; or from inside of the VPC only.",
        'GKE documentation, "About customizing network isolation in GKE"',
    ),
    Setting(
        "dns_access_allowed",
        "`access: dns` is allowed",
        (True, True, False),
        "Where rules demand that no name in the internet leads to the control plane.",
        'GKE documentation, "About customizing network isolation in GKE"',
    ),
    Setting(
        "rapid_channel_allowed",
        "`release_channel: RAPID` is allowed",
        (True, False, False),
        "Versions there are weeks old and have no service-level agreement.",
        'GKE documentation, "About release channels"',
    ),
    Setting(
        "mutable_tags_allowed",
        "`immutable_tags: false` is allowed",
        (True, False, False),
        "A tag that can move names something else tomorrow.",
        'Artifact Registry documentation, "Prevent tag modification"',
    ),
    Setting(
        "unprotected_allowed",
        "`deletion_protection: false` of a cluster and `protect: false` of a bucket are allowed",
        (True, True, False),
        "Deleting takes two reviewed changes: one of the profile, one of the protection.",
        'GKE documentation, "Delete a cluster"; pulumi-gcp#1394',
    ),
    Setting(
        "spot_allowed",
        "`spot: true` of a node pool is allowed",
        (True, True, False),
        "Spot nodes go at any time without regard to disruption budgets, so no availability can be promised on them.",
        'GKE documentation, "Spot VMs"',
    ),
)


@dataclass(frozen=True)
class Always:
    """What no profile and no environment file can switch off."""

    what: str
    reason: str
    source: str


ALWAYS: Final = (
    Always(
        "Nodes have no public addresses.",
        "Nothing on the internet can open a connection to a node.",
        'GKE documentation, "About private nodes"',
    ),
    Always(
        "The control plane has no public address: it is reached by the DNS endpoint with IAM, or from the VPC.",
        "A leaked credential alone is not enough to try it from anywhere.",
        'GKE documentation, "About customizing network isolation in GKE"',
    ),
    Always(
        "The list of authorized networks is there, also when it is empty.",
        "An absent list means everyone, an empty one nobody.",
        "terraform-google-kubernetes-engine#901",
    ),
    Always(
        "Pods have identities of their own by Workload Identity, and the metadata server hides the node's.",
        "No key in a pod, and no pod that acts as its node.",
        'GKE documentation, "About Workload Identity Federation for GKE"',
    ),
    Always(
        "Nodes are shielded, with secure boot and integrity monitoring, and run Container-Optimized OS.",
        "A node proves what it booted; a system without a package manager is hard to change.",
        'GKE documentation, "Harden your cluster\'s security"',
    ),
    Always(
        "Nodes run as an account of their own that may pull, log and report metrics, and nothing else.",
        "The default account is an editor of the project.",
        'GKE documentation, "Use least privilege IAM service accounts"',
    ),
    Always(
        "The legacy metadata endpoints, legacy authorization, client certificates and the kubelet's read-only port "
        "are off.",
        "Each answers without asking who calls.",
        'GKE documentation, "Harden your cluster\'s security"',
    ),
    Always(
        "Dataplane V2 runs the network.",
        "It enforces NetworkPolicies; without it they do nothing.",
        'GKE documentation, "GKE Dataplane V2"',
    ),
    Always(
        "Pods and Services have named secondary ranges of the subnet, which are different ones.",
        "GKE makes its own where they are not named, and changes them with the cluster.",
        "terraform-provider-google#6761",
    ),
    Always(
        "Nodes are repaired and upgraded by GKE, in a release channel and within a maintenance window.",
        "Known holes are closed without anybody's doing.",
        'GKE documentation, "About cluster upgrades"',
    ),
    Always(
        "The security posture dashboard audits workloads' configuration.",
        "What runs as root or as privileged shows. GKE's own scanning of workloads has ended: registries scan.",
        'GKE documentation, "About the security posture dashboard"',
    ),
    Always(
        "Incoming connections to nodes are denied but from the load balancers' health checks and proxies, and from "
        "what GKE itself opens.",
        "A rule that nobody wrote opens nothing.",
        'VPC documentation, "VPC firewall rules"',
    ),
    Always(
        "Buckets are private: uniform access, public access prevention, versioning, soft delete.",
        "One place says who may read, nobody can publish by mistake, and what is overwritten comes back.",
        'Cloud Storage documentation, "Best practices for Cloud Storage"',
    ),
    Always(
        "Registries are scanned, and their clean-up keeps released and recent artifacts.",
        "What is known to be bad shows, and what runs can be pulled again.",
        'Artifact Registry documentation, "Configure cleanup policies"; "Container scanning overview"',
    ),
    Always(
        "Tags are immutable, clusters and buckets protected, unless the file says otherwise and the profile allows it.",
        "The mistake takes two steps.",
        'GKE documentation, "Delete a cluster"',
    ),
    Always(
        "While a cluster is protected, the engine refuses to replace or delete it, the keys and the registries.",
        "A replaced cluster is an outage; a destroyed key is the loss of what it encrypts.",
        'pulumi-gcp#95; Cloud KMS documentation, "Destroy and restore key versions"',
    ),
    Always(
        "Secrets are containers only: no version and no value passes Pulumi. Each is read by one service's identity.",
        "What is not in the program is not in its state, its plan or its log.",
        'Secret Manager documentation, "Best practices"',
    ),
    Always(
        "System and workload logs, managed Prometheus and cost allocation by namespace.",
        "What happens is known, and what it costs.",
        'GKE documentation, "Observability in GKE"; "Get key spending insights"',
    ),
    Always(
        "DNSSEC in public zones, certificates from Certificate Manager, TLS at every gateway.",
        "Names and traffic are not to be forged on their way.",
        'Cloud DNS documentation, "DNSSEC overview"',
    ),
)


def profile(name: Name) -> Profile:
    """The profile of this name."""
    column = NAMES.index(name)
    return Profile(name, **{setting.field: setting.values[column] for setting in SETTINGS})


def reason(field: str) -> str:
    """Why a setting is what it is, as in the table."""
    return next(setting.reason for setting in SETTINGS if setting.field == field)

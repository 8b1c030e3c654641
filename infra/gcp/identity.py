"""Who may do what: one deployer for each team, its readers, and Workload Identity for its pods."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_gcp.projects import IAMMember
from pulumi_gcp.secretmanager import SecretIamMember
from pulumi_gcp.serviceaccount import Account

from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VIEWER: Final = ("roles/container.clusterViewer", "roles/logging.viewer")
"""Find and connect to the cluster, where RBAC decides; and read logs, which Google grants for the whole project."""


def namespace_principal(project: str, number: str, namespace: str) -> str:
    """All pods of a namespace, as an IAM member: no key and no service account of their own is needed.

    Source: GKE documentation, "Workload Identity Federation for GKE", principal identifiers.
    """
    return f"principalSet://iam.googleapis.com/{_pool(project, number)}/namespace/{namespace}"


def account_principal(project: str, number: str, namespace: str, account: str) -> str:
    """The pods of one Kubernetes service account, as an IAM member. Source: as of `namespace_principal`."""
    return f"principal://iam.googleapis.com/{_pool(project, number)}/subject/ns/{namespace}/sa/{account}"


def _pool(project: str, number: str) -> str:
    return f"projects/{number}/locations/global/workloadIdentityPools/{project}.svc.id.goog"


def slug(member: str) -> str:
    """An IAM member as part of a resource's name."""
    return re.sub(r"[^a-z0-9]+", "-", member.partition(":")[2].lower()).strip("-")


@dataclass(frozen=True)
class WorkloadIdentityArgs:
    """Grants to a namespace, or to one Kubernetes service account in it: project roles, and secrets by label."""

    project: str
    number: str
    namespace: str
    account: str | None = None
    roles: Sequence[str] = ()
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class WorkloadIdentity(pulumi.ComponentResource):
    """What pods may do at Google by their own identity; nobody holds a key."""

    member: str

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:WorkloadIdentity", name, None, opts)
        self.member = (
            account_principal(args.project, args.number, args.namespace, args.account)
            if args.account
            else namespace_principal(args.project, args.number, args.namespace)
        )
        for role in args.roles:
            IAMMember(
                f"{name}-{role.rsplit('/', 1)[-1]}",
                project=args.project,
                role=role,
                member=self.member,
                opts=child(self, opts),
            )
        for label, secret in args.secrets.items():
            SecretIamMember(
                f"{name}-read-{label}",
                project=args.project,
                secret_id=secret,
                role="roles/secretmanager.secretAccessor",
                member=self.member,
                opts=child(self, opts),
            )
        self.register_outputs({"member": self.member})


class TeamIdentity(pulumi.ComponentResource):
    """The service account that deploys one team's stack, and who reads the team's objects: inside, RBAC decides."""

    email: pulumi.Output[str]
    member: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        account_id: str,
        project: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slipway:gcp:TeamIdentity", name, None, opts)
        account = Account(
            f"{name}-account", account_id=account_id, display_name=f"Deploys {name}", opts=child(self, opts)
        )
        IAMMember(
            f"{name}-connect",
            project=project,
            role="roles/container.clusterViewer",  # find the cluster and its endpoint; everything else is RBAC
            member=account.member,
            opts=child(self, opts),
        )
        self.email = account.email
        self.member = account.member
        self.register_outputs({"email": self.email})


@dataclass(frozen=True)
class ViewersArgs:
    """IAM members such as group:growth@example.com; each is granted once, in however many teams it is."""

    project: str
    members: Sequence[str]


class Viewers(pulumi.ComponentResource):
    """Who may find the cluster and read the project's logs; what they see inside the cluster is RBAC's."""

    def __init__(self, name: str, args: ViewersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Viewers", name, None, opts)
        for member in sorted(set(args.members)):
            for role in _VIEWER:
                IAMMember(
                    f"{name}-{slug(member)}-{role.rpartition('.')[0].rpartition('/')[2]}",
                    project=args.project,
                    role=role,
                    member=member,
                    opts=child(self, opts),
                )
        self.register_outputs({})

"""Who may do what: one deployer for each team, and Workload Identity for its pods."""

from __future__ import annotations

import pulumi
from pulumi_gcp.projects import IAMMember
from pulumi_gcp.serviceaccount import Account


def namespace_principal(project: str, number: str, namespace: str) -> str:
    """All pods of a namespace, as an IAM member: no key and no service account of their own is needed.

    Source: GKE documentation, "Workload Identity Federation for GKE", principal identifiers.
    """
    pool = f"projects/{number}/locations/global/workloadIdentityPools/{project}.svc.id.goog"
    return f"principalSet://iam.googleapis.com/{pool}/namespace/{namespace}"


class TeamIdentity(pulumi.ComponentResource):
    """The service account that deploys one team's stack; its rights inside the cluster are namespaced RBAC."""

    email: pulumi.Output[str]
    member: pulumi.Output[str]

    def __init__(self, name: str, account_id: str, project: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:TeamIdentity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = Account(f"{name}-account", account_id=account_id, display_name=f"Deploys {name}", opts=child)
        IAMMember(
            f"{name}-connect",
            project=project,
            role="roles/container.clusterViewer",  # find the cluster and its endpoint; everything else is RBAC
            member=account.member,
            opts=child,
        )
        self.email = account.email
        self.member = account.member
        self.register_outputs({"email": self.email})

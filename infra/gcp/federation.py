"""Identities that workflows of a forge act as, without any key: workload identity federation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp.iam import WorkloadIdentityPool, WorkloadIdentityPoolProvider
from pulumi_gcp.projects import IAMMember
from pulumi_gcp.serviceaccount import Account
from pulumi_gcp.serviceaccount import IAMMember as AccountMember

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class IdentityArgs:
    """`condition` says which tokens are taken; `principals` is the IAM member of whoever brought one.

    `roles` are roles on the project, each with its condition or None.
    """

    account_id: str
    description: str
    condition: str
    mapping: Mapping[str, str]
    principals: str
    roles: Sequence[tuple[str, dict[str, str] | None]]


@dataclass(frozen=True)
class FederationArgs:
    """`identities` by name: `preview` and `deploy`."""

    project: str
    pool: str
    issuer: str
    identities: Mapping[str, IdentityArgs]


class Federation(pulumi.ComponentResource):
    """A pool with a provider for each identity, so that one's condition is never another's."""

    members: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Federation", name, None, opts)
        depends = list(opts.depends_on) if opts and isinstance(opts.depends_on, list) else None
        # A deleted pool or provider keeps its id for 30 days (IAM documentation, "Manage workload identity pools").
        kept = pulumi.ResourceOptions(parent=self, protect=True, depends_on=depends)
        pool = WorkloadIdentityPool(
            f"{name}-pool",
            project=args.project,
            workload_identity_pool_id=args.pool,
            display_name=args.pool,
            description="Workflows of the forge",
            opts=kept,
        )
        self.members = {}
        for label, identity in args.identities.items():
            WorkloadIdentityPoolProvider(
                f"{name}-{label}-provider",
                project=args.project,
                workload_identity_pool_id=pool.workload_identity_pool_id,
                workload_identity_pool_provider_id=f"github-{label}",
                display_name=f"GitHub, {label}",
                attribute_condition=identity.condition,
                attribute_mapping=identity.mapping,
                oidc={"issuer_uri": args.issuer},
                opts=kept,
            )
            self.members[label] = self._account(f"{name}-{label}", args.project, identity, pool, kept)
        self.register_outputs({})

    def _account(
        self,
        name: str,
        project: str,
        identity: IdentityArgs,
        pool: WorkloadIdentityPool,
        kept: pulumi.ResourceOptions,
    ) -> pulumi.Output[str]:
        account = Account(
            f"{name}-account",
            project=project,
            account_id=identity.account_id,
            display_name=identity.account_id,
            description=identity.description,
            opts=kept,
        )
        child = pulumi.ResourceOptions(parent=self)
        AccountMember(
            f"{name}-workflows",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=identity.principals,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[pool]),
        )
        for role, condition in identity.roles:
            IAMMember(
                f"{name}-{role.rpartition('/')[2]}",
                project=project,
                role=role,
                member=account.member,
                condition=condition,  # pyright: ignore[reportArgumentType] - title and expression
                opts=child,
            )
        return account.member

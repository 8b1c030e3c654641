"""`<environment>.bootstrap`: what the environment's first update needs. Applied by `slipway bootstrap`, by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp import Provider

from infra.gcp.apis import Apis, ApisArgs
from infra.gcp.federation import Federation, FederationArgs, IdentityArgs
from infra.gcp.state_store import StateStore, StateStoreArgs
from slipway.bootstrap import plan as plans
from slipway.bootstrap.plan import DEPLOY, ISSUER, PREVIEW, SERVICES
from slipway.bootstrap.roles import DEPLOY_GRANTS, PREVIEW_GRANTS
from slipway.errors import FailedError
from slipway.schema.base import WrongAtError

if TYPE_CHECKING:
    from slipway.bootstrap.plan import Plan
    from slipway.bootstrap.roles import Grant
    from slipway.desired import Desired


def declare(desired: Desired, layer: str) -> None:
    """Declare the foundations of `desired`."""
    del layer
    try:
        plan = plans.plan(desired.name, desired.environment)
    except WrongAtError as error:
        raise FailedError(f"environment `{desired.name}` cannot be bootstrapped: {error}") from None
    provider = Provider("google", project=plan.project, region=plan.region)
    opts = pulumi.ResourceOptions(provider=provider)
    apis = Apis("apis", ApisArgs(plan.project, SERVICES), opts)
    after = pulumi.ResourceOptions(provider=provider, depends_on=[apis])
    federation = Federation(
        "federation",
        FederationArgs(
            plan.project,
            plan.pool,
            ISSUER,
            {
                PREVIEW: _identity(plan, PREVIEW, "Previews: reads", PREVIEW_GRANTS),
                DEPLOY: _identity(plan, DEPLOY, f"Deploys from branch {plan.branch}", DEPLOY_GRANTS),
            },
        ),
        after,
    )
    readers = ("roles/storage.objectViewer", "roles/cloudkms.cryptoKeyDecrypter")
    # Pulumi's backend writes, lists and removes objects; a new stack's own key is encrypted once, by whoever makes it.
    writers = ("roles/storage.objectUser", "roles/cloudkms.cryptoKeyEncrypterDecrypter")
    StateStore(
        "state",
        StateStoreArgs(
            project=plan.project,
            region=plan.region,
            bucket=plan.bucket,
            location=plan.location,
            ring=plan.ring,
            key=plan.key,
            users={PREVIEW: (federation.members[PREVIEW], *readers), DEPLOY: (federation.members[DEPLOY], *writers)},
        ),
        after,
    )
    for identity in (PREVIEW, DEPLOY):
        pulumi.export(f"{identity}_account", plan.email(identity))
        pulumi.export(f"{identity}_provider", plan.provider(identity))


def _identity(plan: Plan, identity: str, description: str, grants: tuple[Grant, ...]) -> IdentityArgs:
    return IdentityArgs(
        account_id=plan.account(identity),
        description=description,
        condition=plan.condition(identity),
        mapping=plan.mapping(identity),
        principals=plan.principals(identity),
        roles=[(grant.role, grant.condition(plan)) for grant in grants],
    )

"""`<environment>.cluster`: what lives in every cluster, and each team's space in it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pulumi

from infra.kubernetes.gateways import Gateways
from infra.kubernetes.provider import provider, unknown
from infra.kubernetes.rollouts_controller import (
    REPLICAS,
    RolloutsController,
    RolloutsControllerArgs,
    RolloutsDefinitions,
)
from infra.kubernetes.team_space import TeamSpace, TeamSpaceArgs
from slipway import quotas
from slipway.rollouts.traffic import weighted
from slipway.tools import images
from slipway.tools.definitions import rollouts_definitions
from stacks.hosts import gateways
from stacks.own_images import complete
from stacks.reading import read_contract

if TYPE_CHECKING:
    from slipway.contract import Contract
    from slipway.desired import Desired


def declare(desired: Desired, layer: str) -> None:
    """Declare what lives in the cluster of `desired`."""
    del layer
    contract = read_contract(desired)
    opts = pulumi.ResourceOptions(provider=provider(contract))
    RolloutsDefinitions("rollouts", rollouts_definitions(), opts)
    RolloutsController(
        "rollouts-controller",
        RolloutsControllerArgs(
            image=own_image(desired, contract, images.ROLLOUTS),
            replicas=0 if desired.environment.stand_ins else REPLICAS,  # locally a process of this machine does it
            readers=list(contract.deployers.values()),
            plugin=own_image(desired, contract, images.GATEWAY_PLUGIN) if weighted(desired.environment) else None,
        ),
        opts,
    )
    if contract.gateway:
        Gateways("gateway", gateways(desired, contract.gateway), opts)
    for team in desired.teams:
        TeamSpace(f"team-{team}", _space(desired, contract, team), opts)
    pulumi.export("contract", dataclasses.asdict(contract))


def _space(desired: Desired, contract: Contract, team: str) -> TeamSpaceArgs:
    granted = quotas.limits(desired.environment.teams, team)
    limits = {key: str(value) for key, value in granted.limits.model_dump().items()}
    meshed = desired.environment.mesh is not None
    return TeamSpaceArgs(team, contract.deployers[team], limits, granted.viewers, meshed)


def own_image(desired: Desired, contract: Contract, name: str) -> pulumi.Input[str]:
    """An image of the platform's own; not known in a preview of an update that will be refused (`complete`)."""
    image, allowed = complete(desired, contract, name)
    return image if allowed else unknown()

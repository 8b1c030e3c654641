"""`<environment>.cluster`: what lives in every cluster, and each team's space in it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pulumi

from infra.kubernetes.provider import provider
from infra.kubernetes.rollouts_controller import RolloutsDefinitions
from infra.kubernetes.team_space import TeamSpace, TeamSpaceArgs
from slipway.tools.definitions import rollouts_definitions
from stacks.reading import read_contract

if TYPE_CHECKING:
    from slipway.desired import Desired


def declare(desired: Desired, layer: str) -> None:
    """Declare what lives in the cluster of `desired`."""
    del layer
    contract = read_contract(desired)
    opts = pulumi.ResourceOptions(provider=provider(contract))
    RolloutsDefinitions("rollouts", rollouts_definitions(), opts)
    for team in desired.teams:
        TeamSpace(f"team-{team}", TeamSpaceArgs(team, contract.deployers[team]), opts)
    pulumi.export("contract", dataclasses.asdict(contract))

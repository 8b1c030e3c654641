"""`<environment>.<team>`: the services of one team."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pulumi

from infra.kubernetes.pod import PodArgs
from infra.kubernetes.provider import provider
from infra.kubernetes.service import Service, ServiceArgs
from slipway.addresses import full_image
from slipway.desired import MODELS
from slipway.schema.artifacts import SHORT
from stacks.reading import read_contract

if TYPE_CHECKING:
    from slipway.contract import Contract
    from slipway.desired import Desired, WantedService


def declare(desired: Desired, team: str) -> None:
    """Declare the services of `team`."""
    contract = read_contract(desired)
    opts = pulumi.ResourceOptions(provider=provider(contract))
    for wanted in desired.team(team):
        Service(wanted.name, ServiceArgs(team, team, pod(wanted, contract)), opts)
    pulumi.export("contract", dataclasses.asdict(contract))


def pod(wanted: WantedService, contract: Contract) -> PodArgs:
    """The service's release, made whole with what the environment supplies: registry host and bucket."""
    release = (wanted.image.digest or "").removeprefix("sha256:")[:SHORT] or wanted.image.tag or "latest"
    return PodArgs(
        spec=wanted.spec,
        image=full_image(wanted, contract),
        release=release,
        model=wanted.model,
        models_bucket=contract.buckets.get(MODELS),
    )

"""Which hosts the services of an environment are reached at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.kubernetes.gateways import GatewaysArgs, Host

if TYPE_CHECKING:
    from slipway.contract import Entrance
    from slipway.desired import Desired, WantedService


def host(wanted: WantedService, entrance: Entrance) -> Host:
    """The host of an exposed service."""
    label = wanted.spec.expose.host if wanted.spec.expose else wanted.name
    return Host(f"{label}.{entrance.domain}", label, wanted.team)


def gateways(desired: Desired, entrance: Entrance) -> GatewaysArgs:
    """The hosts of all services, by the way that leads to them. A host is public only where the environment says so."""
    exposed = [wanted for wanted in desired.services if wanted.spec.expose]
    public = [wanted for wanted in exposed if wanted.spec.expose and wanted.spec.expose.auth == "iap"]
    inside = [wanted for wanted in exposed if wanted not in public]
    return GatewaysArgs(
        certificate=entrance.certificate,
        addresses={"public": entrance.public_address or "", "internal": entrance.internal_address},
        hosts={
            "public": [host(each, entrance) for each in public if host(each, entrance).label in entrance.public],
            "internal": [host(each, entrance) for each in inside],
        },
    )

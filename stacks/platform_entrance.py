"""How the environment's services are reached from outside of the cluster, as far as it is Google's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra.gcp.entrance import Entrance, EntranceArgs
from slipway import contract

if TYPE_CHECKING:
    from infra.gcp.network import Network
    from stacks.platform_settings import Settings


def declare_entrance(settings: Settings, network: Network) -> None:
    """Declare addresses, certificate and names. Only hosts that a service exposes get a record."""
    desired = settings.desired
    names, gateway = contract.entrance(desired), desired.environment.gateway
    if names is None or gateway is None:
        return
    exposed = {service.spec.expose.host for service in desired.services if service.spec.expose}
    entrance = Entrance(
        "entrance",
        EntranceArgs(
            name=settings.base_name,
            project=settings.google.project,
            region=settings.google.region,
            network=network.network_id,
            subnetwork=network.subnetwork_id,
            domain=names.domain,
            certificate=names.certificate,
            internal_address=names.internal_address,
            public_address=names.public_address,
            public=sorted(exposed & set(names.public)),
            internal=sorted(exposed - set(names.public)),
            # The grant is the project's, so a branch's environment would take its owner's away when it goes.
            users=[] if settings.branch else gateway.users,
        ),
        settings.opts,
    )
    pulumi.export("name_servers", entrance.name_servers)

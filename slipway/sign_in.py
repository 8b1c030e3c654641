"""What signing people in needs of the environment file.

GKE's Gateway takes Identity-Aware Proxy with an OAuth client of one's own only (gke-gateway-api#57, open in 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slipway.desired import WantedService
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile

_MOST_HOSTS: Final = 63
"""A Gateway has 64 listeners at most (Gateway API v1, GatewaySpec), and one of them is for the redirect."""


def refusals(file: EnvironmentFile, services: Sequence[WantedService]) -> Iterator[Problem]:
    """An environment without an OAuth client for its services behind Identity-Aware Proxy, and one with too many."""
    gateway = file.value.gateway
    if gateway is None:
        return
    behind = [wanted.key for wanted in services if wanted.spec.expose and wanted.spec.expose.auth == "iap"]
    if behind and gateway.oauth_client is None:
        what = f"`{behind[0]}` is exposed behind Identity-Aware Proxy, and there is no OAuth client to sign in with"
        remedy = "make one in the console and name it as gateway.oauth_client (docs/exposure.md)"
        yield file.document.problem(("gateway",), what, remedy)
    inside = [wanted for wanted in services if wanted.spec.expose and wanted.spec.expose.auth == "none"]
    for number in (len(behind), len(inside)):
        if number > _MOST_HOSTS:
            what = f"{number} services are exposed at one gateway, which takes {_MOST_HOSTS}"
            yield file.document.problem(("gateway",), what, "expose fewer, or put them behind one service")

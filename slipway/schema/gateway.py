"""How services of an environment are reached from outside of its cluster."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from slipway.schema.base import Label, Member, Strict, form

Domain = Annotated[
    str,
    form(
        r"([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
        "no domain",
        "write one such as ml.example.com, in lower case, without a dot at the end",
    ),
]

OAuthClient = Annotated[
    str,
    form(
        r"[0-9]+(-[a-z0-9]+)?\.apps\.googleusercontent\.com",
        "no OAuth client id",
        "write it as the console shows it: NUMBER-TEXT.apps.googleusercontent.com",
    ),
]


class Gateway(Strict):
    """A static address, a certificate and a DNS zone for `HOST.domain`, TLS always. Nothing is public unless named."""

    domain: Domain = Field(description="Domain of the hosts; its zone is made here and has to be delegated to.")
    public: list[Label] = Field(
        default=[],
        description="Hosts that services may expose to the internet, behind Identity-Aware Proxy. Others stay inside.",
    )
    oauth_client: OAuthClient | None = Field(
        default=None,
        description="OAuth client that Identity-Aware Proxy signs people in with, needed for `auth: iap`. Its secret "
        "is the Kubernetes Secret `iap-oauth` of the team (docs/exposure.md), and never stands here.",
    )
    weights: bool = Field(
        default=False,
        description="Canaries of exposed services go by weights of the gateway, which Argo's plugin for the Gateway "
        "API moves; by numbers of pods, if not. Needs a registry with `remote: ghcr` (docs/traffic.md).",
    )
    users: list[Member] = Field(
        default=[], description="Who passes Identity-Aware Proxy, such as group:ml-users@example.com."
    )

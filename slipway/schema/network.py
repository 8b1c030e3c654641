"""Address ranges of an environment's own VPC."""

from __future__ import annotations

import ipaddress
from typing import Final, Self

from pydantic import Field, model_validator

from slipway.schema.base import Range, Strict, WrongAtError

_CONTROL_PLANE: Final = "172.16.0.0/28"
_CONTROL_PLANE_LENGTH: Final = 28
"""GKE documentation, "Create a private cluster": the control plane's range is a /28."""
_LONGEST_PROXY_ONLY: Final = 26
"""Cloud Load Balancing documentation, "Proxy-only subnets": 64 addresses or more."""


class Network(Strict):
    """Address ranges of the environment's own VPC. None may overlap another."""

    range: Range = Field(default="10.0.0.0/20", description="Nodes.")
    pods: Range = Field(default="10.4.0.0/14", description="Pods (secondary range).")
    services: Range = Field(default="10.8.0.0/20", description="Services (secondary range).")
    proxy_only: Range = Field(
        default="10.8.16.0/23", description="Proxies of regional load balancers (proxy-only subnet), a /26 or larger."
    )
    control_plane: Range | None = Field(
        default=None,
        description=f"Control plane of the cluster, a /28; {_CONTROL_PLANE} without `control_plane_subnet`.",
    )
    control_plane_subnet: Range | None = Field(
        default=None,
        description="A subnet of the VPC for the control plane's private endpoint, instead of `control_plane`.",
    )

    @property
    def peered(self) -> str | None:
        """The /28 that is peered for the control plane; None where its endpoint is in a subnet of ours."""
        return None if self.control_plane_subnet else self.control_plane or _CONTROL_PLANE

    @property
    def ranges(self) -> dict[str, str]:
        """Every range in use, by key."""
        found = {**self.model_dump(), "control_plane": self.peered}
        return {name: text for name, text in found.items() if text}

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.control_plane and self.control_plane_subnet:  # tgm#2119
            what = "control_plane and control_plane_subnet both place the control plane"
            raise WrongAtError(("control_plane_subnet",), f"{what}, and GKE takes one of the two; keep one")
        ranges = {name: ipaddress.ip_network(text) for name, text in self.ranges.items()}
        names = sorted(ranges)
        for index, first in enumerate(names):
            for second in names[index + 1 :]:
                if ranges[first].overlaps(ranges[second]):
                    both = f"{first} ({ranges[first]}) and {second} ({ranges[second]})"
                    raise WrongAtError((second,), f"the ranges {both} overlap; give each addresses of its own")
        peered = ranges.get("control_plane")
        if peered and peered.prefixlen != _CONTROL_PLANE_LENGTH:
            raise WrongAtError(("control_plane",), f"control_plane is {peered}; GKE takes a /28, such as 172.16.0.0/28")
        if ranges["proxy_only"].prefixlen > _LONGEST_PROXY_ONLY:
            message = f"proxy_only is {ranges['proxy_only']}; Google takes a /26 or larger, such as 10.8.16.0/23"
            raise WrongAtError(("proxy_only",), message)
        return self

"""The `sidecars:` block: containers beside the service's own, in each of its pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from slipway.schema.artifacts import ImageReference
from slipway.schema.base import Cpu, Label, Memory, Strict, Variable, WrongAtError
from slipway.schema.probes import Probes, answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.schema.volumes import Volume

_OWN: Final = ("service", "model")
_OWN_STARTS: Final = ("gke-", "istio-")
"""Names of containers that the pod has by itself (infra/kubernetes/pod.py), and that GKE and its mesh add."""


class SidecarResources(Strict):
    """What a sidecar asks for, on top of the service's own. Memory is also the limit."""

    cpu: Cpu = Field(default="50m", description="Cores.")
    memory: Memory = Field(default="64Mi", description="Memory, request and limit.")


class Sidecar(Strict):
    """A helper in each pod: a proxy, a shipper of logs, an exporter of metrics."""

    image: ImageReference = Field(description="As `release.image`: with a digest, without a host.")
    command: list[str] | None = Field(default=None, description="Replaces the image's entry point.")
    args: list[str] | None = Field(default=None, description="Replaces the image's arguments.")
    env: dict[Variable, str] = Field(default={}, description="Environment variables. Never a secret.")
    port: Annotated[int, Field(ge=1024, le=65535)] | None = Field(default=None, description="Port that it listens on.")
    probes: Probes = Field(default=Probes(), description="Health checks.")
    resources: SidecarResources = Field(default=SidecarResources(), description="CPU and memory.")
    before: bool = Field(
        default=True,
        description="It is started (and ready, if it has probes) before the service, and ends after it. "
        "`false`: beside the service, in no order.",
    )
    volumes: list[Label] = Field(default=[], description="Volumes of the service that it sees, at the same paths.")


def check_sidecars(sidecars: Mapping[str, Sidecar], volumes: Mapping[str, Volume], port: int | None) -> None:
    """Check what sidecars share with the service: names, ports, volumes. Raises WrongAtError."""
    ports: dict[int, str] = {port: "the service"} if port else {}
    for name, sidecar in sidecars.items():
        here = ("sidecars", name)
        if name in _OWN or name.startswith(_OWN_STARTS):
            raise WrongAtError(here, f"`{name}` is a container of the platform's; choose another name")
        answers(sidecar.probes, sidecar.port, *here)
        if sidecar.port in ports:
            what = f"port {sidecar.port} is that of {ports[sidecar.port]}, and a pod has it once"
            raise WrongAtError((*here, "port"), f"{what}; choose another")
        if sidecar.port:
            ports[sidecar.port] = f"sidecar `{name}`"
        for index, volume in enumerate(sidecar.volumes):
            if volume not in volumes:
                known = f"use one of: {', '.join(sorted(volumes))}" if volumes else "add it to `volumes`"
                raise WrongAtError((*here, "volumes", index), f"the service has no volume `{volume}`; {known}")

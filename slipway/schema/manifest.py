"""A manifest: what an ML team writes for one service."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway.schema.artifacts import ImageReference, ModelReference
from slipway.schema.base import (
    Cpu,
    Duration,
    Label,
    LabelKey,
    LabelValue,
    Memory,
    Short,
    Strict,
    Variable,
    WrongAtError,
    form,
)
from slipway.schema.config import Config
from slipway.schema.probes import Probes, answers
from slipway.schema.rollout import ABTest, BlueGreen, Rolling, Rollout, Shadow
from slipway.schema.sidecars import Sidecar, check_sidecars
from slipway.schema.smoke import Smoke
from slipway.schema.volumes import Volume, Workload, check_kept, check_mounts

if TYPE_CHECKING:
    from collections.abc import Mapping


class Release(Strict):
    """What is released: promotion copies this block and nothing else."""

    image: ImageReference = Field(
        description="Registry and path, with a digest; the environment supplies the host. "
        "A tag alone is refused outside `local`."
    )
    model: ModelReference | None = Field(
        default=None,
        description="Model artifact as NAME/VERSION@DIGEST in the environment's `models` bucket. The container sees "
        "MODEL_NAME, MODEL_VERSION, MODEL_DIGEST, MODEL_BASE (it is there in NAME/VERSION, read only) and MODEL_PATH "
        "(that folder). It is copied there and compared with the digest before the service starts "
        "(docs/workloads.md). Pods carry the version as a label.",
    )


class Gpu(Strict):
    """Accelerators of each pod."""

    type: str = Field(description="Accelerator type as Google names it, such as `nvidia-l4`.")
    count: Annotated[int, Field(ge=1, le=8)] = Field(default=1, description="Accelerators of each pod.")


class Tpu(Strict):
    """A TPU slice, which is one node or several that come and go together."""

    type: str = Field(description="Accelerator type as GKE's nodes are labelled, such as `tpu-v6e-slice`.")
    topology: Annotated[
        str, form(r"[1-9][0-9]*(x[1-9][0-9]*){1,2}", "no topology", "write the chips in each dimension, such as 2x4")
    ] = Field(description="Chips of the slice in each dimension, such as `2x4`.")
    chips: Annotated[int, Field(ge=1, le=8)] = Field(
        description="Chips of each pod: all of its node's, such as 4 of a ct6e-standard-4t (google.com/tpu)."
    )

    @property
    def hosts(self) -> int:
        """Nodes of the slice, and pods that it takes to use it."""
        return max(prod(int(side) for side in self.topology.split("x")) // self.chips, 1)


class Resources(Strict):
    """What each pod asks for. Memory is also the limit; CPU is not limited, so that a busy node is used fully."""

    cpu: Cpu = Field(default="250m", description="Cores of each pod.")
    memory: Memory = Field(default="512Mi", description="Memory of each pod, request and limit.")
    gpu: Gpu | None = Field(default=None, description="Accelerators of each pod.")
    tpu: Tpu | None = Field(default=None, description="TPU slice that the pods run on.")
    spot: bool = Field(
        default=False, description="Run on spot machines: cheaper, and taken away at any time with 15 s to end."
    )

    @model_validator(mode="after")
    def _one_accelerator(self) -> Self:
        if self.gpu and self.tpu:
            raise WrongAtError(("tpu",), "no node has GPUs and TPUs; keep one of the two")
        return self


class Scaling(Strict):
    """How many pods. A HorizontalPodAutoscaler owns the number where `max` is above `min`."""

    min: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=2, description="Pods at least; 0, without `max`, is a service that rests."
    )
    max: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Pods at most; without it the number stays at `min`."
    )
    cpu: Annotated[int, Field(ge=1, le=100)] = Field(
        default=70, description="Mean CPU use, in % of the request, that the autoscaler aims for."
    )
    down_after: Short = Field(default="300s", description="How long load stays low before pods are removed.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max is not None and self.min > self.max:
            raise WrongAtError(("min",), f"min is {self.min} and max is {self.max}; min must not be above max")
        if self.autoscaled and not self.min:
            # Kubernetes API reference, HorizontalPodAutoscaler: minReplicas 0 wants an Object or External metric
            what = "min is 0, and the autoscaler goes by the CPU use of pods: with none there is nothing to wake it"
            raise WrongAtError(("min",), f"{what}; set min to 1 or more, or remove max for a service that rests")
        return self

    @property
    def autoscaled(self) -> bool:
        """Whether the HorizontalPodAutoscaler owns the number of pods."""
        return self.max is not None and self.max > self.min


class Secret(Strict):
    """A pinned version of a secret in Secret Manager. A new version is a release: it rolls out, and rolls back."""

    name: Label = Field(description="Secret of this team; in Secret Manager it is called TEAM-NAME.")
    version: Annotated[int, Field(ge=1)] = Field(description="Version. `latest` is refused: nothing would roll back.")


def no_clash(secrets: Mapping[str, Secret], env: Mapping[str, str]) -> None:
    """Whether a secret and a plain variable want the same name. Raises WrongAtError."""
    for name in secrets:
        if f"{name}_FILE" in env or name in env:
            what = f"`{name}` is a secret and a plain variable"
            raise WrongAtError(("secrets", name), f"{what}; rename one: the secret sets {name}_FILE")


class Expose(Strict):
    """Reached from outside of the cluster, as `https://HOST.DOMAIN` of the environment's gateway."""

    host: Label = Field(description="First label of the host name, unique in the environment.")
    auth: Literal["iap", "none"] = Field(
        description="`iap`: from the internet, for people and services that Identity-Aware Proxy lets in; the "
        "environment has to list the host. `none`: from inside of the VPC only."
    )
    affinity: Literal["none", "client-ip", "cookie"] = Field(
        default="none", description="Whether a caller keeps its pod: by its address, or by a cookie of the gateway."
    )
    timeout: Duration = Field(default="30s", description="How long an answer may take.")


class Service(Strict):
    """One long-running service."""

    kind: Literal["Service"] = Field(description="`Service`")
    name: Label = Field(description="Name of the service, unique in its team.")
    description: str | None = Field(default=None, description="One line for people.")
    release: Release = Field(description="What is released.")
    target: Literal["gke"] = Field(default="gke", description="Where it runs.")
    workload: Workload = Field(
        default="deployment",
        description="`deployment`: pods that are all the same. `stateful-set`: pods with names and disks that stay. "
        "`daemon-set`: one pod on each node (docs/workloads.md).",
    )
    command: list[str] | None = Field(default=None, description="Replaces the image's entry point.")
    args: list[str] | None = Field(default=None, description="Replaces the image's arguments.")
    env: dict[Variable, str] = Field(
        default={}, description="Environment variables. Never a secret: this file is in Git."
    )
    port: Annotated[int, Field(ge=1024, le=65535)] | None = Field(
        default=None, description="Port that the container listens on; none for a worker without traffic."
    )
    probes: Probes = Field(default=Probes(), description="Health checks.")
    resources: Resources = Field(default=Resources(), description="CPU, memory and accelerators of each pod.")
    scaling: Scaling = Field(default=Scaling(), description="How many pods.")
    rollout: Rollout = Field(default=Rolling(strategy="rolling"), description="How a new release replaces the old one.")
    smoke: Smoke | None = Field(
        default=None, description="One request that every new release has to answer as said (docs/checks.md)."
    )
    secrets: dict[Variable, Secret] = Field(
        default={},
        description="Secrets by variable. The pod reads each with its own identity as a file; NAME_FILE says where. "
        "No value enters Git, Pulumi or the variables.",
    )
    config: Config | None = Field(
        default=None,
        description="Configuration files. They belong to the release: another content rolls out, and rolls back.",
    )
    volumes: dict[Label, Volume] = Field(default={}, description="Disk space of each pod, by name.")
    sidecars: dict[Label, Sidecar] = Field(
        default={}, description="Containers that help the service, by name, in the order in which they start."
    )
    expose: Expose | None = Field(default=None, description="Reached from outside of the cluster; not, without it.")
    callers: list[Label] = Field(
        default=[], description="Other teams whose pods may call this service; its own team always may."
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default={}, description="Labels of the objects (not of the pods: changing one restarts nothing)."
    )

    @model_validator(mode="after")
    def _answers(self) -> Self:
        answers(self.probes, self.port)
        check_mounts(self.volumes, self.config)
        check_kept(self.volumes, self.workload)
        check_sidecars(self.sidecars, self.volumes, self.port)
        if self.smoke and self.port is None:
            raise WrongAtError(("smoke",), "a smoke test asks the service, which has no port; set `port`")
        if self.expose and self.port is None:
            raise WrongAtError(("expose",), "the service is exposed and has no port; set `port`")
        if self.resources.tpu and self.resources.tpu.hosts > 1:
            what = f"the slice is {self.resources.tpu.hosts} nodes that work on one thing together"
            raise WrongAtError(("resources", "tpu"), f"{what}; use it from a kind: Job, or ask for one node's chips")
        if self.port is None and isinstance(self.rollout, BlueGreen | ABTest | Shadow):
            what = f"{self.rollout.strategy} is about who gets the traffic, and the service has no port"
            raise WrongAtError(("rollout", "strategy"), f"{what}; set `port`, or use rolling, recreate or canary")
        no_clash(self.secrets, self.env)
        if self.port is not None and self.probes.ready is None:
            message = "a service with a port needs `probes.ready`; name the path that answers when it is loaded"
            raise WrongAtError(("probes",), message)
        return self


LATER_TARGETS = ("sagemaker", "cloud-run", "vertex", "eks", "ec2")
"""Targets that the design names and this version refuses by name."""

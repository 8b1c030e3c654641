"""A node pool: machines, how many, accelerators, and how it is upgraded."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway.schema.base import Duration, LabelKey, LabelValue, Share, Strict, WrongAtError, Zone, form


class Nodes(Strict):
    """How many nodes a pool has in EACH zone: a regional cluster of three zones has three times as many."""

    per_zone: Annotated[int, Field(ge=0, le=1000)] | None = Field(default=None, description="A fixed number.")
    min_per_zone: Annotated[int, Field(ge=0, le=1000)] | None = Field(default=None, description="Autoscaled: at least.")
    max_per_zone: Annotated[int, Field(ge=1, le=1000)] | None = Field(default=None, description="Autoscaled: at most.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        scaled = (self.min_per_zone, self.max_per_zone)
        if self.per_zone is not None:
            if scaled != (None, None):
                message = "per_zone fixes the number and min_per_zone/max_per_zone scale it; keep one of the two"
                raise WrongAtError(("per_zone",), message)
        elif None in scaled:
            raise ValueError("the number of nodes is not given; write per_zone, or min_per_zone and max_per_zone")
        elif self.min_per_zone > self.max_per_zone:  # type: ignore[operator]
            both = f"min_per_zone is {self.min_per_zone} and max_per_zone is {self.max_per_zone}"
            raise WrongAtError(("min_per_zone",), f"{both}; min must not be above max")
        return self

    @property
    def least(self) -> int:
        """Nodes in each zone at least."""
        return self.per_zone if self.per_zone is not None else self.min_per_zone or 0

    @property
    def most(self) -> int:
        """Nodes in each zone at most."""
        return self.per_zone if self.per_zone is not None else self.max_per_zone or 0


class Taint(Strict):
    """Keeps pods away that do not tolerate it."""

    key: LabelKey = Field(description="Key.")
    value: LabelValue = Field(description="Value.")
    effect: Literal["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"] = Field(
        description="What happens to pods that do not tolerate it, as Google spells it."
    )


class Sharing(Strict):
    """Several pods on one GPU."""

    by: Literal["time", "mps"] = Field(description="`time`: time slices; `mps`: NVIDIA's Multi-Process Service.")
    clients: Annotated[int, Field(ge=2, le=48)] = Field(description="Pods on one GPU at most.")


class PoolGpu(Strict):
    """GPUs of each node. Machines that come with GPUs (G2, A2, A3) need neither `type` nor `count`."""

    type: str | None = Field(default=None, description="Accelerator type as Google names it, for N1 machines.")
    count: Annotated[int, Field(ge=1, le=16)] | None = Field(default=None, description="GPUs of each node, for N1.")
    driver: Literal["default", "latest", "none"] = Field(
        default="default", description="NVIDIA driver that GKE installs; `none`: you install one yourself."
    )
    sharing: Sharing | None = Field(default=None, description="Several pods on one GPU.")


class Tpu(Strict):
    """A TPU slice; the machine type says which TPU."""

    topology: Annotated[
        str, form(r"[0-9]+(x[0-9]+){1,2}", "no topology", "write the chips in each dimension, such as 2x4")
    ] = Field(description="Chips in each dimension, such as `2x4`.")


class Surge(Strict):
    """New nodes come before old ones go."""

    strategy: Literal["surge"] = Field(description="`surge`")
    max_surge: Annotated[int, Field(ge=0, le=20)] = Field(
        default=1, description="Nodes above the number, in each zone."
    )
    max_unavailable: Annotated[int, Field(ge=0, le=20)] = Field(default=0, description="Nodes that may be missing.")

    @model_validator(mode="after")
    def _can_move(self) -> Self:
        if not 1 <= self.max_surge + self.max_unavailable <= 20:  # noqa: PLR2004 - GKE, "Node upgrade strategies"
            message = "max_surge and max_unavailable together have to be 1 to 20; set max_surge: 1"
            raise WrongAtError(("max_surge",), message)
        return self


class BlueGreenUpgrade(Strict):
    """A whole second set of nodes; the old ones are drained in batches and kept for a while."""

    strategy: Literal["blue-green"] = Field(description="`blue-green`")
    batch: Share = Field(default="25%", description="Old nodes drained at a time.")
    batch_soak: Duration = Field(default="10m", description="Wait after each batch.")
    pool_soak: Duration = Field(default="1h", description="How long the drained old nodes are kept, to go back to.")


Upgrade = Annotated[Surge | BlueGreenUpgrade, Field(discriminator="strategy")]


class Pool(Strict):
    """A node pool. Its name in Google Cloud carries a hash of what forces a replacement."""

    machine: str = Field(default="e2-standard-4", description="Machine type.")
    nodes: Nodes = Field(default=Nodes(min_per_zone=1, max_per_zone=3), description="Number of nodes in each zone.")
    zones: list[Zone] = Field(
        default=[], description="Zones of this pool, such as those that have the GPU; empty: all of the cluster's."
    )
    disk_gb: Annotated[int, Field(ge=20, le=65536)] = Field(default=100, description="Boot disk (GB).")
    disk_type: Literal["pd-standard", "pd-balanced", "pd-ssd", "hyperdisk-balanced"] = Field(
        default="pd-balanced", description="Type of the boot disk."
    )
    spot: bool = Field(default=False, description="Spot machines: cheaper, and taken away at any time.")
    gpu: PoolGpu | None = Field(default=None, description="GPUs of each node, and how they are shared.")
    tpu: Tpu | None = Field(default=None, description="TPU slice, for TPU machine types.")
    confidential: bool | None = Field(
        default=None, description="Memory encrypted in use; the profile's choice without it."
    )
    max_pods: Annotated[int, Field(ge=8, le=256)] = Field(default=110, description="Pods on one node at most.")
    upgrade: Upgrade = Field(default=Surge(strategy="surge"), description="How nodes are upgraded.")
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the nodes.")
    taints: list[Taint] = Field(default=[], description="Taints of the nodes.")

    @property
    def open(self) -> bool:
        """Whether a service's pods can land here: it has nodes, and no taint keeps everything away."""
        kept_away = any(taint.effect != "PREFER_NO_SCHEDULE" for taint in self.taints)
        return not kept_away and self.nodes.per_zone != 0

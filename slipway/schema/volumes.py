"""The `volumes:` block: disk space of each pod, which goes with the pod or is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import Field, model_validator

from slipway import units
from slipway.schema.base import Memory, Strict, WrongAtError
from slipway.schema.paths import MountPath, apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.schema.config import Config

_OWN: Final = ("tmp", "models", "bucket", "secrets", "config")
_OWN_STARTS: Final = ("tmp-", "gke-")
"""Names of volumes that the pod has by itself (infra/kubernetes/pod.py), and that GKE adds."""
_SMALLEST, _LARGEST = 10 * 2**30, 64 * 2**40
"""Bytes of a disk. Source: Compute Engine documentation, "About Persistent Disk" (10 GiB to 64 TiB)."""


class Volume(Strict):
    """Space on the node's disk, gone with the pod; with `keep`, a disk of the pod's own that outlives it."""

    path: MountPath = Field(description="Folder in the container, such as `/cache`.")
    size: Memory = Field(description="Size, such as `10Gi`. A pod that writes more without `keep` is evicted.")
    keep: bool = Field(
        default=False,
        description="A disk for each pod of a stateful set, which the pod finds again after every rollout. It is kept "
        "when the service goes or is scaled down, too: somebody deletes its claim by hand.",
    )
    storage: Literal["standard-rwo", "premium-rwo"] | None = Field(
        default=None, description="GKE's storage class of a kept disk: balanced (the default) or SSD."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.storage and not self.keep:
            what = f"storage is {self.storage}, and the volume is no disk of its own"
            raise WrongAtError(("storage",), f"{what}; add `keep: true`, or remove `storage`")
        if self.keep and not _SMALLEST <= units.octets(self.size) <= _LARGEST:
            raise WrongAtError(("size",), f"a kept disk of {self.size} cannot be had; Google has 10Gi to 64Ti")
        return self


def check_mounts(volumes: Mapping[str, Volume], config: Config | None) -> None:
    """Check names and paths of everything that is mounted. Raises WrongAtError."""
    for name in volumes:
        if name in _OWN or name.startswith(_OWN_STARTS):
            raise WrongAtError(("volumes", name), f"`{name}` is a volume of the platform's; choose another name")
    mounts: dict[tuple[str, ...], str] = {("volumes", name, "path"): each.path for name, each in volumes.items()}
    apart(mounts | ({("config", "path"): config.path} if config else {}))

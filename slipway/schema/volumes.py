"""The `volumes:` block: disk space of each pod, which goes with the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, model_validator

from slipway.schema.base import Memory, Strict, WrongAtError
from slipway.schema.paths import MountPath, apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.schema.config import Config

_OWN: Final = ("tmp", "models", "bucket", "secrets", "config")
_OWN_STARTS: Final = ("tmp-", "gke-")
"""Names of volumes that the pod has by itself (infra/kubernetes/pod.py), and that GKE adds."""


class Volume(Strict):
    """Space on the node's disk for one pod, gone with it."""

    path: MountPath = Field(description="Folder in the container, such as `/cache`.")
    size: Memory = Field(description="Size, such as `10Gi`. A pod that writes more is evicted.")
    keep: bool = Field(
        default=False, description="A disk that outlives the pod. Refused so far: it needs a stateful set."
    )

    @model_validator(mode="after")
    def _goes_with_the_pod(self) -> Self:
        if self.keep:
            what = "a disk that is kept is one pod's own, which takes a stateful set, and this version makes none"
            raise WrongAtError(("keep",), f"{what}; remove `keep`, and put what has to stay into a bucket")
        return self


def check_mounts(volumes: Mapping[str, Volume], config: Config | None) -> None:
    """Check names and paths of everything that is mounted. Raises WrongAtError."""
    for name in volumes:
        if name in _OWN or name.startswith(_OWN_STARTS):
            raise WrongAtError(("volumes", name), f"`{name}` is a volume of the platform's; choose another name")
    mounts: dict[tuple[str, ...], str] = {("volumes", name, "path"): each.path for name, each in volumes.items()}
    apart(mounts | ({("config", "path"): config.path} if config else {}))

"""The `volumes:` block: disk space of each pod, which goes with the pod or is kept for the next of its name.

Source of the classes: GKE documentation, "Persistent volumes and dynamic provisioning" and "About the Filestore CSI
driver".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast

from pydantic import Field, model_validator

from slipway.schema.base import Memory, Strict, WrongAtError
from slipway.schema.paths import MountPath, apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.schema.config import Config

_OWN: Final = ("tmp", "models", "bucket", "secrets", "config")
_OWN_STARTS: Final = ("tmp-", "gke-")
"""Names of volumes that the pod has by itself (infra/kubernetes/pod.py), and that GKE adds."""


Workload = Literal["deployment", "stateful-set", "daemon-set"]
Class = Literal["standard-rwo", "premium-rwo"]
STANDARD: Final[Class] = "standard-rwo"


class Volume(Strict):
    """Space on the node's disk for one pod, gone with it; or a disk of the pod's own, which is kept."""

    path: MountPath = Field(description="Folder in the container, such as `/cache`.")
    size: Memory = Field(description="Size, such as `10Gi`. A pod that writes more is evicted.")
    keep: bool = Field(
        default=False,
        description="A disk of each pod's own that outlives it, and every release: for `workload: stateful-set`. "
        "What a running service keeps cannot be changed.",
    )
    storage: Class | None = Field(
        default=None,
        description=f"What a kept disk is: `standard-rwo` (balanced) or `premium-rwo` (SSD); `{STANDARD}` without it.",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_zone(cls, value: Any) -> Any:
        if isinstance(value, dict) and cast("dict[str, Any]", value).get("storage") == "standard-rwx":
            what = "`standard-rwx` is a Filestore share, whose driver the platform's clusters do not have"
            raise WrongAtError(("storage",), f"{what}; use standard-rwo or premium-rwo: each pod has its own disk")
        return cast("Any", value)

    @model_validator(mode="after")
    def _of_a_disk(self) -> Self:
        if self.storage and not self.keep:
            what = "`storage` says what a kept disk is, and this is space on the node"
            raise WrongAtError(("storage",), f"{what}; add `keep: true`, or remove `storage`")
        return self


def check_kept(volumes: Mapping[str, Volume], workload: Workload) -> None:
    """Check that kept disks are those of a stateful set: it alone gives each pod its own. Raises WrongAtError."""
    for name, volume in volumes.items():
        if volume.keep and workload != "stateful-set":
            what = f"a disk that is kept is one pod's own, and pods of a {workload} have no names that stay"
            remedy = "set `workload: stateful-set`, or put what has to stay into a bucket"
            raise WrongAtError(("volumes", name, "keep"), f"{what}; {remedy}")


def check_mounts(volumes: Mapping[str, Volume], config: Config | None) -> None:
    """Check names and paths of everything that is mounted. Raises WrongAtError."""
    for name in volumes:
        if name in _OWN or name.startswith(_OWN_STARTS):
            raise WrongAtError(("volumes", name), f"`{name}` is a volume of the platform's; choose another name")
    mounts: dict[tuple[str, ...], str] = {("volumes", name, "path"): each.path for name, each in volumes.items()}
    apart(mounts | ({("config", "path"): config.path} if config else {}))

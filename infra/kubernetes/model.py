"""The model of a release in its pod: the environment's bucket of models as a file system. Pure.

Source: GKE documentation, "Mount Cloud Storage buckets as CSI ephemeral volumes".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from slipway.schema.artifacts import Model

MODELS: Final = "/models"
"""Where the environment's bucket of models is mounted, read only."""
ANNOTATIONS: Final = {"gke-gcsfuse/volumes": "true"}
"""By which GKE adds the container that mounts buckets."""


@dataclass(frozen=True)
class ModelArgs:
    """`bucket` is the environment's bucket of models."""

    model: Model
    bucket: str | None

    @property
    def labels(self) -> dict[str, str]:
        """What pods carry."""
        return {"slipway.dev/model": self.model.name, "slipway.dev/model-version": self.model.version}

    @property
    def volumes(self) -> list[dict[str, Any]]:
        """The bucket as a file system."""
        attributes = {"bucketName": self.bucket, "mountOptions": "implicit-dirs"}
        driver = {"driver": "gcsfuse.csi.storage.gke.io", "readOnly": True, "volumeAttributes": attributes}
        return [{"name": "models", "csi": driver}]

    @property
    def mount(self) -> dict[str, Any]:
        """Where the service finds it."""
        return {"name": "models", "mountPath": MODELS, "readOnly": True}

    @property
    def variables(self) -> dict[str, str]:
        """What the service is told about its model."""
        return {
            "MODEL_NAME": self.model.name,
            "MODEL_VERSION": self.model.version,
            "MODEL_DIGEST": self.model.digest,
            "MODEL_BASE": MODELS,
            "MODEL_PATH": f"{MODELS}/{self.model.name}/{self.model.version}",
        }

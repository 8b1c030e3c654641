"""The model of a release in its pod: a step before the service copies it out of the environment's bucket. Pure.

The step compares what it copies with the digest that the release names, and fails where it is another; the service then
never starts, and the rollout fails. Source of the bucket as a file system: GKE documentation, "Mount Cloud Storage
buckets as CSI ephemeral volumes"; the driver's own container is a native sidecar and starts before our step
(GoogleCloudPlatform/gcs-fuse-csi-driver; it was none before Kubernetes 1.29, and init containers saw no bucket).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.kubernetes.containers import TMP, container
from slipway.models import CPU, MEMORY, SCRIPT

if TYPE_CHECKING:
    from slipway.schema.artifacts import Model

MODELS: Final = "/models"
"""Where the service finds its model: below it by name and version, read only."""
STEP: Final = "model"
"""Name of the step, and of the pod's volume that it fills."""
_BUCKET: Final = "/bucket"
"""Where the step finds the environment's bucket of models."""
ANNOTATIONS: Final = {"gke-gcsfuse/volumes": "true"}
"""By which GKE adds the container that mounts buckets."""


@dataclass(frozen=True)
class ModelArgs:
    """`bucket` is the environment's bucket of models, `image` the complete one that the step runs in."""

    model: Model
    bucket: str | None
    image: str

    @property
    def labels(self) -> dict[str, str]:
        """What pods carry."""
        return {"slipway.dev/model": self.model.name, "slipway.dev/model-version": self.model.version}

    @property
    def volumes(self) -> list[dict[str, Any]]:
        """The bucket as a file system, and space on the node for the copy."""
        attributes = {"bucketName": self.bucket, "mountOptions": "implicit-dirs"}
        driver = {"driver": "gcsfuse.csi.storage.gke.io", "readOnly": True, "volumeAttributes": attributes}
        return [{"name": "models", "csi": driver}, {"name": STEP, "emptyDir": {}}]

    @property
    def mount(self) -> dict[str, Any]:
        """Where the service finds it."""
        return {"name": STEP, "mountPath": MODELS, "readOnly": True}

    @property
    def step(self) -> dict[str, Any]:
        """The init container that copies and compares."""
        path = f"{self.model.name}/{self.model.version}"
        return {
            **container(STEP, self.image, {}),
            "command": ["python", "-I", "-B", "-c", SCRIPT],
            "args": [f"{_BUCKET}/{path}", f"{MODELS}/{path}", self.model.digest],
            "resources": {
                "requests": {"cpu": f"{CPU}m", "memory": f"{MEMORY >> 20}Mi"},
                "limits": {"memory": f"{MEMORY >> 20}Mi"},
            },
            "terminationMessagePolicy": "FallbackToLogsOnError",  # its one line is the reason that people are told
            "volumeMounts": [
                {"name": "tmp", "mountPath": TMP},
                {"name": "models", "mountPath": _BUCKET, "readOnly": True},
                {"name": STEP, "mountPath": MODELS},
            ],
        }

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

"""Volumes of a service: space on the node, or a claim of each pod of a StatefulSet. Pure.

Sources: Kubernetes documentation, "Volumes" (emptyDir, sizeLimit) and "StatefulSets" (volumeClaimTemplates); GKE
documentation, "About StorageClasses" (`standard-rwo`: balanced, `premium-rwo`: SSD).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from slipway.schema.volumes import Volume

_STORAGE: Final = "standard-rwo"


def temporary(volumes: Mapping[str, Volume]) -> list[dict[str, Any]]:
    """What goes with the pod. The claims of `claims` are no volumes of the template: their controller adds them."""
    return [
        {"name": name, "emptyDir": {"sizeLimit": volume.size}} for name, volume in volumes.items() if not volume.keep
    ]


def mounts(volumes: Mapping[str, Volume], names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Where a container finds them: all, or those with `names`."""
    wanted = volumes if names is None else set(names)
    return [{"name": name, "mountPath": volume.path} for name, volume in volumes.items() if name in wanted]


def claims(volumes: Mapping[str, Volume], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Templates of the disks that are kept; the first pod's is called VOLUME-SERVICE-0.

    Written as the API server completes them: a StatefulSet's templates can never change, and what it adds by itself
    would be a change to a provider that compares.
    """
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "labels": dict(labels)},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": volume.size}},
                "storageClassName": volume.storage or _STORAGE,
                "volumeMode": "Filesystem",
            },
        }
        for name, volume in volumes.items()
        if volume.keep
    ]

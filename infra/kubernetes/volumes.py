"""Volumes of a service: space on the node, and disks that are kept. Pure.

Source: Kubernetes documentation, "Volumes" (emptyDir, sizeLimit) and "Persistent Volumes".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from slipway.schema.volumes import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from slipway.schema.volumes import Volume


def temporary(volumes: Mapping[str, Volume]) -> list[dict[str, Any]]:
    """What goes with the pod."""
    return [
        {"name": name, "emptyDir": {"sizeLimit": volume.size}} for name, volume in volumes.items() if not volume.keep
    ]


def claims(volumes: Mapping[str, Volume]) -> list[dict[str, Any]]:
    """What each pod of a stateful set keeps: a disk of its own, which one node at a time may use.

    The class is named: which one a cluster takes by default can be changed by anybody who may.
    """
    return [
        {
            "metadata": {"name": name},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": volume.storage or STANDARD,
                "resources": {"requests": {"storage": volume.size}},
            },
        }
        for name, volume in volumes.items()
        if volume.keep
    ]


def kept(volumes: Mapping[str, Volume]) -> str:
    """What is kept, as one line: `{"index": "50Gi premium-rwo"}`."""
    disks = {name: f"{each.size} {each.storage or STANDARD}" for name, each in sorted(volumes.items()) if each.keep}
    return json.dumps(disks)


def mounts(volumes: Mapping[str, Volume], names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Where a container finds them: all, or those with `names`."""
    wanted = volumes if names is None else set(names)
    return [{"name": name, "mountPath": volume.path} for name, volume in volumes.items() if name in wanted]

"""Volumes of a service: space on the node. Pure.

Source: Kubernetes documentation, "Volumes" (emptyDir, sizeLimit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from slipway.schema.volumes import Volume


def temporary(volumes: Mapping[str, Volume]) -> list[dict[str, Any]]:
    """What goes with the pod."""
    return [{"name": name, "emptyDir": {"sizeLimit": volume.size}} for name, volume in volumes.items()]


def mounts(volumes: Mapping[str, Volume], names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Where a container finds them: all, or those with `names`."""
    wanted = volumes if names is None else set(names)
    return [{"name": name, "mountPath": volume.path} for name, volume in volumes.items() if name in wanted]

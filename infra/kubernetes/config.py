"""Configuration of a service: a ConfigMap named after its content and immutable, so that it rolls back with the pods.

Source: Kubernetes documentation, "ConfigMaps", section on immutable ones. ConfigMaps that keep their name are not
rolled back with the code that reads them (argo-rollouts#958).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

if TYPE_CHECKING:
    from collections.abc import Mapping

_VOLUME: Final = "config"
_DIGITS: Final = 10


@dataclass(frozen=True)
class ConfigArgs:
    """`files` by name, for the folder `path` of the containers of `service`."""

    service: str
    path: str
    files: Mapping[str, str]

    @property
    def map_name(self) -> str:
        """Named after the content: another content is another map, another pod template, and so a rollout."""
        content = json.dumps(dict(self.files), sort_keys=True).encode()
        return f"{self.service}-config-{hashlib.sha256(content).hexdigest()[:_DIGITS]}"

    @property
    def volume(self) -> dict[str, Any]:
        """The pod's volume."""
        return {"name": _VOLUME, "configMap": {"name": self.map_name}}

    @property
    def mount(self) -> dict[str, Any]:
        """Where a container finds it."""
        return {"name": _VOLUME, "mountPath": self.path, "readOnly": True}


def config_map(
    name: str, meta: Any, args: ConfigArgs, parent: pulumi.Resource, adopting: pulumi.ProviderResource
) -> pulumi.Resource:
    """Declare the map, which outlives its release as a class of secrets does, and for the same reason.

    Pods of the old release still start after the engine has ended, and going back finds the old map there
    (docs/decisions/0014).
    """
    return ConfigMap(
        f"{name}-config",
        metadata=meta,
        data=dict(args.files),
        immutable=True,
        opts=pulumi.ResourceOptions(parent=parent, provider=adopting, retain_on_delete=True),
    )

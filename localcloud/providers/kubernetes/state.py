"""What the engine keeps of an object: the live object with the inputs that made it inside.

Source: pulumi-kubernetes `provider.go` (`checkpointObject`, `parseCheckpointObject`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes.secretness import conceal
from localcloud.providers.values import Secret, reveal

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.objects import Object

INPUTS = "__inputs"
INITIAL_API_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"

#: JSON schema extensions in a CustomResourceDefinition, whose dashes no SDK can spell
_EXTENSIONS = (
    "embedded-resource",
    "int-or-string",
    "list-map-keys",
    "list-type",
    "map-type",
    "preserve-unknown-fields",
    "validations",
)
_TO_DASHES = {"x_kubernetes_" + name.replace("-", "_"): f"x-kubernetes-{name}" for name in _EXTENSIONS}
_TO_UNDERSCORES = {dashed: name for name, dashed in _TO_DASHES.items()}


def _rename(value: Any, names: dict[str, str], *, drop_nulls: bool) -> Any:
    if isinstance(value, Secret):
        return Secret(_rename(value.value, names, drop_nulls=drop_nulls))
    if isinstance(value, dict):
        return {
            names.get(key, key): _rename(item, names, drop_nulls=drop_nulls)
            for key, item in value.items()
            if not (drop_nulls and item is None)
        }
    if isinstance(value, list):
        return [_rename(item, names, drop_nulls=drop_nulls) for item in value]
    return value


def to_object(properties: dict[str, Any]) -> Object:
    """The Kubernetes object in a property map: without secret wrappers, nulls and SDK spellings."""
    return reveal(_rename(properties, _TO_DASHES, drop_nulls=True))


def checkpoint(inputs: Object, live: Object, marked: dict[str, Any], api_version: str, manager: str) -> dict[str, Any]:
    """The outputs of a resource. `marked` is where its secrets are marked."""
    outputs = conceal(_rename(live, _TO_UNDERSCORES, drop_nulls=False), marked)
    outputs[INPUTS] = conceal(_rename(inputs, _TO_UNDERSCORES, drop_nulls=False), marked)
    outputs[INITIAL_API_VERSION] = api_version
    outputs[FIELD_MANAGER] = manager
    return outputs


def split(outputs: dict[str, Any]) -> tuple[Object, Object]:
    """The inputs and the live object in a resource's outputs."""
    live = to_object(outputs)
    inputs = live.pop(INPUTS, None) or {}
    for key in (INITIAL_API_VERSION, FIELD_MANAGER):
        live.pop(key, None)
    return inputs, live

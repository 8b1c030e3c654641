"""Who manages which field (`metadata.managedFields`).

Source: Kubernetes documentation, "Server-Side Apply", and pulumi-kubernetes `provider/pkg/await/await.go`
(`fixCSAFieldManagers`, `handleSSAIgnoreFields`).
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes.objects import Object, dig

if TYPE_CHECKING:
    from collections.abc import Sequence

#: this provider's names at creation and under client-side apply, on every platform
_OWN = frozenset({"pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"})
_ADOPTED = frozenset(
    {("kubectl", "Apply"), ("kubectl", "Update"), ("before-first-apply", "Update")}
    | {(name, "Update") for name in _OWN}
)


def _entries(live: Object) -> list[dict[str, Any]]:
    return list(dig(live, "metadata", "managedFields") or [])


def _is_main(entry: dict[str, Any]) -> bool:
    return not entry.get("subresource")


def created_here(live: Object) -> bool:
    """Whether this provider's creation still owns fields."""
    return any(entry.get("operation") == "Update" and entry.get("manager") in _OWN for entry in _entries(live))


def take_over(live: Object, manager: str) -> list[dict[str, Any]]:
    """The JSON patch that gives the fields of earlier managers to `manager`, empty when there are none.

    Afterwards an apply by `manager` removes what its inputs no longer hold.
    """
    entries = _entries(live)
    taken = [e for e in entries if _is_main(e) and (e.get("manager"), e.get("operation")) in _ADOPTED]
    if not taken:
        return []
    kept = [entry for entry in entries if entry not in taken]
    own = next((e for e in kept if e.get("manager") == manager and e.get("operation") == "Apply" and _is_main(e)), None)
    if own is None:
        own = {key: taken[0].get(key) for key in ("apiVersion", "fieldsType", "time")}
        own |= {"manager": manager, "operation": "Apply", "fieldsV1": {}}
        kept = [own, *kept]
    merged = copy.deepcopy(own)
    for entry in taken:
        merged["fieldsV1"] = overlay(merged.get("fieldsV1") or {}, entry.get("fieldsV1") or {})
    result = [merged if entry is own else entry for entry in kept]
    version = dig(live, "metadata", "resourceVersion")
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": result},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def overlay(base: Any, top: Any) -> Any:
    """`base` with every map member of `top` laid over it; lists and scalars of `top` win as a whole."""
    if not isinstance(base, dict) or not isinstance(top, dict):
        return copy.deepcopy(top)
    result = dict(base)
    for key, value in top.items():
        result[key] = overlay(base[key], value) if key in base else copy.deepcopy(value)
    return result


def _owns(fields: Any, steps: Sequence[str | int]) -> bool:
    """Whether a FieldsV1 tree holds a path of map keys; the plugin follows no path into a list either."""
    for step in steps:
        fields = fields.get(f"f:{step}") if isinstance(fields, dict) and isinstance(step, str) else None
    return isinstance(fields, dict)


def owned_by_others_only(live: Object, manager: str, steps: Sequence[str | int]) -> bool:
    """Whether some other manager owns the field at `steps` and `manager` does not."""
    owners = {entry.get("manager") for entry in _entries(live) if _owns(entry.get("fieldsV1"), steps)}
    return bool(owners - {manager}) and manager not in owners


def put(obj: Any, steps: Sequence[str | int], value: Any) -> None:
    """Set the value at a path of map keys, making the maps on the way; a path into a list is left alone."""
    if not all(isinstance(step, str) for step in steps):
        return
    for step in steps[:-1]:
        if not isinstance(obj, dict):
            return
        obj = obj.setdefault(step, {})
    if isinstance(obj, dict):
        obj[steps[-1]] = copy.deepcopy(value)


def remove(obj: Any, steps: Sequence[str | int]) -> None:
    """Remove the value at a path, if it is there."""
    holder = dig(obj, *steps[:-1])
    if isinstance(holder, dict):
        holder.pop(steps[-1], None)

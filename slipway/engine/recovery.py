"""Picks up an update that was killed in the middle.

A killed engine leaves creations that it does not know the end of (`pending_operations` in the state). Each is looked
up by the id that it must have if it exists: found, it is taken into the state; not found, it is made by the next
update. Without this, the next update would create it again and be refused with "already exists".

Not by `pulumi refresh --import-pending-creates`: 3.255 turns the pending creation into a pending import, and nothing
reads that (pulumi/pulumi, `pkg/cmd/pulumi/operations/refresh.go`). So what may exist goes into the state's resources
with its id, and a refresh of just these finds out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.engine.cloud_ids import NOT_IMPORTED, cloud_id

if TYPE_CHECKING:
    from collections.abc import Mapping

_Inputs = dict[str, Any]


def pending(deployment: _Inputs) -> bool:
    """Whether a killed update left anything unfinished."""
    return bool(deployment.get("pending_operations"))


def settled(deployment: _Inputs, defaults: Mapping[str, Any]) -> tuple[_Inputs, list[str]]:
    """`deployment` without pending operations, and the URNs that were taken into it, to be refreshed.

    `defaults` has the provider's project and region.

    Operations on what the state has already (updates, deletions, creations that an update since has done) only go:
    the next update does them again.
    """
    resources: list[_Inputs] = list(deployment.get("resources") or [])
    known = {resource["urn"] for resource in resources}
    taken: list[str] = []
    operations: list[_Inputs] = deployment.get("pending_operations") or []
    for operation in operations:
        resource: _Inputs = operation["resource"]
        if operation.get("type") != "creating" or resource["urn"] in known:
            continue
        if found := cloud_id(resource["type"], resource.get("inputs") or {}, defaults):
            own = NOT_IMPORTED.get(resource["type"])
            outputs: _Inputs = {} if own is None else {**own, **(resource.get("inputs") or {})}
            resources.append({**resource, "id": found, "outputs": outputs})
            taken.append(resource["urn"])
            known.add(resource["urn"])
    return {**deployment, "resources": resources, "pending_operations": []}, taken

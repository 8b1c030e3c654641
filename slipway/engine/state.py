"""The resources of a stack's state: their order, and what the program says of those that were found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slipway.engine.cloud_ids import STATE_ONLY
from slipway.engine.values import from_wire, without_unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from slipway.engine.recorder import Recording

Resource = dict[str, Any]
_PROVIDER: Final = "pulumi:providers:"
_MANAGER: Final = "__fieldManager"


def resources(deployment: Mapping[str, Any] | None) -> list[Resource]:
    """The resources of a deployment, none without one."""
    return list((deployment or {}).get("resources") or [])


def complete(state: Mapping[str, Resource], had: Collection[str], recorded: Recording) -> dict[str, Resource]:
    """`state` with what only the program knows of the resources that it did not have before.

    That is: what depends on what, outputs of components and of the stack, and properties that no API has.
    Components of which nothing exists are left out: the next update makes them.
    """
    result = dict(state)
    for urn, request in recorded.requests:
        if urn in had or urn not in result:
            continue
        item = dict(result[urn])
        item["dependencies"] = [other for other in request.dependencies if other in state]
        properties = {key: [u for u in value.urns if u in state] for key, value in request.propertyDependencies.items()}
        item["propertyDependencies"] = properties
        declared, _ = without_unknown(from_wire(request.object))
        only = {key: value for key, value in declared.items() if key in STATE_ONLY}
        if request.custom and only and not request.type.startswith(_PROVIDER):
            item["inputs"] = {**(item.get("inputs") or {}), **only}
            item["outputs"] = {**(item.get("outputs") or {}), **only}
        if request.type.startswith("kubernetes:") and (manager := _manager(item.get("outputs") or {})):
            item["outputs"] = {**item["outputs"], _MANAGER: manager}
        if not request.custom and urn in recorded.outputs:
            item["outputs"] = without_unknown(from_wire(recorded.outputs[urn]))[0]
        result[urn] = item
    needed = _needed(result)
    if needed:  # providers that only functions are called with stand under nothing
        needed |= {urn for urn, item in result.items() if item["type"].startswith(_PROVIDER)}
    return {urn: item for urn, item in result.items() if urn in had or urn in needed}


def _manager(outputs: Mapping[str, Any]) -> str | None:
    """The name under which the lost state's provider owned the object's fields.

    Under another one nothing would ever be removed again: the API server keeps a field as long as one manager has it
    (Kubernetes documentation, "Server-Side Apply"; pulumi-kubernetes names a manager anew for each object).
    """
    metadata: Mapping[str, Any] = outputs.get("metadata") or {}
    entries: list[Mapping[str, Any]] = metadata.get("managedFields") or []
    ours = [
        (str(entry.get("time")), str(entry["manager"]))
        for entry in entries
        if str(entry.get("manager", "")).startswith("pulumi-kubernetes-") and entry.get("operation") == "Apply"
    ]
    return max(ours)[1] if ours else None


def ordered(state: Mapping[str, Resource]) -> list[Resource]:
    """Resources so that each comes after what it refers to, as the engine wants its snapshots."""
    result: dict[str, Resource] = {}

    def add(urn: str) -> None:
        if urn in result or urn not in state:
            return
        for other in _references(state[urn]):
            add(other)
        result[urn] = state[urn]

    for urn in state:
        add(urn)
    return list(result.values())


def _references(item: Resource) -> Iterator[str]:
    yield item.get("parent") or ""
    yield (item.get("provider") or "").rsplit("::", 1)[0]
    yield from item.get("dependencies") or []
    properties: Mapping[str, list[str]] = item.get("propertyDependencies") or {}
    for urns in properties.values():
        yield from urns
    yield item.get("deletedWith") or ""


def _needed(state: Mapping[str, Resource]) -> set[str]:
    """What exists outside of the state, and whatever that stands on."""
    result: set[str] = set()
    waiting = [urn for urn, item in state.items() if item.get("custom") and not item["type"].startswith(_PROVIDER)]
    while waiting:
        urn = waiting.pop()
        if urn in state and urn not in result:
            result.add(urn)
            waiting += _references(state[urn])
    return result

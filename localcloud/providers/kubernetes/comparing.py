"""Diff: what an update would change, and whether it needs a new object.

Source: pulumi-kubernetes `provider.go` (`Diff`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import difference, kinds, names, propertypath, replacement, state
from localcloud.providers.kubernetes.awaiting.base import condition
from localcloud.providers.kubernetes.client import ApiError, UnreachableError
from localcloud.providers.kubernetes.normalize import normalize
from localcloud.providers.kubernetes.objects import (
    AUTONAMED,
    REPLACE_UNREADY,
    Object,
    annotated,
    dig,
    kind_of,
    name_of,
    namespace_of,
    set_meta,
)
from localcloud.providers.kubernetes.prune import prune
from localcloud.providers.model import Diff, DiffKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.providers.kubernetes.session import Session
    from localcloud.providers.model import Request


def diff(
    session: Session, request: Request, outputs: dict[str, Any], news: dict[str, Any], ignored: Sequence[str]
) -> Diff:
    """Compare new inputs with the live object as the state has it, cut to the shape of the old inputs.

    Deletes first where the new object has to have the name that the old one has.
    """
    new = normalize(state.to_object(news))
    before, live = state.split(outputs)
    old = prune(live, normalize(before))
    _align(session, old, new, live)
    patch = kinds.is_patch(request.type, kind_of(new).kind)
    rules = replacement.paths(
        {} if patch else new,  # a Patch replaces for its identity only
        mutable_config_maps=session.settings.mutable_config_maps,
        mutable_secrets=session.settings.mutable_secrets,
    )
    detailed = _without(difference.compare(old, new, rules), ignored)
    replaces = [path for path, kind in detailed.items() if kind.replaces]
    if detailed.get("metadata") is DiffKind.DELETE:
        replaces.append("metadata")
    if annotated(new, REPLACE_UNREADY) and _unready(session, request, new, live):
        replaces.append(f'.metadata.annotations["{REPLACE_UNREADY}"]')
    same_place = name_of(new) == name_of(live) and namespace_of(new) == namespace_of(live)
    fixed = names.is_named(new) and not annotated(new, AUTONAMED)
    return Diff(detailed, bool(replaces) and fixed and same_place, replaces)


def _align(session: Session, old: Object, new: Object, live: Object) -> None:
    """Make the two sides comparable: namespaces spelled out, the name that the object has."""
    if session.namespaced(new):
        for obj in (old, new):
            if dig(obj, "metadata", "namespace") is None:
                set_meta(obj, "namespace", "default")
    else:
        set_meta(old, "namespace", "")
        set_meta(new, "namespace", "")
    for key in ("apiVersion", "kind"):
        old.setdefault(key, new.get(key))
    if name_of(new):
        set_meta(old, "name", name_of(live))


def _without(detailed: dict[str, DiffKind], ignored: Sequence[str]) -> dict[str, DiffKind]:
    paths = [propertypath.parse(text) for text in ignored]
    return {
        text: kind
        for text, kind in detailed.items()
        if not any(propertypath.contains(path, propertypath.parse(text)) for path in paths)
    }


def _unready(session: Session, request: Request, new: Object, live: Object) -> bool:
    """Whether a Job that asks for it is to be made again, because it has not succeeded."""
    if session.cluster is None:
        session.warn(request.urn, "Cluster is unreachable, skipping replaceUnready check")
    elif kind_of(new).kind != "Job":
        session.warn(request.urn, "replaceUnready annotation is not supported for this resource")
    else:
        try:
            current = session.cluster.get(live, name_of(live))
        except (ApiError, UnreachableError):
            return False
        return condition(current, "Complete").get("status") != "True"
    return False

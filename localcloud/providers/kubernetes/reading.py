"""Read: for refresh, import and `.get()`.

Source: pulumi-kubernetes `provider.go` (`Read`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import kinds, state
from localcloud.providers.kubernetes.awaiting import registry
from localcloud.providers.kubernetes.awaiting.base import AwaitError
from localcloud.providers.kubernetes.client import ApiError
from localcloud.providers.kubernetes.discovery import NoMatchError
from localcloud.providers.kubernetes.normalize import normalize
from localcloud.providers.kubernetes.objects import (
    LAST_APPLIED,
    Object,
    dig,
    full_name,
    kind_of,
    name_of,
    namespace_of,
    set_meta,
    split_id,
)
from localcloud.providers.kubernetes.prune import prune
from localcloud.providers.kubernetes.secretness import conceal
from localcloud.providers.kubernetes.session import DROP_STATE
from localcloud.providers.model import PartialFailureError, ProviderError, State

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.session import Session
    from localcloud.providers.model import Request

_NOT_INPUTS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
_NOT_INPUT_ANNOTATIONS = ("deployment.kubernetes.io/revision", LAST_APPLIED)


def read(session: Session, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> State | None:
    """The object as it is, None when it or its kind is gone.

    Inputs are the live object cut to the shape of the old inputs; without old inputs, what would make it.
    """
    if session.cluster is None:
        return _unreachable(session, request, inputs, outputs)
    namespace, name = split_id(request.id)
    if not name:
        raise ProviderError(
            f"failed to read resource because of a failure to parse resource name from request ID: {request.id}"
        )
    old = normalize(state.to_object(inputs))
    _, old_live = state.split(outputs)
    fresh = not old.get("kind") and not old_live.get("kind")
    if not old.get("kind"):
        kind = kinds.of_type(request.type) if fresh else kind_of(old_live)
        old |= {"apiVersion": kind.api_version, "kind": kind.kind.removesuffix("Patch")}
        set_meta(old, "name", name_of(old) or name)
        set_meta(old, "namespace", namespace_of(old) or namespace)
    try:
        live = session.cluster.get(old, name)
    except NoMatchError:
        return None
    except ApiError as error:
        if error.not_found:
            return None
        raise
    live_inputs = prune(live, old)
    if fresh:
        live_inputs = _inputs_of(request, live, live_inputs)
    version = str(outputs.get(state.INITIAL_API_VERSION) or old["apiVersion"])
    kept = state.checkpoint(live_inputs, live, inputs, version, session.manager(outputs, old))
    found = State(request.id or full_name(live), kept, conceal(live_inputs, inputs))
    if not fresh:
        try:
            registry.look(session.context(request, old), old, live)
        except AwaitError as error:
            raise PartialFailureError(found, [str(error), *error.reasons]) from None
    return found


def _inputs_of(request: Request, live: Object, pruned: Object) -> Object:
    """The inputs that would make an object which the program has never seen.

    Of a custom resource only its identity is known to be an input: the plugin has no schema for the rest.
    """
    inputs = dict(pruned)
    if kinds.known(kinds.of_type(request.type)):
        inputs |= {key: value for key, value in live.items() if key != "status"}
    meta = {key: value for key, value in dig(inputs, "metadata", default={}).items() if key not in _NOT_INPUTS}
    notes = meta.get("annotations")
    if isinstance(notes, dict):
        meta["annotations"] = {key: value for key, value in notes.items() if key not in _NOT_INPUT_ANNOTATIONS}
    return inputs | {"metadata": meta}


def _unreachable(session: Session, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> State | None:
    """Read without a cluster: an error, unless the program opted out of it."""
    session.warn(request.urn, f"configured Kubernetes cluster is unreachable: {session.unreachable}")
    if session.settings.delete_unreachable:
        session.dropped(request)
        return None
    if session.settings.skip_update_unreachable:
        session.warn(
            request.urn,
            "the `skipUpdateUnreachable` option is enabled. Returned data could not reflect the actual cluster "
            "configuration.",
        )
        return State(request.id, outputs, inputs)
    raise ProviderError(f"failed to read resource state due to unreachable cluster. {DROP_STATE}")

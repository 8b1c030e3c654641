"""Which wait belongs to which kind, and for how long.

Source: pulumi-kubernetes `provider/pkg/await/awaiters.go`. A kind that is not listed is live once it exists; a
custom resource is, too, unless the program says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localcloud.providers.kubernetes.awaiting import conditions, pods, services, storage, workloads
from localcloud.providers.kubernetes.awaiting.base import READY, AwaitError, Context, Outcome, until
from localcloud.providers.kubernetes.client import ApiError
from localcloud.providers.kubernetes.discovery import NoMatchError
from localcloud.providers.kubernetes.objects import (
    SKIP_AWAIT,
    WAIT_FOR,
    Object,
    annotated,
    annotation,
    dig,
    kind_of,
    name_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[Context, Object], Outcome]

_LONG, _SHORT = 600.0, 300.0
_APPS: Final = ("apps", "extensions")
_KINDS: Final[dict[tuple[str, str], tuple[Check, float]]] = {
    **{(group, "Deployment"): (workloads.deployment, _LONG) for group in _APPS},
    **{(group, "DaemonSet"): (workloads.daemon_set, _LONG) for group in _APPS},
    ("apps", "StatefulSet"): (workloads.stateful_set, _LONG),
    ("batch", "Job"): (workloads.job, _LONG),
    ("", "ReplicationController"): (workloads.replication_controller, _LONG),
    ("", "Pod"): (pods.check, _SHORT),
    ("", "Service"): (services.service, _LONG),
    **{(group, "Ingress"): (services.ingress, _LONG) for group in ("networking.k8s.io", "extensions")},
    ("", "PersistentVolume"): (storage.volume, _SHORT),
    ("", "PersistentVolumeClaim"): (storage.claim, _SHORT),
    ("", "ResourceQuota"): (storage.quota, 60.0),
    ("", "Secret"): (storage.secret, 5.0),
}
#: the kinds that are also looked at when they are only read
_READ: Final = frozenset({"Deployment", "DaemonSet", "StatefulSet", "Job", "Pod", "Service", "Ingress"})
#: the kinds whose `skipAwait` also skips the wait for their deletion (pulumi-kubernetes#1232, #3154)
_SKIP_DELETION: Final = frozenset(
    {
        ("", "Namespace"),
        ("", "Pod"),
        ("", "ReplicationController"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
    }
)


def _key(obj: Object) -> tuple[str, str]:
    kind = kind_of(obj)
    return kind.group, kind.kind


def validate(inputs: Object) -> None:
    """Raise ProviderError for a `waitFor` that cannot be understood, before anything is made."""
    if annotation(inputs, WAIT_FOR):
        conditions.parse(annotation(inputs, WAIT_FOR))


def _check_of(inputs: Object, *, await_all: bool) -> tuple[Check, float] | None:
    if annotated(inputs, SKIP_AWAIT):
        return None
    if annotation(inputs, WAIT_FOR):
        return conditions.parse(annotation(inputs, WAIT_FOR)), _LONG
    found = _KINDS.get(_key(inputs))
    return found or ((conditions.ready, _LONG) if await_all else None)


def live(context: Context, inputs: Object, obj: Object, *, await_all: bool) -> Object:
    """Wait until `obj`, made from `inputs`, is live. Raises AwaitError."""
    found = _check_of(inputs, await_all=await_all)
    return obj if found is None else until(context, obj, *found)


def look(context: Context, inputs: Object, obj: Object) -> None:
    """One look at an object that is only read. Raises AwaitError when it is not live."""
    if annotated(inputs, SKIP_AWAIT) or kind_of(obj).kind not in _READ or _key(obj) not in _KINDS:
        return
    outcome = _KINDS[_key(obj)][0](context, obj)
    if not outcome.done:
        raise AwaitError(obj, f"'{name_of(obj)}' is not ready", outcome.reasons() or [outcome.message])


def gone(context: Context, inputs: Object, obj: Object) -> None:
    """Wait until a deleted object is gone, or another one has its name. Raises AwaitError."""
    if annotated(inputs, SKIP_AWAIT) and _key(obj) in _SKIP_DELETION:
        return
    seconds = _LONG if _key(obj)[1] in {"Deployment", "StatefulSet", "DaemonSet", "ReplicationController"} else _SHORT
    identity = dig(obj, "metadata", "uid")

    def check(_context: Context, current: Object) -> Outcome:
        if identity and dig(current, "metadata", "uid") != identity:
            return READY
        return _still(current)

    try:
        until(context, context.cluster.get(obj, name_of(obj)), check, seconds)
    except (ApiError, NoMatchError) as error:
        if isinstance(error, ApiError) and not error.not_found:
            raise
    except AwaitError as error:
        if not error.deleted:
            raise


def _still(current: Object) -> Outcome:
    finalizers = dig(current, "metadata", "finalizers", default=None) or []
    why = f"finalizers {', '.join(finalizers)}" if finalizers else str(dig(current, "status", "phase", default=""))
    message = f"Waiting for the deletion{f' ({why})' if why else ''}"
    notes = [entry.get("message", "") for entry in dig(current, "status", "conditions", default=None) or []]
    namespace = kind_of(current).kind == "Namespace"
    return Outcome(done=False, message=message, reasons=lambda: [message, *(notes if namespace else [])])

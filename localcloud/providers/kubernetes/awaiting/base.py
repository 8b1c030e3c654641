"""The loop behind every wait, and how it ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.providers.kubernetes.client import ApiError, UnreachableError
from localcloud.providers.kubernetes.objects import TIMEOUT_SECONDS, Object, annotation, dig, name_of
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from localcloud.providers.kubernetes.discovery import Cluster

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
#: how often the reasons of a wait are gathered for the progress line
_REPORT_SECONDS = 10.0


class AwaitError(ProviderError):
    """The object exists but is not live. `reasons` say why, one by one; `live` is its last state."""

    def __init__(self, live: Object, what: str, reasons: Sequence[str] = (), *, deleted: bool = False) -> None:
        super().__init__(what)
        self.live = live
        #: there is no object any more
        self.deleted = deleted
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Outcome:
    """What one look at an object says."""

    done: bool
    #: for the progress line
    message: str = ""
    #: it will not become live by waiting
    hopeless: bool = False
    #: why it is not live yet; gathered only when somebody is told
    reasons: Callable[[], Sequence[str]] = field(default=tuple)


READY = Outcome(done=True)


@dataclass(frozen=True)
class Context:
    """What a wait needs: the cluster, how to speak, and when to end."""

    cluster: Cluster
    cancelled: threading.Event
    log: Callable[[str], None]
    #: seconds that the program gave; None for the kind's own
    timeout: float | None = None


def timeout_of(seconds: float, inputs: Object) -> float | None:
    """The program's timeout: customTimeouts, then the annotation, None for neither (`TimeoutDuration`)."""
    if seconds:
        return seconds
    text = annotation(inputs, TIMEOUT_SECONDS)
    return float(text) if text.isdigit() else None


def observed(live: Object) -> bool:
    """Whether the controller has seen the current spec."""
    generation = dig(live, "metadata", "generation", default=0)
    return dig(live, "status", "observedGeneration", default=0) >= generation


def condition(live: Object, kind: str) -> dict[str, str]:
    """One of `status.conditions`, empty when absent."""
    found = dig(live, "status", "conditions", default=None) or []
    return next((entry for entry in found if entry.get("type") == kind), {})


def until(context: Context, live: Object, check: Callable[[Context, Object], Outcome], seconds: float) -> Object:
    """Look again and again until `check` is content, and return the object. Raises AwaitError."""
    limit = context.timeout if context.timeout is not None else seconds
    deadline, report, pause, said = time.monotonic() + limit, time.monotonic() + _REPORT_SECONDS, _FIRST_PAUSE, ""
    name = name_of(live)
    while True:
        outcome = check(context, live)
        if outcome.done:
            if said:
                context.log("")
            return live
        if outcome.message and outcome.message != said:
            said = outcome.message
            context.log(said)
        if outcome.hopeless:
            raise AwaitError(live, f"'{name}' failed: {outcome.message}", outcome.reasons())
        now = time.monotonic()
        if now > deadline:
            raise AwaitError(live, f"'{name}' timed out waiting to be Ready", outcome.reasons() or [outcome.message])
        if now > report:
            report = now + _REPORT_SECONDS
            for reason in outcome.reasons():
                context.log(reason)
        if context.cancelled.wait(min(pause, max(deadline - now, 0.01))):
            raise AwaitError(live, f"the wait for '{name}' was cancelled", outcome.reasons())
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        live = _look(context, live, name)


def _look(context: Context, live: Object, name: str) -> Object:
    try:
        return context.cluster.get(live, name)
    except UnreachableError as error:
        context.log(str(error))
        return live
    except ApiError as error:
        if error.not_found:
            raise AwaitError(live, f"'{name}' was deleted while it was waited for", deleted=True) from None
        raise

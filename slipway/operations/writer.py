"""Does what was decided: writes, looks again where somebody else was faster, and remembers it at the revision."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slipway import deadlines
from slipway.errors import ConflictError, FailedError
from slipway.health import Health, State
from slipway.operations import records, rollouts
from slipway.operations.decisions import MANAGER, Decision, merge, refuse
from slipway.operations.records import Record
from slipway.operations.verbs import adapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.desired import WantedService
    from slipway.live import Cluster
    from slipway.operations.live import Live

_TRIES: Final = 5
"""Times that a write is tried when others write, too: controllers do, but not for long."""
_SEEN: Final = 30.0
"""Seconds for a controller to see a change. It takes milliseconds; after a restart, until it leads again."""
_POLL: Final = 0.2


@dataclass(frozen=True)
class Author:
    """Who does it, and from which commit; None where that is not known."""

    by: str | None
    commit: str | None = None


def operate(
    cluster: Cluster, service: WantedService, verb: str, author: Author, decide: Callable[[Live], Decision]
) -> tuple[Decision, Live]:
    """Decide on the service as it is, write, and remember; returns what was decided, and on what.

    Raises FailedError when the verb makes no sense now, or a right lacks.
    """
    for _ in range(_TRIES):
        live = found(cluster, service)
        decision = decide(live)
        if decision.target and live.kind.name == "Rollout":
            deadlines.forget(cluster, service.team, service.name)
        try:
            for patch in decision.patches:
                cluster.patch(patch.path, patch.body, manager=patch.manager)
        except ConflictError:
            continue
        if decision.target and not decision.already:
            _settle(cluster, service, decision, verb, author)
        return decision, live
    raise FailedError(f"{service.key}: something else wrote it {_TRIES} times in a row; run the command again")


def found(cluster: Cluster, service: WantedService) -> Live:
    """The service as it is. Raises FailedError when it is not in the cluster."""
    live = cluster.operated(service)
    if live is None:
        raise FailedError(f"{service.key} is not in the cluster; `slipway up` makes it")
    return live


def remember(
    cluster: Cluster, service: WantedService, author: Author, what: str | None, health: Health | None = None
) -> None:
    """Write at the service's present revision who made it the wanted one, and how it ended as far as that is known.

    With `what` None only the outcome is written: who it was, nobody knows. Who is written already stays. Nothing is
    written before the controller has made the revision. Raises FailedError when the right to patch it lacks.
    """
    live = cluster.operated(service)
    if live is None or not live.seen or (now := live.current) is None:
        return
    outcome, why = _outcome(live, health)
    if now.record and now.record.what:
        what = None  # who made it the wanted one is known already
    author = author if what else Author(None)
    at = _now() if what else None
    new = Record(now.hash, now.number, what, author.by, at, author.commit, outcome, why)
    text = records.written(now.records, new)
    if text != now.annotations.get(records.ANNOTATION) and (what or outcome):
        path = f"{live.kind.revisions_path(service.team)}/{now.name}"
        cluster.patch(path, {"metadata": {"annotations": {records.ANNOTATION: text}}}, manager=MANAGER)


def seen(cluster: Cluster, service: WantedService, seconds: float = _SEEN) -> Live | None:
    """The service once its controller has seen it and made its revision; None when that does not come in time."""
    deadline = time.monotonic() + seconds
    while True:
        live = cluster.operated(service)
        if live and live.seen and live.current:
            return live
        if time.monotonic() > deadline:
            return None
        time.sleep(_POLL)


def _settle(cluster: Cluster, service: WantedService, decision: Decision, verb: str, author: Author) -> None:
    """After a template was put back: without steps if that was decided, and into the history."""
    live = seen(cluster, service)
    if live is None:
        rest = "; when it is seen: promote --full" if decision.at_once else ""
        raise FailedError(
            f"{decision.said}: written, but its controller has not seen it within {_SEEN:.0f} s; does it run?{rest}"
        )
    if decision.at_once and not rollouts.complete(live):
        _fully(cluster, service)
    remember(cluster, service, author, verb)


def _fully(cluster: Cluster, service: WantedService) -> None:
    """The controller takes `promoteFull` back when it sees a new template: it is said after that."""
    for _ in range(_TRIES):
        live = found(cluster, service)
        if rollouts.complete(live) or live.status.get("promoteFull"):
            return
        try:
            patch = merge(live, {"status": {"promoteFull": True}}, status=True)
            cluster.patch(patch.path, patch.body, manager=patch.manager)
        except ConflictError:
            continue
        return
    raise refuse(found(cluster, service), "it goes back by its steps: something else wrote its status; promote --full")


def _outcome(live: Live, health: Health | None) -> tuple[str | None, str | None]:
    """How the present revision ended; None while it is under way."""
    if health and health.state is State.FAILED:
        return "failed", health.message
    if live.kind.name == "Rollout" and rollouts.aborted(live):
        return "failed", str(live.status.get("message") or "aborted")
    if health and health.state in {State.HEALTHY, State.SCALED} and adapter(live).complete(live):
        return "healthy", None
    return None, None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

"""Waits for rollouts, outside the engine: resumable, with an end, and telling what it waits for."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from slipway import deadlines
from slipway.checked import explained
from slipway.diagnosis import diagnose
from slipway.errors import FailedError
from slipway.health import Health, State, judge, reached, stalled
from slipway.patience import answers
from slipway.rollouts.checks import checks_of
from slipway.rollouts.compile import plan
from slipway.scaled import as_scaled
from slipway.stamp import as_in_git

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from slipway.desired import WantedService
    from slipway.live import Cluster
    from slipway.smoke.testing import SmokeTests

_MARGIN: Final = 60
"""Seconds beyond what the controllers themselves allow, after which waiting ends in any case."""


@dataclass(frozen=True)
class Outcome:
    """A service with the verdict that waiting ended with."""

    service: WantedService
    health: Health


def look(cluster: Cluster, services: Sequence[WantedService], images: Mapping[str, str]) -> list[Outcome]:
    """How `services` are now. `images` is the full image of each by TEAM/NAME.

    Failed ones say which pod and why, other releases who went back to them.
    """
    outcomes = _look(cluster, services, images)
    return [_explained(cluster, item) for item in outcomes]


def _look(cluster: Cluster, services: Sequence[WantedService], images: Mapping[str, str]) -> list[Outcome]:
    return [Outcome(service, _health(cluster, service, images[service.key])) for service in services]


def _health(cluster: Cluster, service: WantedService, image: str) -> Health:
    workload = cluster.workload(service)
    compiled = plan(service.spec)
    everywhere = compiled.kind == "DaemonSet"
    health = judge(workload, image, 0 if everywhere else service.spec.scaling.min)
    if health.state in {State.WAITING, State.FAILED} and compiled.by_argo:
        health = _of_this_release(cluster, service, health)
    health = as_in_git(health, workload, service.spec)
    if compiled.is_set and health.state is State.PROGRESSING:
        health = stalled(health, cluster.pods(service), compiled.deadline, dt.datetime.now(dt.UTC))
    if not everywhere:
        health = as_scaled(health, workload, service, lambda: cluster.autoscaler(service))
    if workload and any(checks_of(service.spec.rollout)):
        release = workload.get("status", {}).get("currentPodHash")
        health = explained(health, workload, cluster.measured(service, release) if release else [], service.spec)
    if health.state is State.HEALTHY and service.spec.expose:
        return reached(health, cluster.entrance(service))
    return health


def _of_this_release(cluster: Cluster, service: WantedService, health: Health) -> Health:
    """`health`, or that the controller has yet to see the release whose workload it was read from."""
    live = cluster.operated(service)
    if live is None or not live.behind:
        return health
    return replace(health, state=State.PROGRESSING, message="its controller has not seen the change yet")


def wait(
    cluster: Cluster,
    services: Sequence[WantedService],
    images: Mapping[str, str],
    note: Callable[[str], None],
    *,
    tests: SmokeTests | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Outcome]:
    """Wait until every service is settled, each within what its rollout may take. Failed ones say which pod and why.

    `tests` asks each release for an answer as soon as it has a pod of its own, and when it is through.
    Raises FailedError when the cluster is away for longer than a minute.
    """
    done: dict[str, Outcome] = {}

    def ask(waited: float) -> list[tuple[Outcome, Outcome | None]]:
        open_ones = [service for service in services if service.key not in done]
        now = [_tested(item, tests) for item in _look(cluster, open_ones, images)]
        return [(item, _ended(cluster, item, waited)) for item in now]

    for seen in answers(ask, note, clock=clock, sleep=sleep):
        done |= {ended.service.key: ended for _, ended in seen if ended}
        still = [outcome for outcome, ended in seen if not ended]
        if not still:
            break
        first, more = still[0], f" and {len(still) - 1} more" if len(still) > 1 else ""
        note(f"{first.service.key} {first.health.ready}/{first.health.wanted}: {first.health.message}{more}")
    return [done[service.key] for service in services]


def _tested(outcome: Outcome, tests: SmokeTests | None) -> Outcome:
    return replace(outcome, health=tests.judged(outcome.service, outcome.health)) if tests else outcome


def supervised(cluster: Cluster, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """`outcomes`, with every Rollout failed where no controller looks after it: it could not go on, nor go back.

    For clusters that run the controller themselves. Who may not ask is told nothing.
    """
    if not any(_by_controller(outcome) for outcome in outcomes):
        return list(outcomes)
    try:
        wrong = cluster.controller()
    except FailedError:
        return list(outcomes)
    return [
        replace(each, health=replace(each.health, state=State.FAILED, message=_joined(wrong, each.health.message)))
        if wrong and _by_controller(each)
        else each
        for each in outcomes
    ]


def _by_controller(outcome: Outcome) -> bool:
    return plan(outcome.service.spec).by_argo


def _joined(*said: str) -> str:
    return "; ".join(part for part in said if part)


def _ended(cluster: Cluster, outcome: Outcome, waited: float) -> Outcome | None:
    """The outcome, explained, when waiting longer is pointless; None otherwise. `waited` is in seconds."""
    service, health = outcome.service, outcome.health
    compiled = plan(service.spec)
    if not health.settled and compiled.by_argo and waited > compiled.deadline:
        deadlines.forget(cluster, service.team, service.name)  # or its controller may never end it
    if not health.settled and waited > _limit(service):
        health = replace(health, state=State.FAILED, message=f"still not there in time: {health.message}")
    if not health.settled:
        return None
    return _explained(cluster, Outcome(service, health))


def _limit(service: WantedService) -> int:
    """Seconds after which waiting is pointless: pauses, and the controller's deadline for each part between them."""
    compiled = plan(service.spec)
    return compiled.pauses + compiled.parts * compiled.deadline + _MARGIN


def _explained(cluster: Cluster, outcome: Outcome) -> Outcome:
    if outcome.health.state is State.FAILED:
        return _told(cluster, outcome)
    if outcome.health.state is State.OTHER:
        return _went_back(cluster, outcome)
    return outcome


def _went_back(cluster: Cluster, outcome: Outcome) -> Outcome:
    """The outcome with who went back to the release that is there, when somebody did."""
    live = cluster.operated(outcome.service)
    record = live.current.record if live and live.current else None
    if record is None or record.what not in {"rollback", "abort"}:
        return outcome
    said = f"{record.what} to revision {record.revision} by {record.by or 'somebody'} at {record.at}"
    message = f"{outcome.health.message}; {said}: change Git, too, or `retry`"
    return replace(outcome, health=replace(outcome.health, message=message))


def _told(cluster: Cluster, outcome: Outcome) -> Outcome:
    """The outcome with its cause: pods that are not well, or what was said of those that are gone already."""
    service, events = outcome.service, cluster.events(outcome.service.team)
    cause = diagnose(cluster.pods(service), events) or _gone(cluster.workload(service), events)
    message = f"{outcome.health.message}; {cause}" if cause else outcome.health.message
    return replace(outcome, health=replace(outcome.health, message=message))


def _gone(workload: Mapping[str, Any] | None, events: Sequence[Mapping[str, Any]]) -> str:
    """The last warning about a pod of the new release of a canary: an abort takes the pods away, their events stay."""
    if not workload or not (release := workload.get("status", {}).get("currentPodHash")):
        return ""
    prefix = f"{workload['metadata']['name']}-{release}-"
    about = [item for item in events if item["involvedObject"].get("name", "").startswith(prefix)]
    warnings = [item for item in about if item["type"] == "Warning"]
    if not warnings:
        return ""
    last = warnings[-1]
    return f"pod {last['involvedObject']['name']}, gone by now (event {last['reason']}: {last['message']})"

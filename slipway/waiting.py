"""Waits for rollouts, outside the engine: resumable, with an end, and telling what it waits for."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from slipway.health import Health, State, diagnose, judge
from slipway.rollouts.compile import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from slipway.desired import WantedService
    from slipway.live import Cluster

POLL: Final = 1.0
"""Seconds between two looks."""
_MARGIN: Final = 60
"""Seconds beyond what the controllers themselves allow, after which waiting ends in any case."""


@dataclass(frozen=True)
class Outcome:
    """A service with the verdict that waiting ended with."""

    service: WantedService
    health: Health


def look(cluster: Cluster, services: Sequence[WantedService], images: Mapping[str, str]) -> list[Outcome]:
    """How `services` are now. `images` is the full image of each by TEAM/NAME."""
    outcomes: list[Outcome] = []
    for service in services:
        health = judge(cluster.workload(service), images[service.key], service.spec.scaling.min)
        outcomes.append(Outcome(service, health))
    return outcomes


def wait(
    cluster: Cluster,
    services: Sequence[WantedService],
    images: Mapping[str, str],
    note: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Outcome]:
    """Wait until every service is settled, each within what its rollout may take. Failed ones say which pod and why."""
    started = clock()
    done: dict[str, Outcome] = {}
    while True:
        still: list[Outcome] = []
        for outcome in look(cluster, [service for service in services if service.key not in done], images):
            ended = _ended(cluster, outcome, clock() - started)
            if ended is None:
                still.append(outcome)
            else:
                done[ended.service.key] = ended
        if not still:
            return [done[service.key] for service in services]
        first, more = still[0], f" and {len(still) - 1} more" if len(still) > 1 else ""
        note(f"{first.service.key} {first.health.ready}/{first.health.wanted}: {first.health.message}{more}")
        sleep(POLL)


def _ended(cluster: Cluster, outcome: Outcome, waited: float) -> Outcome | None:
    """The outcome, explained, when waiting longer is pointless; None otherwise. `waited` is in seconds."""
    service, health = outcome.service, outcome.health
    if not health.settled and waited > _limit(service):
        health = replace(health, state=State.FAILED, message=f"still not there in time: {health.message}")
    if health.state is State.FAILED:
        health = replace(health, message=_explained(cluster, service, health.message))
    return Outcome(service, health) if health.settled else None


def _limit(service: WantedService) -> int:
    """Seconds after which waiting is pointless: pauses, and the controller's deadline for each part between them."""
    compiled = plan(service.spec.rollout)
    parts = 1 + len(compiled.strategy.get("canary", {}).get("steps", [])) // 2
    return compiled.pauses + parts * compiled.deadline + _MARGIN


def _explained(cluster: Cluster, service: WantedService, message: str) -> str:
    cause = diagnose(cluster.pods(service), cluster.events(service.team))
    return f"{message}; {cause}" if cause else message

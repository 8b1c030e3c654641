"""Waits for the workloads of Kustomize directories, as slipway.waiting does for services."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from slipway.health import Health, State
from slipway.kustomize.health import cause, deadline, health
from slipway.patience import answers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from slipway.kustomize.wanted import WantedDirectory
    from slipway.live import Cluster

_MARGIN: Final = 60
"""Seconds beyond what the controllers themselves allow, after which waiting ends in any case."""
_GOOD: Final = {State.HEALTHY, State.WAITING}


@dataclass(frozen=True)
class DirectoryOutcome:
    """A directory with the verdict on its workloads."""

    directory: WantedDirectory
    health: Health

    @property
    def good(self) -> bool:
        """Whether it may be left alone."""
        return self.health.state in _GOOD


def look(cluster: Cluster, directories: Sequence[WantedDirectory]) -> list[DirectoryOutcome]:
    """How they are now; failed ones say which pod and why."""
    return [_explained(cluster, DirectoryOutcome(each, health(cluster, each))) for each in directories]


def wait(
    cluster: Cluster,
    directories: Sequence[WantedDirectory],
    note: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[DirectoryOutcome]:
    """Wait until every workload is settled. Raises FailedError when the cluster is away for longer than a minute."""
    done: dict[str, DirectoryOutcome] = {}

    def ask(waited: float) -> list[DirectoryOutcome]:
        open_ones = [each for each in directories if each.key not in done]
        seen = [_ended(DirectoryOutcome(each, health(cluster, each)), waited) for each in open_ones]
        return [_explained(cluster, each) for each in seen]

    for seen in answers(ask, note, clock=clock, sleep=sleep):
        done |= {each.directory.key: each for each in seen if each.health.settled}
        still = [each for each in seen if not each.health.settled]
        if not still:
            break
        found = still[0].health
        note(f"{still[0].directory.key} {found.ready}/{found.wanted}: {found.message}")
    return [done[each.key] for each in directories]


def _ended(outcome: DirectoryOutcome, waited: float) -> DirectoryOutcome:
    """The outcome, failed where waiting longer is pointless. `waited` is in seconds."""
    found = outcome.health
    if found.settled or waited <= deadline(outcome.directory) + _MARGIN:
        return outcome
    said = f"still not there in time: {found.message}"
    return replace(outcome, health=replace(found, state=State.FAILED, message=said))


def _explained(cluster: Cluster, outcome: DirectoryOutcome) -> DirectoryOutcome:
    if outcome.health.state is not State.FAILED:
        return outcome
    said = "; ".join(part for part in (outcome.health.message, cause(cluster, outcome.directory)) if part)
    return replace(outcome, health=replace(outcome.health, message=said))

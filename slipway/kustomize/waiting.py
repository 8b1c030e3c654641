"""Waits for the workloads of Kustomize directories, as slipway.waiting does for services."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from slipway.errors import FailedError
from slipway.health import Health, State
from slipway.kustomize.health import cause, deadline, health

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from slipway.kustomize.wanted import WantedDirectory
    from slipway.live import Cluster

_POLL: Final = 1.0
_MARGIN: Final = 60
"""Seconds beyond what the controllers themselves allow, after which waiting ends in any case."""
_AWAY: Final = 60
"""Seconds for which the cluster may be away."""
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
    started = answered = clock()
    done: dict[str, DirectoryOutcome] = {}
    while True:
        still: list[DirectoryOutcome] = []
        try:
            for each in directories:
                if each.key in done:
                    continue
                outcome = _ended(DirectoryOutcome(each, health(cluster, each)), clock() - started)
                if outcome.health.settled:
                    done[each.key] = _explained(cluster, outcome)
                else:
                    still.append(outcome)
            answered = clock()
        except FailedError as error:
            if clock() - answered > _AWAY:
                raise
            note(str(error))
        if len(done) == len(directories):
            return [done[each.key] for each in directories]
        for outcome in still[:1]:
            found = outcome.health
            note(f"{outcome.directory.key} {found.ready}/{found.wanted}: {found.message}")
        sleep(_POLL)


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

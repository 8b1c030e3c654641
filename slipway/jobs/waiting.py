"""Waits, with an end, for the run of a job's content; work that takes days is not waited for."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from slipway import units
from slipway.diagnosis import diagnose, is_ready
from slipway.errors import FailedError
from slipway.health import Health, State
from slipway.jobs import live
from slipway.jobs.health import current, fails_of, judge, of_run
from slipway.patience import answers
from slipway.schema.job import CronJob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from slipway.desired import WantedJob
    from slipway.live import Cluster

LONGEST: Final = 600
"""Seconds for which a run is waited for at most; one whose pods run then may go on alone."""
_MARGIN: Final = 30
"""Seconds beyond a run's own deadline, for its controller to say so."""


@dataclass(frozen=True)
class JobOutcome:
    """A job with the verdict on the run of its content."""

    job: WantedJob
    health: Health

    @property
    def good(self) -> bool:
        """Whether it may be left alone: succeeded, suspended, by schedule, or running on."""
        return self.health.state in {State.HEALTHY, State.WAITING, State.PROGRESSING}


def look(cluster: Cluster, jobs: Sequence[WantedJob], images: Mapping[str, str]) -> list[JobOutcome]:
    """How `jobs` are now; failed ones say how the last pod ended."""
    return [_look(cluster, job, images[job.key]) for job in jobs]


def _look(cluster: Cluster, job: WantedJob, image: str) -> JobOutcome:
    held, by_schedule = live.held(cluster, job), isinstance(job.spec, CronJob)
    health = judge(held, live.runs(cluster, job), image, by_schedule=by_schedule)
    if held and health.state is State.FAILED and (cause := fails_of(current(held), cluster.pods(job.pods))):
        health = replace(health, message=f"{health.message}; {cause}")
    return JobOutcome(job, health)


def wait(
    cluster: Cluster,
    jobs: Sequence[WantedJob],
    images: Mapping[str, str],
    note: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[JobOutcome]:
    """Wait until the run of each job's content ended, or runs well for as long as one waits.

    Raises FailedError when the cluster is away for longer than a minute.
    """
    done: dict[str, JobOutcome] = {}

    def ask(waited: float) -> list[tuple[JobOutcome, bool]]:
        seen = look(cluster, [job for job in jobs if job.key not in done], images)
        late = {each.job.key for each in seen if not each.health.settled and waited > limit(each.job)}
        ended = [_still(cluster, each) if each.job.key in late else each for each in seen]
        return [(each, each.health.settled or each.job.key in late) for each in ended]

    for seen in answers(ask, note, clock=clock, sleep=sleep):
        done |= {outcome.job.key: outcome for outcome, ended in seen if ended}
        still = [outcome for outcome, ended in seen if not ended]
        if not still:
            break
        note(f"{still[0].job.key}: {still[0].health.message}")
    return [done[job.key] for job in jobs]


def limit(job: WantedJob) -> int:
    """Seconds for which the job's run is waited for."""
    return min(LONGEST, units.seconds(job.spec.deadline) + _MARGIN if job.spec.deadline else LONGEST)


def _still(cluster: Cluster, outcome: JobOutcome) -> JobOutcome:
    """A run that is waited for no longer: good when a pod of it is ready, failed when none is."""
    pods = cluster.pods(outcome.job.pods)
    if any(is_ready(pod) for pod in pods):
        said = f"{outcome.health.message}; it goes on, and is waited for no longer"
        return replace(outcome, health=replace(outcome.health, message=said))
    cause = diagnose(pods, cluster.events(outcome.job.team)) or outcome.health.message
    return replace(outcome, health=replace(outcome.health, state=State.FAILED, message=f"no pod of it runs: {cause}"))


def until_ended(
    cluster: Cluster,
    job: WantedJob,
    run: str,
    note: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Health:
    """Wait for a run that somebody asked for, as long as it takes; its own deadline ends it.

    Raises FailedError when the run is removed meanwhile, or the cluster is away for longer than a minute.
    """
    for found in answers(lambda _: cluster.get(live.path(job, run)), note, clock=clock, sleep=sleep):
        if found is None:
            break
        health = of_run(found)
        if health.state is State.HEALTHY:
            return health
        if health.state is State.FAILED:
            cause = fails_of(run, cluster.pods(job.pods))
            return replace(health, message=f"{health.message}; {cause}") if cause else health
        note(f"{job.key} {run}: {health.message or 'suspended'}")
    raise FailedError(f"run {run} of {job.key} is not in the cluster any more; how it ended is not known")

"""How services and jobs are, at once or after waiting for them: what `up`, `wait` and `status` ask the cluster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from slipway.addresses import full_image, kubeconfig
from slipway.cli.smoke import smoke_tests
from slipway.jobs import waiting as waiting_jobs
from slipway.kustomize import waiting as waiting_directories
from slipway.live import Cluster
from slipway.waiting import Outcome, look, supervised, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from slipway.cli.session import Session
    from slipway.contract import Contract
    from slipway.desired import WantedJob, WantedService
    from slipway.engine.workspace import Workspace
    from slipway.jobs.waiting import JobOutcome
    from slipway.kustomize.waiting import DirectoryOutcome
    from slipway.kustomize.wanted import WantedDirectory
    from slipway.progress import Step


def of_services(
    session: Session,
    workspace: Workspace,
    contract: Contract,
    services: Sequence[WantedService],
    *,
    waiting: bool,
) -> list[Outcome]:
    """How `services` are; with `waiting` when their rollouts have ended."""
    if not services:
        return []
    cluster = Cluster(kubeconfig(contract, workspace.variables))
    wanted = {service.key: full_image(service, contract) for service in services}
    if not waiting:
        outcomes = look(cluster, services, wanted)
    else:
        with session.progress.step("waiting for rollouts") as step:
            tests = smoke_tests(session, cluster)
            outcomes = wait(cluster, services, wanted, teller(session, step), tests=tests)
    return outcomes if session.desired.environment.stand_ins else supervised(cluster, outcomes)


def of_jobs(
    session: Session, workspace: Workspace, contract: Contract, jobs: Sequence[WantedJob], *, waiting: bool
) -> list[JobOutcome]:
    """How `jobs` are; with `waiting` when the runs of their content ended, or run on."""
    if not jobs:
        return []
    cluster = Cluster(kubeconfig(contract, workspace.variables))
    wanted = {job.key: full_image(job.pods, contract) for job in jobs}
    if not waiting:
        return waiting_jobs.look(cluster, jobs, wanted)
    with session.progress.step("waiting for jobs") as step:
        return waiting_jobs.wait(cluster, jobs, wanted, teller(session, step))


def of_directories(
    session: Session,
    workspace: Workspace,
    contract: Contract,
    directories: Sequence[WantedDirectory],
    *,
    waiting: bool,
) -> list[DirectoryOutcome]:
    """How the workloads of Kustomize directories are; with `waiting` when their rollouts have ended."""
    if not directories:
        return []
    cluster = Cluster(kubeconfig(contract, workspace.variables))
    if not waiting:
        return waiting_directories.look(cluster, directories)
    with session.progress.step("waiting for directories") as step:
        return waiting_directories.wait(cluster, directories, teller(session, step))


def teller(session: Session, step: Step) -> Callable[[str], None]:
    """Tells a line of the wait: on a terminal in the live line, elsewhere as a line of its own when it changes."""
    last: list[str] = []

    def tell(line: str) -> None:
        step.note(line)
        if not sys.stderr.isatty() and line not in last:
            session.progress.say(line)
            last[:] = [line]

    return tell

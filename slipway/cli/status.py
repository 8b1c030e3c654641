"""status and wait: how services, directories and jobs are, and which of them a command was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from slipway import contract as contracts
from slipway.addresses import kubeconfig
from slipway.cli.recording import with_history
from slipway.cli.session import Session, answer, console
from slipway.cli.settling import of_directories, of_jobs, of_services
from slipway.engine.stack import Stack
from slipway.errors import FailedError, Problem, Refused
from slipway.live import Cluster
from slipway.report import detail
from slipway.report import jobs as job_report
from slipway.report.services import all_good, as_table, as_values, directories_as_values
from slipway.schema.reading import near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.contract import Contract
    from slipway.desired import WantedJob, WantedService
    from slipway.engine.workspace import Workspace
    from slipway.jobs.waiting import JobOutcome
    from slipway.kustomize.waiting import DirectoryOutcome
    from slipway.kustomize.wanted import WantedDirectory
    from slipway.waiting import Outcome


def status(
    environment: str, services: Sequence[str] | None, *, offline: bool, waiting: bool, as_json: bool, quiet: bool
) -> None:
    """Say how services and jobs are, after waiting for them or at once."""
    session = Session(environment, None, quiet=quiet, offline=offline)
    asked, jobs, directories = _asked(session, services)
    workspace = session.workspace()
    contract = published(session, workspace)
    outcomes = of_services(session, workspace, contract, asked, waiting=waiting)
    runs = of_jobs(session, workspace, contract, jobs, waiting=waiting)
    rendered = of_directories(session, workspace, contract, directories, waiting=waiting)
    if waiting:
        with_history(session, Cluster(kubeconfig(contract, workspace.variables)), outcomes, ())
    alone = _in_full(workspace, contract, asked[0]) if len(asked) == 1 and services == [asked[0].key] else None
    if as_json:
        told = [{**each, **(alone or {})} for each in as_values(environment, outcomes)]
        told += directories_as_values(environment, rendered)
        answer([*told, *job_report.as_values(environment, runs)])
    else:
        show(environment, outcomes, runs, rendered)
        if alone:
            console().print(detail.as_renderable(alone))
    well = all_good(outcomes) and all(each.good for each in rendered)
    every = [each.health for each in (*outcomes, *rendered)]
    under_way = not waiting and not any(health.settled for health in every)
    raise typer.Exit(0 if (well or under_way) and all(run.good for run in runs) else 1)


def show(
    environment: str,
    outcomes: Sequence[Outcome],
    runs: Sequence[JobOutcome],
    directories: Sequence[DirectoryOutcome],
) -> None:
    """Print how services, directories and jobs are."""
    if outcomes or directories:
        typer.echo("")
        console().print(as_table(environment, outcomes, directories))
    if runs:
        typer.echo("")
        console().print(job_report.as_table(environment, runs))


def published(session: Session, workspace: Workspace) -> Contract:
    """The contract from a team's own state: whoever may deploy a team may read that, and no other key is needed."""
    derived = contracts.derive(session.desired)
    for team in session.teams:
        found = Stack(f"{session.desired.name}.{team}", workspace).outputs()
        if "contract" in found:
            return contracts.parse(found["contract"], derived, planned=True)
    message = f"environment `{session.desired.name}` has no stack with services yet; run {session.typed('up')}"
    raise FailedError(message)


def chosen(session: Session, services: Sequence[str] | None) -> list[WantedService]:
    """The services of that name, TEAM/NAME; all without any. Raises Refused for one that the environment lacks."""
    known = {service.key: service for service in session.desired.services}
    for key in services or []:
        if key not in known:
            what = f"environment `{session.desired.name}` has no service `{key}`"
            raise Refused([Problem("SERVICES", 0, what, near(key, list(known)))])
    return [service for key, service in known.items() if not services or key in services]


def _asked(
    session: Session, names: Sequence[str] | None
) -> tuple[list[WantedService], list[WantedJob], list[WantedDirectory]]:
    """As `chosen`, of services, jobs and Kustomize directories."""
    wanted = session.desired
    known = {each.key for each in (*wanted.services, *wanted.jobs, *wanted.directories)}
    for key in names or []:
        if key not in known:
            what = f"environment `{wanted.name}` has no service or job `{key}`"
            raise Refused([Problem("SERVICES", 0, what, near(key, sorted(known)))])
    services = [service for service in wanted.services if not names or service.key in names]
    directories = [each for each in wanted.directories if not names or each.key in names]
    return services, [job for job in wanted.jobs if not names or job.key in names], directories


def _in_full(workspace: Workspace, contract: Contract, service: WantedService) -> dict[str, Any]:
    cluster = Cluster(kubeconfig(contract, workspace.variables))
    return detail.as_values(cluster.operated(service), cluster.pods(service), contract.registries)

"""preview, up, refresh, destroy."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any

import typer

from localcloud.folders import LOCAL
from slipway import contract as contracts
from slipway.addresses import kubeconfig
from slipway.cli.recording import with_history
from slipway.cli.session import Given, Session, answer
from slipway.cli.settling import of_directories, of_jobs, of_services
from slipway.cli.status import show
from slipway.errors import FailedError
from slipway.jobs.live import mark
from slipway.live import Cluster
from slipway.report import jobs as job_report
from slipway.report.changes import any_change, changes
from slipway.report.pools import pools
from slipway.report.services import all_good, as_values, directories_as_values
from slipway.tools import images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.contract import Contract
    from slipway.engine.results import StackResult
    from slipway.engine.workspace import Workspace
    from slipway.jobs.waiting import JobOutcome
    from slipway.kustomize.waiting import DirectoryOutcome
    from slipway.waiting import Outcome

__all__ = ["Given", "destroy", "preview", "refresh", "up"]


def preview(environment: str, stacks: Sequence[str] | None, *, offline: bool, as_json: bool, quiet: bool) -> None:
    """Show what an update would change."""
    session = Session(environment, stacks, quiet=quiet, offline=offline)
    workspace = session.workspace()
    session.start_cluster(only_if_made=True)
    results = session.run(workspace).preview()
    sizes = pools(session.desired, results)
    if as_json:
        told = _values(results)
        for stack in told:
            if stack["stack"].endswith(".platform"):
                stack["pools"] = [size.values() for size in sizes]
        answer(told)
    else:
        typer.echo("\n".join([changes(results, planned=True), *map(str, sizes)]))
        if not any_change(results) and not _failed(results):
            typer.echo("Nothing would change.")
        typer.echo(f"The same with the plain CLI: {workspace.command(f'preview -s {results[0].stack}')}")
    _exit(not _failed(results))


def up(
    environment: str,
    stacks: Sequence[str] | None,
    given: Given,
    *,
    offline: bool,
    waiting: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Update, wait, and verify: the exit code says whether everything is as wanted and well."""
    session = Session(environment, stacks, quiet=quiet, offline=offline)
    with session.changing("up"):
        workspace = session.workspace()
        if not session.offline:
            _pinned(session)  # before the platform below it is touched
        session.start_cluster(given)
        results = session.run(workspace).up()
    outcomes: list[Outcome] = []
    runs: list[JobOutcome] = []
    rendered: list[DirectoryOutcome] = []
    if contract := _contract_in(results, session):
        reached = [team for team in session.teams if any(r.stack.endswith(f".{team}") for r in results)]
        services = [service for team in reached for service in session.desired.team(team)]
        outcomes = of_services(session, workspace, contract, services, waiting=waiting)
        cluster = Cluster(kubeconfig(contract, workspace.variables))
        with_history(session, cluster, outcomes, results)
        jobs = [job for team in reached for job in session.desired.jobs_of(team)]
        for job in jobs:
            mark(cluster, job)
        runs = of_jobs(session, workspace, contract, jobs, waiting=waiting)
        directories = [each for team in reached for each in session.desired.directories_of(team)]
        rendered = of_directories(session, workspace, contract, directories, waiting=waiting)
    if as_json:
        services_told = [*as_values(environment, outcomes), *directories_as_values(environment, rendered)]
        told = {"services": services_told, "jobs": job_report.as_values(environment, runs)}
        answer({"stacks": _values(results), **told})
    else:
        typer.echo(changes(results, planned=False, details=False))
        if not any_change(results) and not _failed(results):
            typer.echo("Nothing changed: everything was as wanted already.")
        show(environment, outcomes, runs, rendered)
        if all(each.good for each in (*runs, *rendered)):
            _next_steps(session, workspace, outcomes)
    well = all_good(outcomes) and all(each.good for each in (*runs, *rendered))
    _exit(not _failed(results) and (not waiting or well))


def refresh(environment: str, stacks: Sequence[str] | None, *, offline: bool, as_json: bool, quiet: bool) -> None:
    """Make the state say what exists."""
    session = Session(environment, stacks, quiet=quiet, offline=offline)
    with session.changing("refresh"):
        workspace = session.workspace()
        session.start_cluster()
        results = session.run(workspace).refresh()
    if as_json:
        answer(_values(results))
    else:
        typer.echo(changes(results, planned=False))
    _exit(not _failed(results))


def destroy(
    environment: str, stacks: Sequence[str] | None, *, offline: bool, yes: bool, as_json: bool, quiet: bool
) -> None:
    """Delete everything that the chosen stacks declare."""
    session = Session(environment, stacks, quiet=quiet, offline=offline)
    if not yes:
        if not sys.stdin.isatty():
            raise FailedError(f"destroy deletes {', '.join(session.stacks)}; say --yes where nobody can be asked")
        typed = typer.prompt(f"This deletes {', '.join(session.stacks)}. Type the environment's name to go on")
        if typed != environment:
            raise FailedError("nothing was deleted")
    with session.changing("destroy"):
        workspace = session.workspace()
        session.start_cluster()
        results = session.run(workspace).destroy()
    if as_json:
        answer(_values(results))
    else:
        typer.echo(changes(results, planned=False, details=False))
    _exit(not _failed(results))


def _pinned(session: Session) -> None:
    """Raise FailedError for an image of the platform's own that the update would put into pods without a digest."""
    if f"{session.desired.name}.cluster" in session.stacks:
        for image in images.used(session.desired.environment):
            images.needed(image)
    of_teams = [each for team in session.teams for each in session.desired.team(team)]
    of_teams += [job.pods for team in session.teams for job in session.desired.jobs_of(team)]
    if any(each.model for each in of_teams):
        images.needed(images.pinned(images.PYTHON))


def _contract_in(results: Sequence[StackResult], session: Session) -> Contract | None:
    """The contract as a stack of this run gave it; None when no stack got so far."""
    derived = contracts.derive(session.desired)
    for result in results:
        if "contract" in result.outputs and not result.error:
            return contracts.parse(result.outputs["contract"], derived)
    return None


def _next_steps(session: Session, workspace: Workspace, outcomes: Sequence[Outcome]) -> None:
    if not outcomes or not all_good(outcomes):
        return
    name = session.desired.name
    typer.echo("\nNext:")
    if session.offline:
        of = "" if name == LOCAL else f" -e {name}"
        typer.echo(f"  kubectl --kubeconfig $(.venv/bin/slipway cluster kubeconfig{of}) get rollouts,deploy,pods -A")
    first = outcomes[0].service
    preview, update = session.typed("preview"), session.typed("up")
    typer.echo(f"  edit manifests/{first.team}/, then: .venv/bin/{preview}, .venv/bin/{update}")
    typer.echo(f"  the plain CLI: {workspace.command(f'preview -s {name}.{first.team}')}")


def _values(results: Sequence[StackResult]) -> list[dict[str, Any]]:
    told = [{**dataclasses.asdict(result), "counts": result.counts} for result in results]
    return [{key: value for key, value in each.items() if key != "before"} for each in told]


def _failed(results: Sequence[StackResult]) -> bool:
    return any(result.error for result in results)


def _exit(good: bool) -> None:  # noqa: FBT001
    raise typer.Exit(0 if good else 1)

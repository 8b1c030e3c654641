"""run and jobs: what ends, started by hand and told about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from slipway.addresses import full_image, kubeconfig
from slipway.cli.deploy import published
from slipway.cli.session import Session, answer, console
from slipway.errors import Problem, Refused
from slipway.jobs import live
from slipway.jobs.waiting import look
from slipway.live import Cluster
from slipway.report.jobs import as_table, as_values
from slipway.schema.reading import near

if TYPE_CHECKING:
    from slipway.desired import WantedJob


def run(environment: str, name: str, *, offline: bool, as_json: bool) -> None:
    """Start a run of a job's stored template, beside whatever else runs."""
    session = Session(environment, None, quiet=True, offline=offline)
    job = _job(session, name)
    cluster = _cluster(session)
    started = live.start(cluster, job)
    if as_json:
        answer({"job": job.key, "run": started})
    else:
        typer.echo(f"{job.key}: run {started} is started; how it goes: {session.typed('jobs')}")


def jobs(environment: str, *, offline: bool, as_json: bool) -> None:
    """List jobs and their runs; the exit code is 1 when the current content's run of one failed."""
    session = Session(environment, None, quiet=True, offline=offline)
    wanted = session.desired.jobs
    if not wanted:
        if as_json:
            answer([])
        else:
            typer.echo(f"Environment `{environment}` has no jobs.")
        return
    workspace = session.workspace()
    contract = published(session, workspace)
    cluster = Cluster(kubeconfig(contract, workspace.variables))
    outcomes = look(cluster, wanted, {job.key: full_image(job.pods, contract) for job in wanted})
    every = {job.key: live.values(cluster, job) for job in wanted}
    if as_json:
        answer([{**each, "runs": every[each["job"]]} for each in as_values(environment, outcomes)])
    else:
        console().print(as_table(environment, outcomes))
        for key, runs in every.items():
            for each in runs:
                hand, why = " (by hand)" if each["by_hand"] else "", f": {each['message']}" if each["message"] else ""
                typer.echo(f"  {key}  {each['run']}{hand}  {each['started'] or 'not started'}  {each['state']}{why}")
    raise typer.Exit(0 if all(outcome.good for outcome in outcomes) else 1)


def _job(session: Session, name: str) -> WantedJob:
    known = {job.key: job for job in session.desired.jobs}
    if name not in known:
        what = f"environment `{session.desired.name}` has no job `{name}`"
        raise Refused([Problem("JOB", 0, what, near(name, list(known)))])
    return known[name]


def _cluster(session: Session) -> Cluster:
    workspace = session.workspace()
    return Cluster(kubeconfig(published(session, workspace), workspace.variables))

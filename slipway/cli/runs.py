"""run, jobs, jobs delete: what ends, started by hand, told about and removed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from slipway.addresses import full_image, kubeconfig
from slipway.cli import ToldInterrupt
from slipway.cli.session import Session, answer, console
from slipway.cli.settling import teller
from slipway.cli.status import published
from slipway.errors import Problem, Refused
from slipway.health import State
from slipway.jobs import live, removal
from slipway.jobs.health import ended
from slipway.jobs.waiting import look, until_ended
from slipway.live import Cluster
from slipway.report.jobs import as_table, as_values
from slipway.schema.reading import near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.desired import WantedJob


def run(environment: str, name: str, *, waiting: bool, offline: bool, as_json: bool, quiet: bool) -> None:
    """Start a run of a job's stored template, beside whatever else runs; with `waiting` its outcome is the exit code.

    Who interrupts the wait leaves the run alone.
    """
    session = Session(environment, None, quiet=quiet or not waiting, offline=offline)
    job = _job(session, name)
    cluster = _cluster(session)
    started = live.start(cluster, job)
    if not waiting:
        if as_json:
            answer({"job": job.key, "run": started})
        else:
            typer.echo(f"{job.key}: run {started} is started; how it goes: {session.typed('jobs')}")
        return
    try:
        with session.progress.step(f"run {started} of {job.key}") as step:
            health = until_ended(cluster, job, started, teller(session, step))
    except KeyboardInterrupt:
        sys.stderr.write(f"slipway: run {started} of {job.key} goes on; how it goes: {session.typed('jobs')}\n")
        raise ToldInterrupt from None
    good = health.state is State.HEALTHY
    if as_json:
        answer({"job": job.key, "run": started, "state": ended(health), "message": health.message})
    else:
        why = f": {health.message}" if health.message else ""
        typer.echo(f"{job.key}: run {started} {ended(health)}{why}")
    raise typer.Exit(0 if good else 1)


def delete(environment: str, name: str, names: Sequence[str], *, keep_pods: bool, offline: bool, as_json: bool) -> None:
    """Delete runs of a job; without names those that ended, but that of the current content."""
    session = Session(environment, None, quiet=True, offline=offline)
    job = _job(session, name)
    gone = removal.delete(_cluster(session), job, names, keep_pods=keep_pods)
    if as_json:
        answer({"job": job.key, "deleted": gone, "pods": "kept" if keep_pods else "deleted"})
    elif gone:
        typer.echo(f"{job.key}: deleted {', '.join(gone)}{'; their pods are kept' if keep_pods else ''}")
    else:
        typer.echo(f"{job.key}: no run has ended but the current one; nothing was deleted")


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

"""logs: what the pods of a service, or of a job's run, wrote."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from slipway.addresses import kubeconfig
from slipway.cli.session import Session, answer
from slipway.cli.status import published
from slipway.errors import FailedError, Problem, Refused
from slipway.live import Cluster
from slipway.logs import containers, logs_of, newest_run, of_run
from slipway.schema.reading import near

if TYPE_CHECKING:
    from slipway.desired import Desired, WantedJob, WantedService


@dataclass(frozen=True)
class Asked:
    """Which of the logs, and how much of each: `tail` is in lines."""

    run: str | None
    container: str | None
    tail: int
    previous: bool


def logs(environment: str, name: str, asked: Asked, *, offline: bool, as_json: bool) -> None:
    """Print the logs; what the cluster refused goes to standard error."""
    session = Session(environment, None, quiet=True, offline=offline)
    wanted = _wanted(session.desired, name, asked)
    workspace = session.workspace()
    cluster = Cluster(kubeconfig(published(session, workspace), workspace.variables))
    pods = _pods(cluster, wanted, session.desired, asked)
    if not pods:
        of = f"run {asked.run} of {name}" if asked.run else name
        raise FailedError(f"{of} has no pod in the cluster; {session.typed('status')} says how it is")
    _container(name, pods, asked)
    found = logs_of(cluster, pods, asked.container, tail=asked.tail, previous=asked.previous)
    if as_json:
        answer([dataclasses.asdict(each) for each in found])
    else:
        many = len(found) > 1
        for each in found:
            before = f"{each.pod} {each.container} | " if many else ""
            for line in each.text.splitlines():
                typer.echo(f"{before}{line}")
            if each.error:
                sys.stderr.write(f"slipway: no log of {each.pod}, container {each.container}: {each.error}\n")
    raise typer.Exit(0 if any(not each.error for each in found) else 1)


def _wanted(desired: Desired, name: str, asked: Asked) -> WantedService | WantedJob:
    known = {each.key: each for each in (*desired.services, *desired.jobs)}
    if name not in known:
        what = f"environment `{desired.name}` has no service or job `{name}`"
        raise Refused([Problem("NAME", 0, what, near(name, list(known)))])
    if asked.run and name not in {job.key for job in desired.jobs}:
        raise Refused([Problem("--run", 0, f"`{name}` is a service, which has no runs", "leave --run out")])
    return known[name]


def _pods(cluster: Cluster, wanted: WantedService | WantedJob, desired: Desired, asked: Asked) -> list[Any]:
    pods = cluster.pods_of(wanted.team, wanted.name)
    if wanted not in desired.jobs:
        return pods
    return list(of_run(pods, asked.run or newest_run(pods)))


def _container(name: str, pods: list[Any], asked: Asked) -> None:
    """Refuse a container that no pod has."""
    known = sorted({each for pod in pods for each in containers(pod)})
    if asked.container and asked.container not in known:
        what = f"no pod of `{name}` has a container `{asked.container}`"
        raise Refused([Problem("--container", 0, what, near(asked.container, known))])

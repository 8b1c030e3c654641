"""cluster start, stop, status, kubeconfig."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

import typer

from localcloud.controlplane import ControlPlane, use_external
from localcloud.folders import LOCAL, exclusive, folder, folders
from localcloud.folders import remove as clear
from slipway import repository
from slipway.cli.session import answer, console
from slipway.progress import NullProgress, Progress

if TYPE_CHECKING:
    from pathlib import Path


def start(environment: str, kubeconfig: Path | None, context: str | None, *, quiet: bool) -> None:
    """Start what does not run."""
    root = _known(environment)
    with exclusive(root, environment, f"slipway cluster start -e {environment}") as found:
        if kubeconfig:
            use_external(found, kubeconfig, context)
        ControlPlane(found).start(NullProgress() if quiet else Progress())
    status(environment, as_json=False)


def stop(environment: str | None, *, remove: bool, quiet: bool) -> None:
    """Stop what was started here for an environment; with `remove`, nothing of it is left, or of all without a name."""
    root = repository.find_root()
    there = folders(root)
    chosen = list(there) if remove and environment is None else [environment or LOCAL]
    told = NullProgress() if quiet else Progress()
    if not any(name in there for name in chosen):
        typer.echo(f"There is no {environment or LOCAL} environment here.")
        return
    for name in chosen:
        with exclusive(root, name, "slipway cluster stop") as found:
            ControlPlane(found).stop(told)
            if remove:
                clear(found)
                typer.echo(f"Removed {found}.")
    if remove:
        with contextlib.suppress(OSError):
            (root / ".slipway").rmdir()  # unless something else is kept there


def status(environment: str, *, as_json: bool) -> None:
    """Say how each part is; exit 1 unless all that should run does."""
    plane = ControlPlane(folder(_known(environment), environment))
    parts = plane.status()
    healthy = plane.layout.root.exists() and plane.healthy()
    if as_json:
        answer({"healthy": healthy, "external": plane.is_external, "parts": [dataclasses.asdict(p) for p in parts]})
    elif plane.is_external:
        typer.echo(f"Using the cluster of {plane.kubeconfig()}.")
    else:
        from rich.table import Table  # noqa: PLC0415 - see session.console

        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("PART", "STATE", "PID", "ADDRESS", "SINCE (UTC)", "LOG"):
            table.add_column(title, overflow="fold")
        for part in parts:
            since = part.since.strftime("%Y-%m-%d %H:%M:%S") if part.since else ""
            table.add_row(part.name, part.state, str(part.pid or ""), part.address, since, str(part.log))
        console().print(table)
    raise typer.Exit(0 if healthy else 1)


def kubeconfig(environment: str) -> None:
    """Print the path of the kubeconfig."""
    typer.echo(str(ControlPlane(folder(_known(environment), environment)).kubeconfig()))


def _known(environment: str) -> Path:
    """The repository's root. Raises Refused for an environment that has neither a folder nor a file here."""
    root = repository.find_root()
    if environment != LOCAL and environment not in folders(root):
        repository.load(root).environment(environment)
    return root

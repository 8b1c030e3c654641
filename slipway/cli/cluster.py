"""cluster start, stop, status, kubeconfig."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from typing import TYPE_CHECKING

import typer

from localcloud.controlplane import ControlPlane, use_external
from localcloud.workspace import exclusive, folder
from slipway import repository
from slipway.cli.session import answer, console
from slipway.progress import NullProgress, Progress

if TYPE_CHECKING:
    from pathlib import Path


def start(kubeconfig: Path | None, context: str | None, *, quiet: bool) -> None:
    """Start what does not run."""
    root = repository.find_root()
    with exclusive(root, "slipway cluster start"):
        if kubeconfig:
            use_external(folder(root), kubeconfig, context)
        ControlPlane(folder(root)).start(NullProgress() if quiet else Progress())
    status(as_json=False)


def stop(*, remove: bool, quiet: bool) -> None:
    """Stop everything that was started here; with `remove`, nothing of the local environment is left."""
    root = repository.find_root()
    local = folder(root)
    if not local.exists():
        typer.echo("There is no local environment here.")
        return
    with exclusive(root, "slipway cluster stop"):
        plane = ControlPlane(local)
        plane.stop(NullProgress() if quiet else Progress())
        if remove:
            shutil.rmtree(local)
            with contextlib.suppress(OSError):
                local.parent.rmdir()  # .slipway itself, unless something else is kept there
            typer.echo(f"Removed {local}.")


def status(*, as_json: bool) -> None:
    """Say how each part is; exit 1 unless all that should run does."""
    plane = ControlPlane(folder(repository.find_root()))
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


def kubeconfig() -> None:
    """Print the path of the kubeconfig."""
    typer.echo(str(ControlPlane(folder(repository.find_root())).kubeconfig()))

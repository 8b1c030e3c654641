"""state backup, restore, recover."""

from __future__ import annotations

import dataclasses
import datetime as dt
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import typer

from slipway import backups
from slipway.cli.session import Session, answer
from slipway.engine.recover import Recover
from slipway.engine.scratch import scratch
from slipway.engine.stack import Stack
from slipway.errors import FailedError, Problem, Refused
from slipway.report.changes import any_change, changes
from slipway.schema.reading import near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from slipway.backups import Backup, Comparison
    from slipway.engine.lookup import Found
    from slipway.engine.results import StackResult
    from slipway.engine.workspace import Workspace

_LISTED = 20
"""Resources that are named one by one; more are counted. `--json` has them all."""


def backup(environment: str, to: Path | None, *, offline: bool, as_json: bool, quiet: bool) -> None:
    """Write all states of an environment into one file."""
    session = Session(environment, None, quiet=quiet, offline=offline)
    path = to or _folder(session) / f"{_now()}.json"
    if to and to.exists():
        raise FailedError(f"{to} exists; name a new file, a backup replaces none")
    found = _exports(session, session.workspace(), _names(session))
    if not found:
        raise FailedError(f"environment `{environment}` has no state yet; run {session.typed('up')}")
    made = backups.write(path, environment, found, version("slipway"))
    if as_json:
        answer(
            {"file": str(path), "time": made.time, "stacks": {n: len(backups.resources(e)) for n, e in found.items()}}
        )
        return
    for name, export in found.items():
        typer.echo(f"  {name}: {len(backups.resources(export))} resources")
    typer.echo(f"{path}: {len(found)} states, secrets encrypted as they were.")
    typer.echo("Keep it where this machine's loss does not reach it.")


def restore(
    environment: str, file: Path, stacks: Sequence[str] | None, *, yes: bool, offline: bool, as_json: bool, quiet: bool
) -> None:
    """Make states what a backup has, after saying what that would change."""
    session = Session(environment, None, quiet=quiet, offline=offline)
    kept = backups.read(file, environment)
    chosen = _chosen(kept, stacks, file)
    with session.changing("state restore"):
        workspace = session.workspace()
        now = _exports(session, workspace, chosen)
        compared = [backups.compare(name, kept.stacks[name], now.get(name)) for name in chosen]
        differing = [one for one in compared if not one.same]
        if not as_json:
            _tell(compared, kept)
        if any(one.newer for one in differing) and not yes:
            ahead = ", ".join(one.stack for one in differing if one.newer)
            message = (
                f"{ahead} was updated after this backup was made: resources that were made since would be forgotten, "
                "not deleted. Say --yes if that is wanted; then run: " + session.typed("state recover")
            )
            raise FailedError(message)
        replaced = _folder(session) / f"{_now()}-before-restore.json"
        if now and differing:
            backups.write(replaced, environment, now, version("slipway"))
        for one in differing:
            with session.progress.step(f"restoring {one.stack}"):
                stack = Stack(one.stack, workspace)
                if one.lost and stack.existing() is None:
                    stack.create()
                stack.replace(dict(kept.stacks[one.stack]))
    if as_json:
        answer({"stacks": [dataclasses.asdict(one) for one in compared], "replaced": str(replaced) if now else None})
        return
    if now and differing:
        typer.echo(f"What was replaced is kept in {replaced}.")
    typer.echo(f"Restored {len(differing)} of {len(compared)} states. See what differs from the cloud now:")
    typer.echo(f"  .venv/bin/{session.typed('refresh')}\n  .venv/bin/{session.typed('preview')}")


def recover(
    environment: str, stacks: Sequence[str] | None, *, dry_run: bool, offline: bool, as_json: bool, quiet: bool
) -> None:
    """Take what exists again into states that are lost, then say what would still change."""
    session = Session(environment, stacks, quiet=quiet, offline=offline)
    with session.changing("state recover"):
        workspace = session.workspace()
        session.start_cluster(only_if_made=True)
        with scratch(workspace) as nowhere:
            work = Recover(session.desired, workspace, nowhere, session.progress)
            found = work.look(session.stacks)
            written = [one for one in found if one.found]
            for one in () if dry_run else written:
                work.write(one)
            planned = [work.plan(one).preview() for one in found] if dry_run else session.run(workspace).preview()
    if as_json:
        answer(
            {"stacks": [_values(one, plan) for one, plan in zip(found, planned, strict=True)], "written": not dry_run}
        )
    else:
        for one in found:
            for line in _told(one, dry_run=dry_run):
                typer.echo(line)
        typer.echo(changes(planned, planned=True))
        if not any_change(planned) and not any(plan.error for plan in planned):
            typer.echo("Nothing would change: states and cloud agree.")
        elif not dry_run:
            typer.echo(f"Bring the rest to what is wanted: .venv/bin/{session.typed('up')}")
        if dry_run and written:
            typer.echo(f"Nothing was written. To write it: .venv/bin/{session.typed('state recover')}")
    raise typer.Exit(1 if any(plan.error for plan in planned) else 0)


def _told(found: Found, *, dry_run: bool) -> Iterator[str]:
    taken = "would be taken" if dry_run else "taken"
    into = f"; {taken} into it" if found.found else ""
    yield f"{found.stack}: {len(found.found)} resources exist and were not in the state{into}"
    for urns, what in ((list(found.absent), "does not exist"), (list(found.unclear), "could not be looked up")):
        for urn in urns[:_LISTED]:
            detail = found.absent.get(urn) or found.unclear.get(urn)
            yield f"  {what}: {_short(urn)} ({detail})"
        if len(urns) > _LISTED:
            yield f"  {what}: {len(urns) - _LISTED} more"


def _values(found: Found, plan: StackResult) -> dict[str, Any]:
    return {
        "stack": found.stack,
        "found": found.found,
        "absent": found.absent,
        "unclear": found.unclear,
        "still": plan.counts,
        "error": plan.error,
    }


def _tell(compared: Sequence[Comparison], kept: Backup) -> None:
    typer.echo(f"Backup of {kept.time}:")
    for one in compared:
        if one.same:
            typer.echo(f"  {one.stack}: nothing was written since; left alone")
            continue
        age = "is lost" if one.lost else "was updated after the backup" if one.newer else "is older than the backup"
        typer.echo(f"  {one.stack}: the present state {age}")
        for urns, what in (
            (one.only_now, "would be forgotten"),
            (() if one.lost else one.only_then, "would come back"),
        ):
            for urn in urns[:_LISTED]:
                typer.echo(f"    {what}: {_short(urn)}")
            if len(urns) > _LISTED:
                typer.echo(f"    {what}: {len(urns) - _LISTED} more")


def _short(urn: str) -> str:
    _, _, kind, name = urn.split("::", 3)
    return f"{kind.rsplit(':', 1)[-1]} {name}"


def _names(session: Session) -> list[str]:
    """Every stack that the environment may have: those that it declares and the one of `slipway bootstrap`."""
    return [f"{session.desired.name}.bootstrap", *session.desired.stacks]


def _exports(session: Session, workspace: Workspace, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(names, 1):
        with session.progress.step(f"reading the state of {name}", index, len(names)):
            if export := Stack(name, workspace).sealed():
                found[name] = export
    return {name: export for name, export in found.items() if backups.resources(export)}


def _chosen(kept: Backup, stacks: Sequence[str] | None, file: Path) -> list[str]:
    for stack in stacks or []:
        if stack not in kept.stacks:
            what = f"{file} has no state of `{stack}`"
            raise Refused([Problem("--stack", 0, what, near(stack, list(kept.stacks)))])
    return [name for name in kept.stacks if not stacks or name in stacks]


def _folder(session: Session) -> Path:
    """Where backups go unless a file is named: outside of the environment's own folder, which `make down` removes."""
    return session.root / ".slipway" / "backups" / session.desired.name


def _now() -> str:
    return dt.datetime.now(tz=dt.UTC).strftime("%Y%m%dT%H%M%SZ")


__all__ = ["backup", "recover", "restore"]

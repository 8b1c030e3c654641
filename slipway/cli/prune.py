"""environment prune: which branch environments exist, which are due, and their end."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from localcloud.folders import folders
from localcloud.workspace import prepare
from slipway import heads, pruning, repository, templates
from slipway.cli.session import Leftover, answer, console
from slipway.credentials import needed
from slipway.engine.listing import stacks
from slipway.engine.workspace import for_account
from slipway.errors import FailedError, Refused
from slipway.progress import NullProgress, Progress
from slipway.tools import ENGINE, ensure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from slipway.files import EnvironmentFile, Repository
    from slipway.pruning import Verdict


@dataclass(frozen=True)
class _Place:
    """Where environments are kept: stacks by environment, and the templates that keep theirs there."""

    templates: list[EnvironmentFile]
    existing: Mapping[str, list[str]]


def prune(*, dry_run: bool, remote: str, offline: bool, as_json: bool, quiet: bool) -> None:
    """Destroy what is due; one that fails does not stop the others. Exit 1 when any did."""
    root = repository.find_root()
    found = repository.load(root)
    progress = NullProgress() if quiet else Progress()
    patterns = [templates.pattern(template) for template in found.templates]
    known = heads.known_here if offline else heads.of_remote
    branches = known(root, remote, patterns) if patterns else {}
    places = _offline(root, found, progress) if offline else _accounts(root, found, progress)
    now = dt.datetime.now(dt.UTC)
    verdicts = [
        verdict
        for place in places
        for verdict in pruning.verdicts(found, place.templates, place.existing, branches, now)
    ]
    if not as_json:
        _show(verdicts)
    failures: dict[str, str | None] = {}
    for verdict in verdicts:
        if verdict.due and not dry_run:
            failures[verdict.environment] = failed = _destroy(verdict, offline=offline, quiet=quiet)
            if not as_json:
                said = f"failed: {failed}; run the same command again" if failed else "destroyed"
                typer.echo(f"{verdict.environment}: {said}", err=bool(failed))
    if as_json:
        answer([_values(verdict, failures) for verdict in verdicts])
    raise typer.Exit(1 if any(failures.values()) else 0)


def _destroy(verdict: Verdict, *, offline: bool, quiet: bool) -> str | None:
    try:
        return Leftover(verdict.environment, verdict.stacks, quiet=quiet, offline=offline).destroy()
    except (FailedError, Refused) as error:
        return str(error)


def _accounts(root: Path, found: Repository, progress: Progress) -> Iterator[_Place]:
    """Each backend that a template names, once."""
    by_backend: dict[str, list[EnvironmentFile]] = {}
    for template in found.templates:
        by_backend.setdefault(template.value.state.backend if template.value.state else "", []).append(template)
    for group in by_backend.values():
        needed(group[0])
        workspace = for_account(root, group[0], ensure(ENGINE, progress)["pulumi"])
        yield _Place(group, pruning.by_environment(stacks(workspace)))


def _offline(root: Path, found: Repository, progress: Progress) -> Iterator[_Place]:
    """Each folder of stand-ins that is there is an environment's, whether or not it holds a stack."""
    existing: dict[str, list[str]] = {}
    for name in folders(root):
        existing[name] = []
        if name in found.environments:
            continue
        try:
            google = found.environment(name).value.google
        except Refused:
            continue  # explained by nothing here: it is told, and left as it is
        workspace = prepare(root, name, google, ensure(ENGINE, progress)["pulumi"])
        existing[name] = stacks(workspace)
    yield _Place(found.templates, existing)


def _show(verdicts: list[Verdict]) -> None:
    if not verdicts:
        typer.echo("No branch has an environment of its own.")
        return
    from rich.table import Table  # noqa: PLC0415 - see session.console

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("ENVIRONMENT", "BRANCH", "STATE", "LAST COMMIT (UTC)", "UNTIL (UTC)", "STACKS"):
        table.add_column(title, overflow="fold")
    for each in verdicts:
        table.add_row(
            each.environment,
            each.branch or "?",
            each.state,
            _time(each.last_commit),
            _time(each.until),
            " ".join(each.stacks),
        )
    console().print(table)
    for each in verdicts:
        if each.state == "unexplained":
            sys.stderr.write(f"{each.environment}: no template explains it; it is left as it is\n")


def _time(when: dt.datetime | None) -> str:
    return when.strftime("%Y-%m-%d %H:%M") if when else ""


def _values(verdict: Verdict, failures: Mapping[str, str | None]) -> dict[str, Any]:
    done = verdict.environment in failures
    error = failures.get(verdict.environment)
    return {
        **dataclasses.asdict(verdict),
        "last_commit": verdict.last_commit.isoformat() if verdict.last_commit else None,
        "until": verdict.until.isoformat() if verdict.until else None,
        "due": verdict.due,
        "destroyed": done and not error,
        "error": error,
    }

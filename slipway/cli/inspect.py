"""validate and inventory: what needs no engine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from slipway import repository
from slipway.cli.session import answer
from slipway.desired import desired
from slipway.errors import Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence


def validate(paths: Sequence[Path], *, as_json: bool) -> None:
    """Check everything, report on `paths` (or on everything)."""
    root = repository.find_root()
    files = [_inside(path, root) for path in paths]
    problems = [problem for problem in _problems(root) if not files or problem.file in files]
    if as_json:
        answer([dataclasses.asdict(problem) for problem in problems])
        raise typer.Exit(1 if problems else 0)
    if problems:
        raise Refused(problems)
    found = repository.load(root) if not files else None
    if found:
        counts = f"{len(found.environments)} environments, {len(found.manifests)} services"
        typer.echo(f"{counts} and {len(found.jobs)} jobs are valid.")
    else:
        typer.echo(f"{', '.join(files)}: valid.")


def inventory(environment: str, *, as_json: bool) -> None:
    """List every resource that the environment declares."""
    from slipway.engine.inventory import inventory as listed  # noqa: PLC0415 - imports the SDK

    root = repository.find_root()
    wanted = desired(repository.load(root), environment)
    resources = listed(root, wanted)
    if as_json:
        answer([dataclasses.asdict(resource) for resource in resources])
        return
    stack = ""
    for resource in resources:
        if resource.stack != stack:
            stack = resource.stack
            typer.echo(f"{stack}:")
        protect = "  (protected)" if resource.protect else ""
        typer.echo(f"  {resource.type.rsplit(':', 1)[-1]:32} {resource.name}{protect}")
    typer.echo(f"{len(resources)} resources in {len(wanted.stacks)} stacks.")


def _problems(root: Path) -> list[Problem]:
    """Every problem of every file, in each environment."""
    try:
        found = repository.load(root)
    except Refused as refused:
        return refused.problems
    problems: list[Problem] = []
    for name in found.names:
        try:
            desired(found, name)
        except Refused as refused:
            problems += refused.problems
    return sorted(set(problems))


def _inside(path: Path, root: Path) -> str:
    if not path.exists():
        raise Refused([Problem(str(path), 0, "does not exist", "name a file of this repository")])
    full = Path.cwd() / path
    if not full.is_relative_to(root):
        raise Refused([Problem(str(path), 0, "is outside of this repository", f"name a file under {root}")])
    return full.relative_to(root).as_posix()

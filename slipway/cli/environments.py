"""environment --branch, list, show, diff: what needs no engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
import yaml

from slipway import repository, reviewed
from slipway.cli.session import answer, console
from slipway.desired import desired
from slipway.expanded import differences, expanded, flat, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.files import Repository
    from slipway.reviewed import List


def of_branch(branch: str, *, as_json: bool) -> None:
    """Print the name of the environment that `branch` deploys to."""
    found = repository.load(repository.find_root()).of_branch(branch)
    if as_json:
        answer({"branch": branch, "environment": found.name, "template": found.template})
    else:
        typer.echo(found.name)


def list_all(*, as_json: bool) -> None:
    """List every environment with a file; a template stands for its branches' own."""
    found = repository.load(repository.find_root())
    rows = [_row(found, name) for name in found.environments]
    if as_json:
        answer(rows)
        return
    from rich.table import Table  # noqa: PLC0415 - see session.console

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("NAME", "BRANCH", "PROJECT", "PROFILE", "STACKS"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["branch"] or "", row["project"], row["profile"], " ".join(row["stacks"]))
    console().print(table)


def _row(found: Repository, name: str) -> dict[str, Any]:
    file = found.environments[name]
    template = file.value.template
    layers = ("platform", "cluster", *found.teams)
    return {
        "name": name,
        "branch": template.branches if template else file.value.branch,
        "template": template is not None,
        "project": file.value.google.project,
        "profile": file.value.profile,
        "stacks": [f"{'NAME' if template else name}.{layer}" for layer in layers],
    }


def show(name: str, *, as_json: bool) -> None:
    """Print the environment as it counts."""
    found = expanded(desired(repository.load(repository.find_root()), name))
    if as_json:
        answer(found)
    else:
        typer.echo(yaml.safe_dump(found, sort_keys=False, width=120, allow_unicode=True).rstrip())


def diff(pair: tuple[str, str] | None, *, hold: bool, as_json: bool) -> None:
    """Print the differences of a pair, or of every pair with a list; with `hold`, exit 1 for one not reviewed."""
    found = repository.load(repository.find_root())
    lists = reviewed.lists(found)
    results = [_pair(found, first, second, lists) for first, second in ([pair] if pair else [a.pair for a in lists])]
    if as_json:
        answer(results[0] if pair else results)
    else:
        for result in results:
            _print(result)
        if not results:
            typer.echo("No pair of environments has a list in environments/reviewed/.")
    if hold and any(not each["reviewed"] for result in results for each in result["differences"]):
        raise typer.Exit(1)


def _pair(found: Repository, first: str, second: str, lists: Sequence[List]) -> dict[str, Any]:
    left, right = (expanded(desired(found, name)) for name in (first, second))
    changes = differences(left, right)
    review = next((each for each in lists if each.of(first, second)), None)
    paths = (flat(left).keys() | flat(right).keys()) - {"name"}
    known = reviewed.reasons(changes, paths, review) if review else {}
    rows = [
        {
            "path": each.path,
            first: each.left,
            second: each.right,
            "reviewed": each.path in known,
            "reason": known.get(each.path),
        }
        for each in changes
    ]
    return {"environments": [first, second], "list": review.document.file if review else None, "differences": rows}


def _print(result: dict[str, Any]) -> None:
    """One line for each difference, whole: a value is never cut, a line never broken."""
    first, second = result["environments"]
    lines = [("PATH", first, second, "REVIEWED")]
    lines += [
        (row["path"], shown(row[first]), shown(row[second]), f"yes: {row['reason']}" if row["reviewed"] else "NO")
        for row in result["differences"]
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    for line in lines:
        cells = [text.ljust(width) for text, width in zip(line, widths, strict=False)]
        typer.echo("  ".join([*cells, line[3]]))
    open_ones = sum(not row["reviewed"] for row in result["differences"])
    where = result["list"] or "there is no list of them in environments/reviewed/"
    typer.echo(f"{len(lines) - 1} differences of {first} and {second}, {open_ones} not reviewed ({where}).\n")

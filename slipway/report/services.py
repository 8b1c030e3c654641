"""The table of services: what runs where, in which release, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.health import State
from slipway.kustomize.wanted import STRATEGY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from slipway.kustomize.waiting import DirectoryOutcome
    from slipway.waiting import Outcome

_COLOURS = {
    State.HEALTHY: "green",
    State.PROGRESSING: "yellow",
    State.WAITING: "yellow",
    State.FAILED: "red",
    State.MISSING: "red",
    State.OTHER: "red",
    State.SCALED: "yellow",
}
GOOD = {State.HEALTHY, State.WAITING}
"""States that a successful `up` may end in: `waiting` is for a person, and nothing is wrong."""


def as_table(environment: str, outcomes: Sequence[Outcome], directories: Sequence[DirectoryOutcome] = ()) -> Table:
    """The table, for a rich console: services, and below them Kustomize directories."""
    from rich.table import Table  # noqa: PLC0415 - commands that fail early need no table
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("SERVICE", "ENVIRONMENT", "STRATEGY", "RELEASE"):
        table.add_column(title, overflow="fold")
    table.add_column("READY", justify="right")
    table.add_column("STATE", overflow="fold")
    rows = [(each.service, each.service.spec.rollout.strategy, each.health) for each in outcomes]
    of_directories = [(each.directory, STRATEGY, each.health) for each in directories]
    for what, strategy, health in (*rows, *of_directories):
        state = Text(str(health.state), style=_COLOURS[health.state])
        if health.message:
            state.append(f": {health.message}", style="default")
        table.add_row(what.key, environment, strategy, what.release, f"{health.ready}/{health.wanted}", state)
    return table


def as_values(environment: str, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The same, for `--json`."""
    return [
        {
            "service": outcome.service.key,
            "environment": environment,
            "strategy": outcome.service.spec.rollout.strategy,
            "release": outcome.service.spec.release.model_dump(),
            "ready": outcome.health.ready,
            "wanted": outcome.health.wanted,
            "state": str(outcome.health.state),
            "message": outcome.health.message,
        }
        for outcome in outcomes
    ]


def directories_as_values(environment: str, outcomes: Sequence[DirectoryOutcome]) -> list[dict[str, Any]]:
    """Kustomize directories, for `--json`, with the objects that they make."""
    return [
        {
            "service": outcome.directory.key,
            "environment": environment,
            "strategy": STRATEGY,
            "release": {"images": outcome.directory.release},
            "ready": outcome.health.ready,
            "wanted": outcome.health.wanted,
            "state": str(outcome.health.state),
            "message": outcome.health.message,
            "objects": [f"{each.kind} {each.name}" for each in outcome.directory.objects],
        }
        for outcome in outcomes
    ]


def all_good(outcomes: Sequence[Outcome]) -> bool:
    """Whether every service may be left alone."""
    return all(outcome.health.state in GOOD for outcome in outcomes)

"""The table of jobs: which release, and how the newest run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.health import State
from slipway.jobs.health import ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from slipway.jobs.waiting import JobOutcome


def state(outcome: JobOutcome) -> str:
    """A job's state in words: a run succeeds, what comes by a schedule is scheduled."""
    if outcome.job.spec.kind == "CronJob" and outcome.health.state is State.HEALTHY:
        return "scheduled"
    return ended(outcome.health)


def as_table(environment: str, outcomes: Sequence[JobOutcome]) -> Table:
    """The table, for a rich console."""
    from rich.table import Table  # noqa: PLC0415 - commands that fail early need no table
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("JOB", "ENVIRONMENT", "KIND", "RELEASE"):
        table.add_column(title, overflow="fold")
    table.add_column("DONE", justify="right")
    table.add_column("STATE", overflow="fold")
    for outcome in outcomes:
        job, health = outcome.job, outcome.health
        told = Text(state(outcome), style="green" if outcome.good else "red")
        if health.message:
            told.append(f": {health.message}", style="default")
        table.add_row(job.key, environment, job.spec.kind, job.pods.release, f"{health.ready}/{health.wanted}", told)
    return table


def as_values(environment: str, outcomes: Sequence[JobOutcome]) -> list[dict[str, Any]]:
    """The same, for `--json`."""
    return [
        {
            "job": outcome.job.key,
            "environment": environment,
            "kind": outcome.job.spec.kind,
            "release": outcome.job.spec.release.model_dump(),
            "succeeded": outcome.health.ready,
            "wanted": outcome.health.wanted,
            "state": state(outcome),
            "message": outcome.health.message,
        }
        for outcome in outcomes
    ]

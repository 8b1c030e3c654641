"""The commands on jobs. Each imports what it needs when it runs: `--help` must come at once."""

from __future__ import annotations

from typing import Annotated

import typer

from slipway.cli.environment import named

Environment = Annotated[str | None, typer.Argument(help="Name of a file in environments/, or of a branch's own.")]
Branch = Annotated[str | None, typer.Option(help="Instead of ENVIRONMENT: the one that this branch deploys to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
Offline = Annotated[bool, typer.Option("--offline", help="The jobs on the environment's stand-ins.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(epilog="Examples:  slipway run local growth/train   slipway run dev growth/train --offline")(run)
    app.command(epilog="Examples:  slipway jobs local   slipway jobs local --json")(jobs)


def run(
    environment: Annotated[str, typer.Argument(help="Name of a file in environments/, or of a branch's own.")],
    job: Annotated[str, typer.Argument(help="TEAM/JOB.")],
    offline: Offline = False,
    json: AsJson = False,
) -> None:
    """Start a run of a job by hand, from what is deployed; waits for nothing."""
    from slipway.cli import runs  # noqa: PLC0415

    runs.run(environment, job, offline=offline, as_json=json)


def jobs(
    environment: Environment = None,
    branch: Branch = None,
    offline: Offline = False,
    json: AsJson = False,
) -> None:
    """List jobs and their runs, each with its state and why; 1 when the run of a job's content failed."""
    from slipway.cli import runs  # noqa: PLC0415

    runs.jobs(named(environment, branch), offline=offline, as_json=json)

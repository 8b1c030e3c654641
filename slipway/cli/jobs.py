"""The commands on jobs, and logs. Each imports what it needs when it runs: `--help` must come at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from slipway.cli.environment import named

if TYPE_CHECKING:
    from typer._click.core import Context

Environment = Annotated[str, typer.Argument(help="Name of a file in environments/, or of a branch's own.")]
Branch = Annotated[str | None, typer.Option(help="Instead of ENVIRONMENT: the one that this branch deploys to.")]
Job = Annotated[str, typer.Argument(help="TEAM/JOB.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell no progress.")]
Offline = Annotated[bool, typer.Option("--offline", help="The jobs on the environment's stand-ins.")]


class _ListsByDefault(TyperGroup):
    """`slipway jobs local` is `slipway jobs list local`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put the command there that was left out."""
        said = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if args and args[0] in said else ["list", *args])


jobs_app = typer.Typer(cls=_ListsByDefault, help="List jobs and their runs, or delete runs. `list` may be left out.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(epilog="Examples:  slipway run local growth/train   slipway run dev growth/train --offline --wait")(run)
    app.command(epilog="Examples:  slipway logs local growth/train   slipway logs local growth/churn --tail 20")(logs)
    app.add_typer(jobs_app, name="jobs")


def run(
    environment: Environment,
    job: Job,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it ends: 0 when it succeeded, 1 when not.")] = False,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Start a run of a job by hand, from what is deployed. Interrupting --wait leaves it running."""
    from slipway.cli import runs  # noqa: PLC0415

    runs.run(environment, job, waiting=wait, offline=offline, as_json=json, quiet=quiet)


@jobs_app.command("list", epilog="Examples:  slipway jobs local   slipway jobs local --json")
def listed(
    environment: Annotated[
        str | None, typer.Argument(help="Name of a file in environments/, or of a branch's own.")
    ] = None,
    branch: Branch = None,
    offline: Offline = False,
    json: AsJson = False,
) -> None:
    """List jobs and their runs, each with its state and why; 1 when the run of a job's content failed."""
    from slipway.cli import runs  # noqa: PLC0415

    runs.jobs(named(environment, branch), offline=offline, as_json=json)


@jobs_app.command(
    epilog="Examples:  slipway jobs delete local growth/train   slipway jobs delete local growth/train RUN --keep-pods"
)
def delete(
    environment: Environment,
    job: Job,
    runs: Annotated[list[str] | None, typer.Argument(help="Runs; without any all that ended but the current.")] = None,
    keep_pods: Annotated[bool, typer.Option("--keep-pods", help="Leave their pods there, with their logs.")] = False,
    offline: Offline = False,
    json: AsJson = False,
) -> None:
    """Delete runs of a job. That of the current content is no run to delete: change or remove the manifest."""
    from slipway.cli import runs as of_runs  # noqa: PLC0415

    of_runs.delete(environment, job, runs or [], keep_pods=keep_pods, offline=offline, as_json=json)


def logs(
    environment: Environment,
    name: Annotated[str, typer.Argument(help="TEAM/SERVICE or TEAM/JOB.")],
    run: Annotated[str | None, typer.Option(help="Of a job: which run; the newest that has pods without it.")] = None,
    container: Annotated[str | None, typer.Option("--container", "-c", help="Only this container of each pod.")] = None,
    tail: Annotated[int, typer.Option(min=0, help="Last lines of each container.")] = 100,
    previous: Annotated[bool, typer.Option("--previous", help="What it wrote before its last restart.")] = False,
    offline: Offline = False,
    json: AsJson = False,
) -> None:
    """Print what the pods of a service or of a job's run wrote; 1 when the cluster gave no log of any."""
    from slipway.cli import reading  # noqa: PLC0415

    asked = reading.Asked(run, container, tail, previous)
    reading.logs(environment, name, asked, offline=offline, as_json=json)

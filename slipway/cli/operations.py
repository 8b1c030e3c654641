"""The commands on a service that runs. Each imports what it needs when it runs: `--help` must come at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

Environment = Annotated[str, typer.Argument(help="Name of a file in environments/, or of a branch's own.")]
Service = Annotated[str, typer.Argument(help="TEAM/SERVICE.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell no progress.")]
Offline = Annotated[bool, typer.Option("--offline", help="The service on the environment's stand-ins.")]
To = Annotated[int | None, typer.Option(min=1, help="Revision of `slipway history`; the last good one without it.")]
Steps = Annotated[bool, typer.Option("--steps", help="Go back by the steps and checks of a release, not at once.")]
Full = Annotated[bool, typer.Option("--full", help="Skip all steps and checks that are left.")]
Number = Annotated[int | None, typer.Option("--revision", min=1, help="All that is known of this one.")]
Pods = Annotated[int, typer.Argument(min=0, help="Pods; with an autoscaler its least number.")]
Most = Annotated[int | None, typer.Option("--max", min=1, help="The autoscaler's largest number.")]


def rollback(
    environment: Environment,
    service: Service,
    to: To = None,
    steps: Steps = False,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Back to an older revision, at once; says which change in Git makes it last."""
    from slipway.cli.operate import Operation  # noqa: PLC0415

    Operation(environment, service, offline=offline, as_json=json, quiet=quiet).rollback(to, steps=steps)


def promote(
    environment: Environment,
    service: Service,
    full: Full = False,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """End the pause at which a release stands, or with --full all that is left of it."""
    from slipway.cli.operate import Operation  # noqa: PLC0415

    Operation(environment, service, offline=offline, as_json=json, quiet=quiet).promote(full=full)


def scale(
    environment: Environment,
    service: Service,
    pods: Pods,
    most: Most = None,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Change how many pods it has, until the next release or update of its scaling in Git."""
    from slipway.cli.operate import Operation  # noqa: PLC0415

    Operation(environment, service, offline=offline, as_json=json, quiet=quiet).scale(pods, most)


def history(
    environment: Environment,
    service: Service,
    revision: Number = None,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """The revisions that the cluster keeps: what, who, when, and how each ended as far as that was recorded."""
    from slipway.cli.operate import Operation  # noqa: PLC0415

    Operation(environment, service, offline=offline, as_json=json, quiet=quiet).history(revision)


def _plain(verb: str, told: str) -> Callable[..., None]:
    """A command that takes nothing but the service."""

    def command(
        environment: Environment,
        service: Service,
        offline: Offline = False,
        json: AsJson = False,
        quiet: Quiet = False,
    ) -> None:
        from slipway.cli.operate import Operation  # noqa: PLC0415

        Operation(environment, service, offline=offline, as_json=json, quiet=quiet).plain(verb)

    command.__name__, command.__doc__ = verb, told
    return command


pause = _plain("pause", "Stop a release where it is, until `resume`.")
resume = _plain("resume", "Go on after `pause`.")
abort = _plain("abort", "Stop the release that is under way and go back to what ran before.")
retry = _plain("retry", "Start an aborted release again, or go on to what Git has after a rollback.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command, example in (
        (rollback, "slipway rollback production growth/churn   slipway rollback local growth/churn --to 3"),
        (pause, "slipway pause production growth/churn"),
        (resume, "slipway resume production growth/churn"),
        (promote, "slipway promote production growth/churn   slipway promote local growth/churn --full"),
        (abort, "slipway abort production growth/churn"),
        (retry, "slipway retry production growth/churn"),
        (scale, "slipway scale local growth/churn 6   slipway scale local growth/churn 6 --max 20"),
        (history, "slipway history local growth/churn   slipway history local growth/churn --revision 3"),
    ):
        app.command(epilog=f"Examples:  {example}")(command)

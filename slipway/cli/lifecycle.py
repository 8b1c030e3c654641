"""The commands on foundations and states. Each imports what it needs when it runs: `--help` must come at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

state_app = typer.Typer(
    no_args_is_help=True, help="The engine's states of an environment: backup, going back, recovery of what is lost."
)

Environment = Annotated[str, typer.Argument(help="Name of a file in environments/, or of a branch's own.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell no progress.")]
Offline = Annotated[bool, typer.Option("--offline", help="The states that the environment has on stand-ins.")]
To = Annotated[Path | None, typer.Option(help="File to write; .slipway/backups/ENV/TIME.json without it.")]
BackupFile = Annotated[Path, typer.Argument(help="A file of `slipway state backup`.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Stacks = Annotated[
    list[str] | None, typer.Option("--stack", "-s", help="Only this stack, such as local.growth; repeatable.")
]


def bootstrap(
    environment: Environment,
    dry_run: DryRun = False,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make what an environment needs before its first update: state bucket, key, and identities of its workflows.

    Can be run again at any time: what exists is taken over, what differs is brought back.
    """
    from slipway.cli import bootstrap as command  # noqa: PLC0415

    command.bootstrap(environment, dry_run=dry_run, offline=offline, as_json=json, quiet=quiet)


@state_app.command("backup", epilog="Examples:  slipway state backup dev   slipway state backup dev --to dev.json")
def state_backup(
    environment: Environment,
    to: To = None,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write all states of an environment into one file. Secrets in it stay encrypted."""
    from slipway.cli import state  # noqa: PLC0415

    state.backup(environment, to, offline=offline, as_json=json, quiet=quiet)


@state_app.command("restore", epilog="Example:  slipway state restore dev dev.json --stack dev.growth")
def state_restore(
    environment: Environment,
    file: BackupFile,
    stack: Stacks = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Also go back over a state that was written since.")] = False,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make states what a backup has. What they were is kept in a backup of its own."""
    from slipway.cli import state  # noqa: PLC0415

    state.restore(environment, file, stack, yes=yes, offline=offline, as_json=json, quiet=quiet)


@state_app.command("recover", epilog="Examples:  slipway state recover dev --dry-run   slipway state recover dev")
def state_recover(
    environment: Environment,
    stack: Stacks = None,
    dry_run: DryRun = False,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """States are lost and everything still exists: look up what exists and take it into the states again."""
    from slipway.cli import state  # noqa: PLC0415

    state.recover(environment, stack, dry_run=dry_run, offline=offline, as_json=json, quiet=quiet)

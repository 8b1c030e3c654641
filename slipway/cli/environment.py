"""The commands `slipway environment ...`, and how every other command is told which environment: by name or branch."""

from __future__ import annotations

from typing import Annotated

import typer

environment_app = typer.Typer(
    no_args_is_help=True,
    invoke_without_command=True,
    help="Which environments there are, what counts in each, and how two differ.",
)


class _Usage(typer.BadParameter):
    """A mistake in the use of a command, in words of its own: exit code 2."""

    def format_message(self) -> str:
        """The words alone."""
        return self.message


AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]


@environment_app.callback(
    epilog="Examples:  slipway environment --branch feature/x   slipway environment list   "
    "slipway environment diff staging production --reviewed"
)
def of_branch(
    context: typer.Context,
    branch: Annotated[
        str | None, typer.Option(help="Print the name of the environment that this branch deploys to.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Which environments there are, what counts in each, and how two differ."""
    if context.invoked_subcommand:
        if branch or json:
            raise _Usage(f"options of `{context.invoked_subcommand}` come after it, and --branch is none of them")
        return
    if branch is None:
        raise _Usage("Missing option '--branch'.")
    from slipway.cli import environments  # noqa: PLC0415

    environments.of_branch(branch, as_json=json)


@environment_app.command("list", epilog="Example:  slipway environment list --json")
def list_all(json: AsJson = False) -> None:
    """List environments: branch, project, safety profile, stacks."""
    from slipway.cli import environments  # noqa: PLC0415

    environments.list_all(as_json=json)


@environment_app.command(epilog="Examples:  slipway environment show staging   slipway environment show feature-x")
def show(
    name: Annotated[str, typer.Argument(help="Environment, a branch's own included.")], json: AsJson = False
) -> None:
    """Show the whole environment as it counts: defaults, profile and overlays included."""
    from slipway.cli import environments  # noqa: PLC0415

    environments.show(name, as_json=json)


@environment_app.command(
    epilog="Examples:  slipway environment diff staging production   slipway environment diff --reviewed"
)
def diff(
    left: Annotated[str | None, typer.Argument(metavar="A", help="Environment.", show_default=False)] = None,
    right: Annotated[str | None, typer.Argument(metavar="B", help="Environment.", show_default=False)] = None,
    reviewed: Annotated[
        bool,
        typer.Option(
            "--reviewed",
            help="Fail on a difference that environments/reviewed/ does not list, and on an entry there that is of no "
            "use; without A and B, for every pair with a list.",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Show every difference of two environments, one line each, with the reason where it was reviewed."""
    if (left is None or right is None) and not (reviewed and left is None):
        raise _Usage("Missing argument 'B'." if left else "Missing arguments 'A' and 'B'.")
    from slipway.cli import environments  # noqa: PLC0415

    pair = (left, right) if left and right else None
    environments.diff(pair, hold=reviewed, as_json=json)


@environment_app.command(
    epilog="Examples:  slipway environment prune --dry-run   slipway environment prune   "
    "slipway environment prune --offline"
)
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be destroyed.")] = False,
    remote: Annotated[str, typer.Option(help="Remote whose branches count; they are fetched.")] = "origin",
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="Those that ran --offline on this machine; the branches of this clone count, and nothing is fetched.",
        ),
    ] = False,
    json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell no progress.")] = False,
) -> None:
    """Destroy branches' own environments whose branch is deleted, or whose time to live is over. Nothing else, ever."""
    from slipway.cli import prune as command  # noqa: PLC0415

    command.prune(dry_run=dry_run, remote=remote, offline=offline, as_json=json, quiet=quiet)


def named(environment: str | None, branch: str | None) -> str:
    """The environment that a command was told: by its name, or by its branch."""
    if environment and branch:
        raise _Usage("ENVIRONMENT and --branch both say which environment; give one of them")
    if environment:
        return environment
    if branch is None:
        raise _Usage("Missing argument 'ENVIRONMENT', or option '--branch'.")
    from slipway import repository  # noqa: PLC0415

    return repository.load(repository.find_root()).of_branch(branch).name


def named_first(environment: str | None, branch: str | None, others: list[str] | None) -> tuple[str, list[str] | None]:
    """The same where more arguments may follow: with --branch, the first one is one of those."""
    if branch and environment:
        return named(None, branch), [environment, *(others or [])]
    return named(environment, branch), others

"""The commands. Each imports what it needs when it runs: `slipway --help` must come at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slipway.cli import jobs, operations
from slipway.cli.environment import environment_app, named, named_first
from slipway.cli.lifecycle import bootstrap, state_app

app = typer.Typer(
    name="slipway",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Deploys ML services by Git: platform, clusters and services of each environment, by Pulumi.",
    epilog="Start with: slipway up local",
)
cluster_app = typer.Typer(
    no_args_is_help=True,
    help="The Kubernetes API of `local` and --offline: etcd, API server, controllers, on loopback.",
)
app.add_typer(cluster_app, name="cluster")
app.add_typer(environment_app, name="environment")
app.add_typer(state_app, name="state")
app.command("bootstrap", epilog="Examples:  slipway bootstrap dev --dry-run   slipway bootstrap dev")(bootstrap)

Environment = Annotated[
    str | None,
    typer.Argument(help="Name of a file in environments/, such as local, or of a branch's own, such as feature-x."),
]
Branch = Annotated[str | None, typer.Option(help="Instead of ENVIRONMENT: the one that this branch deploys to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell no progress.")]
Kubeconfig = Annotated[
    Path | None, typer.Option(help="local and --offline: use this cluster of your own instead of the built-in one.")
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        help="Run on localcloud's stand-ins instead of the environment's account: a rehearsal on this machine; "
        "needs no credentials.",
    ),
]
OfEnvironment = Annotated[
    str, typer.Option("--environment", "-e", help="Whose control plane: local, or an environment that ran --offline.")
]
Context = Annotated[str | None, typer.Option(help="Context of --kubeconfig; its current one otherwise.")]
Stacks = Annotated[
    list[str] | None, typer.Option("--stack", "-s", help="Only this stack, such as local.growth; repeatable.")
]


@app.command(
    epilog="Examples:  slipway preview local   slipway preview dev --offline   slipway preview dev -s dev.growth --json"
)
def preview(
    environment: Environment = None,
    stack: Stacks = None,
    branch: Branch = None,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what an update would change. Changes nothing."""
    from slipway.cli import deploy  # noqa: PLC0415

    deploy.preview(named(environment, branch), stack, offline=offline, as_json=json, quiet=quiet)


@app.command(
    epilog="Examples:  slipway up local   slipway up dev --offline   slipway up dev --stack dev.growth --no-wait"
)
def up(
    environment: Environment = None,
    stack: Stacks = None,
    branch: Branch = None,
    wait: Annotated[bool, typer.Option(help="Wait until the rollouts end.")] = True,
    offline: Offline = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Bring an environment to its wanted state, wait for its rollouts, and say how every service is."""
    from slipway.cli import deploy  # noqa: PLC0415

    given = deploy.Given(kubeconfig, context)
    deploy.up(named(environment, branch), stack, given, offline=offline, waiting=wait, as_json=json, quiet=quiet)


@app.command(epilog="Examples:  slipway wait local   slipway wait local growth/churn")
def wait(
    environment: Environment = None,
    services: Annotated[list[str] | None, typer.Argument(help="TEAM/SERVICE; all without any.")] = None,
    branch: Branch = None,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Wait until rollouts end: 0 healthy or waiting for a person, 1 failed. Holds no lock; run it again at any time."""
    from slipway.cli import status as command  # noqa: PLC0415

    environment, services = named_first(environment, branch, services)
    command.status(environment, services, offline=offline, waiting=True, as_json=json, quiet=quiet)


@app.command(epilog="Examples:  slipway watch local   slipway watch local growth/churn   slipway watch local --json")
def watch(
    environment: Environment = None,
    services: Annotated[list[str] | None, typer.Argument(help="TEAM/SERVICE; all without any.")] = None,
    branch: Branch = None,
    offline: Offline = False,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON for each change.")] = False,
) -> None:
    """Show services as they change, until Ctrl-C: one in full, of many those that are not healthy."""
    from slipway.cli import watch as command  # noqa: PLC0415

    environment, services = named_first(environment, branch, services)
    command.watch(environment, services, offline=offline, as_json=json)


@app.command(epilog="Examples:  slipway status local   slipway status local growth/churn   slipway status local --json")
def status(
    environment: Environment = None,
    services: Annotated[list[str] | None, typer.Argument(help="TEAM/SERVICE; all without any.")] = None,
    branch: Branch = None,
    offline: Offline = False,
    json: AsJson = False,
) -> None:
    """Say how every service is now, without waiting. One service alone is shown in full: steps, revisions, pods."""
    from slipway.cli import status as command  # noqa: PLC0415

    environment, services = named_first(environment, branch, services)
    command.status(environment, services, offline=offline, waiting=False, as_json=json, quiet=True)


jobs.register(app)
operations.register(app)


@app.command(epilog="Example:  slipway refresh local")
def refresh(
    environment: Environment = None,
    stack: Stacks = None,
    branch: Branch = None,
    offline: Offline = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make the state say what exists: the next preview then shows what changed behind its back."""
    from slipway.cli import deploy  # noqa: PLC0415

    deploy.refresh(named(environment, branch), stack, offline=offline, as_json=json, quiet=quiet)


@app.command(epilog="Example:  slipway destroy local --yes")
def destroy(
    environment: Environment = None,
    stack: Stacks = None,
    branch: Branch = None,
    offline: Offline = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Delete everything that an environment declares: teams, then cluster, then platform."""
    from slipway.cli import deploy  # noqa: PLC0415

    deploy.destroy(named(environment, branch), stack, offline=offline, yes=yes, as_json=json, quiet=quiet)


@app.command(epilog="Examples:  slipway validate   slipway validate manifests/growth/churn.yaml")
def validate(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files to report on; all without any.")] = None,
    json: AsJson = False,
) -> None:
    """Check environments and manifests. Needs no engine and no account."""
    from slipway.cli import inspect  # noqa: PLC0415

    inspect.validate(paths or [], as_json=json)


@app.command(epilog="Examples:  slipway inventory production   slipway inventory local --json")
def inventory(environment: Environment = None, branch: Branch = None, json: AsJson = False) -> None:
    """List the resources that an environment declares. Needs no engine and no account."""
    from slipway.cli import inspect  # noqa: PLC0415

    inspect.inventory(named(environment, branch), as_json=json)


@cluster_app.command(epilog="Examples:  slipway cluster start   slipway cluster start --kubeconfig ~/.kube/config")
def start(
    environment: OfEnvironment = "local",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    quiet: Quiet = False,
) -> None:
    """Start what does not run yet."""
    from slipway.cli import cluster  # noqa: PLC0415

    cluster.start(environment, kubeconfig, context, quiet=quiet)


@cluster_app.command(
    epilog="Examples:  slipway cluster stop   slipway cluster stop -e dev   slipway cluster stop --remove"
)
def stop(
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", help="Whose; without it local, and with --remove all.")
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Also remove everything that stand-ins hold here: data, state, logs.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Stop the processes that were started here; never others."""
    from slipway.cli import cluster  # noqa: PLC0415

    cluster.stop(environment, remove=remove, quiet=quiet)


@cluster_app.command("status")
def cluster_status(environment: OfEnvironment = "local", json: AsJson = False) -> None:
    """Say which parts run, where, since when, and where their logs are."""
    from slipway.cli import cluster  # noqa: PLC0415

    cluster.status(environment, as_json=json)


@cluster_app.command("kubeconfig", epilog="Example:  export KUBECONFIG=$(slipway cluster kubeconfig)")
def cluster_kubeconfig(environment: OfEnvironment = "local") -> None:
    """Print the path of the kubeconfig."""
    from slipway.cli import cluster  # noqa: PLC0415

    cluster.kubeconfig(environment)

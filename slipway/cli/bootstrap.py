"""bootstrap: what an environment needs before its first update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from slipway.bootstrap import plan as plans
from slipway.bootstrap import settings
from slipway.bootstrap.plan import DEPLOY, PREVIEW
from slipway.cli.session import Session, answer
from slipway.engine.bootstrap import Bootstrap
from slipway.engine.scratch import scratch
from slipway.engine.stack import Stack
from slipway.errors import FailedError
from slipway.report.changes import any_change, changes

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.bootstrap.plan import Plan
    from slipway.engine.lookup import Found
    from slipway.engine.results import StackResult
    from slipway.engine.workspace import Workspace


def bootstrap(environment: str, *, dry_run: bool, offline: bool, as_json: bool, quiet: bool) -> None:
    """Make, or check, the foundations of an environment. May be run at any time, any number of times."""
    session = Session(environment, None, quiet=quiet, offline=offline)
    if session.desired.environment.stand_ins:
        raise FailedError(f"`{environment}` runs on stand-ins and needs no foundations: {session.typed('up')}")
    plan = plans.checked(session.file)
    secrets = session.desired.environment.state.secrets if session.desired.environment.state else ""
    stacks = [f"{environment}.{plans.LAYER}", *session.desired.stacks]
    # A rehearsal leaves the clone alone: its stacks have settings of their own, beside its state.
    files = settings.lacking(session.root, stacks, secrets)
    with session.changing("bootstrap"):
        workspace = session.workspace()
        if not quiet and session.offline:
            session.progress.say("the state stays in this environment's folder: no bucket is real here")
        with scratch(workspace) as nowhere:
            work = Bootstrap(session.desired, workspace, nowhere, _folder(session), session.progress)
            if not dry_run and not session.offline:
                settings.write(session.root, stacks, secrets)
            found, result = work.plan() if dry_run else work.apply()
            if not dry_run and not session.offline and not result.error:
                _make(stacks, workspace, session)
    if as_json:
        answer(_values(plan, found, result, files, session, dry_run=dry_run))
    else:
        _tell(plan, found, result, files, session, dry_run=dry_run)
    raise typer.Exit(1 if result.error else 0)


def _folder(session: Session) -> Path:
    """Where the first run keeps the state until the bucket is there: ignored by Git, like all of `.slipway`."""
    return session.root / ".slipway" / session.desired.name / "bootstrap"


def _make(stacks: list[str], workspace: Workspace, session: Session) -> None:
    """Make the stacks, so that the engine writes each one's own key into its settings, to be committed with them."""
    for index, name in enumerate(stacks, 1):
        with session.progress.step(f"settings of {name}", index, len(stacks)):
            stack = Stack(name, workspace)
            if stack.existing() is None:
                stack.create()


def _tell(plan: Plan, found: Found, result: StackResult, files: list[Path], session: Session, *, dry_run: bool) -> None:
    if found.found:
        verb = "would be taken" if dry_run else "were taken"
        typer.echo(f"{len(found.found)} resources exist already and {verb} into the state:")
        for urn in found.found:
            typer.echo(f"  = {urn.split('::')[2].rsplit(':', 1)[-1]} {urn.split('::', 3)[3]}")
    typer.echo(changes([result], planned=dry_run))
    if result.error:
        typer.echo("Run the same command again: it goes on from here.")
        return
    if not any_change([result]):
        typer.echo("Nothing would change." if dry_run else "Nothing changed: everything was as wanted already.")
    shown = [path.relative_to(session.root).as_posix() for path in files]
    for name in shown:
        verb = "would write" if dry_run or session.offline else "wrote"
        typer.echo(f"{verb} {name}")
    if dry_run:
        typer.echo(f"Nothing was changed. To do it: .venv/bin/{session.typed('bootstrap')}")
        return
    typer.echo("\nNext:")
    for line in _next(plan, session):
        typer.echo(f"  {line}")


def _next(plan: Plan, session: Session) -> list[str]:
    name = plan.environment
    steps = [f"{step}" for step in _variables(plan)]
    if session.offline:
        return [f"this was a rehearsal: the account of `{name}` was not touched", f".venv/bin/{session.typed('up')}"]
    budget = session.desired.environment.budget
    return [
        f"git add stacks/Pulumi.{name}.*.yaml && git commit   # the stacks' settings; their keys are encrypted",
        "GitHub: an environment and its variables; none of them is a secret, and there is no key to keep:",
        *(f"  {step}" for step in steps),
        *([f"{plan.email(DEPLOY)} needs roles/billing.costsManager on {budget.billing_account}"] if budget else []),
        f".venv/bin/{session.typed('preview')}, .venv/bin/{session.typed('up')}",
    ]


def _variables(plan: Plan) -> list[str]:
    """What a person types to tell the workflows who they are (GitHub CLI manual, "gh variable set")."""
    name = plan.environment
    values = {
        "GOOGLE_PREVIEW_PROVIDER": plan.provider(PREVIEW),
        "GOOGLE_PREVIEW_ACCOUNT": plan.email(PREVIEW),
        "GOOGLE_DEPLOY_PROVIDER": plan.provider(DEPLOY),
        "GOOGLE_DEPLOY_ACCOUNT": plan.email(DEPLOY),
    }
    made = f"gh api -X PUT repos/{plan.repository}/environments/{name}"
    return [made, *(f"gh variable set {key} --env {name} --body {value}" for key, value in values.items())]


def _values(
    plan: Plan, found: Found, result: StackResult, files: list[Path], session: Session, *, dry_run: bool
) -> dict[str, Any]:
    return {
        "stack": result.stack,
        "dry_run": dry_run,
        "adopted": found.found,
        "changes": result.counts,
        "error": result.error,
        "settings": [path.relative_to(session.root).as_posix() for path in files],
        "bucket": plan.bucket,
        "identities": {
            identity: {"account": plan.email(identity), "provider": plan.provider(identity)}
            for identity in (PREVIEW, DEPLOY)
        },
        "next": _next(plan, session),
    }

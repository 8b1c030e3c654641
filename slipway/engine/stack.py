"""One stack, driven with as few processes as can be: each call of the CLI costs half a second or more."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from typing import TYPE_CHECKING, Any, Final

from pulumi import automation
from pulumi.automation import errors
from pulumi.automation._stack import StackInitMode

from slipway.engine.events import Collector
from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from slipway.engine.results import StackResult
    from slipway.engine.workspace import Workspace

_FORMAT: Final = 3
"""Version of exported deployments (pulumi/pulumi, `sdk/go/common/apitype/core.go`, DeploymentSchemaVersionCurrent)."""
_PASSED_ON = 40
"""Lines of the engine's own text that are shown when it fails without an event that says why."""


class Stack:
    """Commands on one stack of a workspace. `note` is told what happens while it happens."""

    def __init__(self, name: str, workspace: Workspace, note: Callable[[str], None] = lambda _line: None) -> None:
        self.name, self._workspace, self._note = name, workspace, note
        self._stack = _LeanStack(name, workspace.automation())

    def preview(self, *, refresh: bool = False) -> StackResult:
        """What an update would do."""
        return self._run(lambda on_event: self._stack.preview(on_event=on_event, refresh=refresh, color="never"))

    def up(self, *, refresh: bool = False, only: Sequence[str] = ()) -> StackResult:
        """Update; of the resources with these URNs `only`, where any are given."""
        return self._run(
            lambda on_event: self._stack.up(
                on_event=on_event, refresh=refresh, color="never", target=list(only) or None
            )
        )

    def refresh(self, only: Sequence[str] = ()) -> StackResult:
        """Make the state say what exists; of the resources with these URNs `only`, where any are given."""
        return self._run(
            lambda on_event: self._stack.refresh(
                on_event=on_event, color="never", run_program=False, target=list(only) or None
            )
        )

    def destroy(self) -> StackResult:
        """Delete every resource of the stack, then the stack."""
        return self._run(lambda on_event: self._stack.destroy(on_event=on_event, color="never", remove=True))

    def export(self) -> dict[str, Any]:
        """The deployment as state keeps it; empty without such a stack. Raises FailedError when it cannot be read."""
        with _told():
            try:
                return dict(self._stack.export_stack().deployment or {})
            except errors.StackNotFoundError:
                return {}

    def existing(self) -> dict[str, Any] | None:
        """The deployment as state keeps it, secrets in the clear; None without such a stack. Raises FailedError."""
        with _told():
            try:
                return dict(self._stack.export_stack().deployment or {})
            except errors.StackNotFoundError:
                return None

    def sealed(self) -> dict[str, Any] | None:
        """The export as the engine writes it into a file, secrets encrypted; None without such a stack."""
        with _told():
            try:
                return dict(json.loads(self._stack._run_pulumi_cmd_sync(["stack", "export"]).stdout))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - export_stack() always decrypts
            except errors.StackNotFoundError:
                return None

    def create(self) -> None:
        """Make the stack, with the secrets provider of its workspace. Raises FailedError."""
        with _told():
            self._stack.workspace.create_stack(self.name)

    def replace(self, exported: dict[str, Any]) -> None:
        """Replace the stack's state by one that `sealed` gave. Raises FailedError when the engine refuses it."""
        with _told():
            found = automation.Deployment(version=exported["version"], deployment=exported["deployment"])
            self._stack.import_stack(found)

    def restore(self, deployment: dict[str, Any]) -> None:
        """Replace the stack's state, under the stack's own secrets provider. Raises FailedError when it is refused.

        The engine (3.255) encrypts with what the deployment names, and panics where it names nothing.
        """
        with _told():
            if own := self.export().get("secrets_providers"):
                deployment = {**deployment, "secrets_providers": own}
            self._stack.import_stack(automation.Deployment(version=_FORMAT, deployment=deployment))

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, asked of the CLI; none without such a stack. Raises FailedError."""
        with _told():
            try:
                found = automation.Stack.outputs(self._stack)
            except errors.StackNotFoundError:
                return {}
        return {name: output.value for name, output in found.items()}

    def _run(self, call: Callable[[Callable[[automation.EngineEvent], None]], Any]) -> StackResult:
        started = time.monotonic()
        collector = Collector(self.name, self._note)
        error: str | None = None
        try:
            try:
                call(collector.take)
            except errors.StackNotFoundError:
                self._stack.workspace.create_stack(self.name)
                call(collector.take)
        except errors.CommandError as failure:
            error = _reason(failure)
        return collector.result(error, time.monotonic() - started)


class _LeanStack(automation.Stack):
    """The SDK's stack without its extra processes.

    The SDK selects the stack at construction and asks for outputs and history after each update, with a process and a
    key derivation for each. `--stack` needs no selection, and the events hold outputs and summary already.
    """

    def __init__(self, name: str, workspace: automation.Workspace) -> None:
        self.name = name
        self.workspace = workspace
        self._mode = StackInitMode.SELECT

    def outputs(self) -> automation.OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary | None:  # noqa: FBT001, FBT002 - the SDK's
        del show_secrets
        now = dt.datetime.now(tz=dt.UTC)
        return automation.UpdateSummary(
            kind="update", start_time=now, message="", environment={}, config={}, result="succeeded", end_time=now
        )


@contextlib.contextmanager
def _told() -> Generator[None]:
    """The engine's failure in its own words."""
    try:
        yield
    except errors.CommandError as failure:
        raise FailedError(_reason(failure)) from None


def _reason(failure: errors.CommandError) -> str:
    text = str(failure)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(" code:")]
    errors_in = [line for line in lines if "error:" in line]
    return "\n".join(errors_in or lines[-_PASSED_ON:])

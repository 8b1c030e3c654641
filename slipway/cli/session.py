"""What every command on an environment starts with: the repository, what is wanted, and where the engine runs.

The only module, with `cluster`, that reaches `localcloud`: nothing below the command line knows of stand-ins.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.controlplane import ControlPlane, use_external
from localcloud.folders import LOCAL, exclusive, folder, remove
from localcloud.workspace import prepare
from slipway import repository
from slipway.bootstrap import settings
from slipway.credentials import needed
from slipway.desired import Desired, desired
from slipway.engine.run import LAYERS, Run
from slipway.engine.workspace import for_account
from slipway.errors import FailedError, Problem, Refused
from slipway.progress import NullProgress, Progress
from slipway.schema.reading import near
from slipway.tools import ENGINE, ensure

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from rich.console import Console

    from slipway.engine.workspace import Workspace
    from slipway.files import EnvironmentFile


@dataclass(frozen=True)
class Given:
    """A cluster of the user's own, for an environment on stand-ins."""

    kubeconfig: Path | None = None
    context: str | None = None


class Session:
    """One command on one environment. Nothing has been touched when the constructor returns."""

    def __init__(self, environment: str, stacks: Sequence[str] | None, *, quiet: bool, offline: bool = False) -> None:
        self.root = repository.find_root()
        self.repository = repository.load(self.root)
        self.desired: Desired = self._wanted(environment)
        self.stacks = self._chosen(stacks)
        self.progress: Progress = NullProgress() if quiet else Progress()
        self.offline = offline or self.desired.environment.stand_ins
        """Whether this command runs on stand-ins: `local` always does."""

    @property
    def plane(self) -> ControlPlane:
        """The control plane of this environment's stand-ins."""
        return ControlPlane(folder(self.root, self.desired.name))

    @property
    def file(self) -> EnvironmentFile:
        """The environment with the document that it came from."""
        return self.repository.environment(self.desired.name)

    def workspace(self) -> Workspace:
        """Where the engine runs; gets the engine first if it is not there, and says once what is no real thing."""
        if not self.offline:
            needed(self.file)
        pulumi = ensure(ENGINE, self.progress)["pulumi"]
        if self.offline:
            found = prepare(self.root, self.desired.name, self.desired.environment.google, pulumi)
            sys.stderr.write(f"{_stand_ins(self.desired.name, found)}\n")
            return found
        if self.file.template and (state := self.desired.environment.state):
            # Nobody commits a branch's settings. Without them the engine (3.255) asks for a passphrase; with the
            # provider alone it makes the stack a new key.
            settings.write(self.root, self.stacks, state.secrets)
        return for_account(self.root, self.file, pulumi)

    def typed(self, command: str) -> str:
        """What a person types for `command` on this environment, as it was run here."""
        offline = " --offline" if self.offline and not self.desired.environment.stand_ins else ""
        return f"slipway {command} {self.desired.name}{offline}"

    @contextlib.contextmanager
    def changing(self, doing: str) -> Generator[None]:
        """One command at a time may change what stand-ins hold; elsewhere the backend's own lock holds."""
        if not self.offline:
            yield
            return
        with exclusive(self.root, self.desired.name, self.typed(doing)):
            yield

    def start_cluster(self, given: Given | None = None, *, only_if_made: bool = False) -> None:
        """Have the control plane of the stand-ins answer; elsewhere there is nothing to start."""
        if not self.offline:
            if given and given.kubeconfig:
                raise FailedError(
                    "--kubeconfig is for `local` and --offline; otherwise an environment's own cluster is used"
                )
            return
        if given and given.kubeconfig:
            use_external(folder(self.root, self.desired.name), given.kubeconfig, given.context)
        if not only_if_made or self.plane.layout.holds_data or self.plane.is_external:
            self.plane.start(self.progress)

    def run(self, workspace: Workspace) -> Run:
        """The run over this session's stacks, with what happens around them on stand-ins."""
        if not self.offline:
            return Run(self.desired, self.file, workspace, self.progress, stacks=self.stacks, update=self.typed("up"))
        plane = self.plane
        return Run(
            self.desired,
            self.file,
            workspace,
            self.progress,
            after_up={"cluster": lambda: plane.start_rollouts(self.progress)},
            before_destroy={"cluster": plane.stop_rollouts},
            stacks=self.stacks,
            update=self.typed("up"),
        )

    @property
    def teams(self) -> list[str]:
        """Teams whose stack is among the chosen ones."""
        layers = [stack.partition(".")[2] for stack in self.stacks]
        return [layer for layer in layers if layer not in LAYERS]

    def _wanted(self, environment: str) -> Desired:
        return desired(self.repository, environment)

    def _chosen(self, stacks: Sequence[str] | None) -> list[str]:
        every = self.desired.stacks
        for stack in stacks or []:
            if stack not in every:
                what = f"environment `{self.desired.name}` has no stack `{stack}`"
                raise Refused([Problem("--stack", 0, what, near(stack, every))])
        return [stack for stack in every if not stacks or stack in stacks]


class Leftover(Session):
    """An environment by the stacks that exist of it, whatever the files here say of its services."""

    def _wanted(self, environment: str) -> Desired:
        return Desired(environment, self.repository.environment(environment).value, ())

    def _chosen(self, stacks: Sequence[str] | None) -> list[str]:
        return list(stacks or [])

    def destroy(self) -> str | None:
        """Destroy the stacks, and what stand-ins hold; says what failed. Can be repeated until it succeeds."""
        with self.changing("destroy"):
            if self.stacks:
                workspace = self.workspace()
                self.start_cluster()
                failed = [result for result in self.run(workspace).destroy() if result.error]
                if failed:
                    return "; ".join(f"{result.stack}: {result.error}" for result in failed)
            if self.offline:
                self.plane.stop(self.progress)
                remove(folder(self.root, self.desired.name))
        return None


def _stand_ins(environment: str, workspace: Workspace) -> str:
    """What plays a part here, in one line."""
    cloud = "Google Cloud (a local store)"
    if "kubernetes" in workspace.stand_ins:
        cloud += ", the Kubernetes plugin"
    own = "" if environment == LOCAL else "; the account of the environment is not touched"
    return f"{environment} on stand-ins: {cloud}, nodes and pods (kwok){own}"


def console() -> Console:
    """Standard output, in colour only on a terminal, as wide as what it shows elsewhere."""
    from rich.console import Console  # noqa: PLC0415 - commands that answer JSON need none

    width = shutil.get_terminal_size((160, 24)).columns if sys.stdout.isatty() else 200
    return Console(highlight=False, soft_wrap=False, width=width)


def answer(value: Any) -> None:
    """Print `value` as JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, sort_keys=True, default=str) + "\n")

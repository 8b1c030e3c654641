"""Where and how the engine runs for one environment: directory, variables, the CLI, the program."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import semver
from pulumi import automation

from slipway.engine.callbacks import side_by_side
from slipway.surroundings import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from slipway.files import EnvironmentFile

COMMON: Final = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",  # no waiting for an answer that a closed network never gives
    "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",  # checked once, where the tool is chosen
}
_HOST: Final = "pulumi-language-python"
"""Runs programs for the plain CLI; comes with every released engine, not with one that was built from its module."""


@dataclass(frozen=True)
class Workspace:
    """`directory` holds Pulumi.yaml; `root` is the repository with `__main__.py`."""

    root: Path
    directory: Path
    pulumi: Path
    secrets_provider: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    stand_ins: tuple[str, ...] = ()
    """Names of providers that are stand-ins here, for people to read."""

    def command(self, arguments: str) -> str:
        """What a person types to run the plain CLI on the same stacks, and what that lacks on this machine."""
        places = os.pathsep.join([str(self.pulumi.parent), os.environ.get("PATH", os.defpath)])
        lacking = "" if shutil.which(_HOST, path=places) else f"  (needs {_HOST}, which is not installed here)"
        if (self.directory / "env.sh").exists():
            return f"(cd {self.directory} && . ./env.sh && pulumi {arguments}){lacking}"
        return f"pulumi {arguments}{lacking}"

    def automation(self) -> automation.LocalWorkspace:
        """The SDK's workspace with the repository's program."""
        return automation.LocalWorkspace(
            work_dir=str(self.directory),
            program=program(self.root, self.variables),
            env_vars={**COMMON, **self.variables},
            secrets_provider=self.secrets_provider,
            pulumi_command=_Command(self.pulumi),
        )


def for_account(root: Path, file: EnvironmentFile, pulumi: Path) -> Workspace:
    """The workspace of an environment with a cloud account: the repository itself, official plugins."""
    state = file.value.state
    if state is None:
        raise ValueError(f"environment {file.name} has no state backend")
    return Workspace(root, root, pulumi, state.secrets, {"PULUMI_BACKEND_URL": state.backend})


def program(root: Path, variables: Mapping[str, str] | None = None) -> Callable[[], None]:
    """The repository's `__main__.py` as an inline program: the same file that the plain CLI runs.

    `variables` are what the engine and its plugins get beside this process's own.

    Not by `runpy`, which replaces `sys.modules["__main__"]` for the whole process: teams' programs run in parallel.
    """
    side_by_side()
    path = root / "__main__.py"
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec")

    def run() -> None:
        VARIABLES.set(variables or {})
        exec(code, {"__name__": "__main__", "__file__": str(path)})  # noqa: S102 - our own file

    return run


class _Command(automation.PulumiCommand):
    """A CLI whose version is known already: the SDK would start a process only to ask for it, each time."""

    def __init__(self, path: Path) -> None:
        self.command = str(path)
        # Only decides how events are streamed; every CLI that is accepted here is newer than that question.
        self.version = semver.VersionInfo.parse("3.255.0")

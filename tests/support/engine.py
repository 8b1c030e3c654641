"""The real engine on a program of a test, with the stand-in providers, and what it planned."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pulumi import automation

from slipway.progress import Progress
from slipway.tools import ENGINE, ensure

if TYPE_CHECKING:
    from collections.abc import Callable

PROVIDERS = Path(__file__).parents[2] / "localcloud" / "providers" / "bin"


@dataclass
class Step:
    """What the engine planned for one resource: operation, replace keys, and the kind of each property's change."""

    operation: str
    keys: list[str]
    detailed: dict[str, str]


@dataclass
class Engine:
    """One project with one stack in a folder of its own. Each call is a process of the engine: seconds."""

    folder: Path
    name: str
    plugins: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)
    _stack: automation.Stack | None = None

    def stack(self, program: Callable[[], None]) -> automation.Stack:
        """The stack with `program` as its inline program; it is made and selected once."""
        if self._stack is None:
            self._stack = self._make(program)
        self._stack.workspace.program = program
        return self._stack

    def _make(self, program: Callable[[], None]) -> automation.Stack:
        options = automation.LocalWorkspaceOptions(
            work_dir=str(self.folder),
            env_vars=self.variables,
            pulumi_command=automation.PulumiCommand(root=str(_root(self.variables))),
        )
        return automation.create_or_select_stack(self.name, project_name=self.name, program=program, opts=options)

    def preview(self, program: Callable[[], None]) -> dict[str, Step]:
        """Plan; what changes, by type and name. Raises CommandError."""
        events: list[Any] = []
        self.stack(program).preview(on_event=events.append, on_output=self.output.append)
        return steps(events)

    def up(self, program: Callable[[], None], **options: Any) -> automation.UpResult:
        """Update. Raises CommandError."""
        return self.stack(program).up(on_output=self.output.append, on_error=self.output.append, **options)

    def unchanged(self, program: Callable[[], None]) -> bool:
        """Whether a preview finds nothing to change."""
        return not self.preview(program)

    def state(self) -> str:
        """Everything that the backend has on disk: checkpoints, history, backups."""
        files = sorted(path for path in (self.folder / "state").rglob("*") if path.is_file())
        return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)

    def resources(self, program: Callable[[], None]) -> list[dict[str, Any]]:
        """What the exported state holds; an export shows secrets, in their wrapping."""
        exported = self.stack(program).export_stack().deployment
        return list((exported or {}).get("resources") or [])


def steps(events: list[Any]) -> dict[str, Step]:
    """The last step planned for each resource that changes, by type and name."""
    planned: dict[str, Step] = {}
    for event in events:
        if event.resource_pre_event is None:
            continue
        meta = event.resource_pre_event.metadata
        if meta.op.value in {"same", "read"}:
            continue
        detailed = {path: entry.diff_kind.value for path, entry in (meta.detailed_diff or {}).items()}
        planned[meta.urn.split("::", 2)[-1]] = Step(meta.op.value, sorted(meta.keys or []), detailed)
    return planned


def _root(variables: dict[str, str]) -> Path:
    """A folder with `bin/pulumi`, as the Automation API wants it."""
    return Path(variables["SLIPWAY_TEST_PULUMI_ROOT"])


@pytest.fixture(scope="session")
def pulumi_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the engine at `bin/pulumi`."""
    root = tmp_path_factory.mktemp("pulumi")
    (root / "bin").mkdir()
    (root / "bin" / "pulumi").symlink_to(ensure(ENGINE, Progress())["pulumi"])
    return root


@pytest.fixture
def engine(tmp_path: Path, pulumi_root: Path) -> Callable[..., Engine]:
    """Make an engine: `engine("name", "kubernetes", SLIPWAY_FAULTS="...")`."""

    def make(name: str, *plugins: str, **variables: str) -> Engine:
        folder = tmp_path / name
        (folder / "state").mkdir(parents=True)
        project = {
            "name": name,
            "runtime": "python",
            "backend": {"url": f"file://{folder / 'state'}"},
            "plugins": {"providers": [{"name": plugin, "path": str(PROVIDERS / plugin)} for plugin in plugins]},
        }
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project), encoding="utf-8")
        surroundings = {
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "SLIPWAY_PYTHON": sys.executable,
            "SLIPWAY_TEST_PULUMI_ROOT": str(pulumi_root),
            "PATH": os.environ["PATH"],
        }
        return Engine(folder, name, plugins, surroundings | variables)

    return make

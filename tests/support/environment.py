"""A clone of this repository in a temporary folder, in which `slipway` runs as a user runs it.

The clone holds what people edit (Pulumi.yaml, __main__.py, environments/, manifests/); the program's own modules come
from the installed `slipway`. What runs on stand-ins is its own: control planes on free ports, Google's stores, states.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import yaml

from localcloud.controlplane import ControlPlane, readiness
from localcloud.controlplane.api import ApiError
from localcloud.folders import folders
from localcloud.providers.gcp.store import Store
from tests.support.controlplane import Kube

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

REPOSITORY = Path(__file__).parents[2]
SLIPWAY = Path(sys.executable).parent / "slipway"
_INPUTS = ("Pulumi.yaml", "__main__.py", "environments", "manifests")
_SECONDS = 300.0
"""A command that takes longer than this hangs: even on a busy machine a first update takes two minutes at most."""


@dataclass(frozen=True)
class Done:
    """A command that has ended: exit code, standard output, standard error, seconds."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        """What `--json` answered."""
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit {self.code} after {self.seconds:.0f} s\n{self.out}\n{self.err}"


class Running:
    """A command that runs in a session of its own, as in a terminal of its own; its output goes to files."""

    def __init__(self, arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str], notes: Path) -> None:
        self._out, self._err = notes.with_suffix(".out"), notes.with_suffix(".err")
        self._started = time.monotonic()
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [str(SLIPWAY), *arguments],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=_interruptible,  # noqa: PLW1509 - one call of the C library
            )

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    @property
    def told(self) -> str:
        """What it has told so far, on both outputs."""
        return self._out.read_text() + self._err.read_text()

    def signal(self, number: int) -> None:
        """Send a signal to the whole process group: what Ctrl-C or a closed terminal does."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """Kill the command and its whole session at once: engine and plugins, too, but no daemon that it started."""
        session = self.process.pid
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) == session:
                    process.kill()
        self.process.wait(10)

    def done(self, code: int | None = 0, seconds: float = _SECONDS) -> Done:
        """Wait for the end. Raises AssertionError, with what it told, for another exit code or no end in time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {seconds:.0f} s\n{self.told}") from None
        spent = time.monotonic() - self._started
        ended = Done(self.process.returncode, self._out.read_text(), self._err.read_text(), spent)
        assert code is None or ended.code == code, f"expected exit {code}: {ended}"
        return ended


def _interruptible() -> None:
    """As in a terminal: a shell's background jobs, tests among them, ignore Ctrl-C, and so would their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Clone:
    """The clone at `root`, and in it one environment: `local`, or another one offline."""

    root: Path
    environment: str = "local"
    _runs: list[Running] = field(default_factory=list)

    def at(self, environment: str) -> Clone:
        """The same clone, and another environment in it."""
        return dataclasses.replace(self, environment=environment)

    # -- what a user does ---------------------------------------------------------------------------------------------

    def start(self, *arguments: str, **variables: str) -> Running:
        """Start `slipway` in the background."""
        surroundings = {key: value for key, value in os.environ.items() if not key.startswith(("SLIPWAY_", "PULUMI_"))}
        notes = self.root.parent / f"{self.root.name}-{len(self._runs)}"
        self._runs.append(Running(arguments, self.root, surroundings | variables, notes))
        return self._runs[-1]

    def slipway(self, *arguments: str, code: int | None = 0, **variables: str) -> Done:
        """Run `slipway` to its end. Raises AssertionError for another exit code than `code`."""
        return self.start(*arguments, **variables).done(code)

    def edit(self, file: str, changes: Mapping[str, Any]) -> None:
        """Change values in a YAML file by their dotted path; None removes one."""
        path = self.root / file
        content = yaml.safe_load(path.read_text())
        for name, value in changes.items():
            *parents, last = name.split(".")
            table = content
            for parent in parents:
                table = table.setdefault(parent, {})
            if value is None:
                table.pop(last)
            else:
                table[last] = value
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    def restore(self, *files: str) -> None:
        """Take files back to what the repository has."""
        for file in files:
            shutil.copy(REPOSITORY / file, self.root / file)

    def pulumi(self, arguments: str, code: int | None = 0) -> Done:
        """Run the plain CLI as a user is told to: in the work directory, with its variables, on the shell."""
        started = time.monotonic()
        ended = subprocess.run(
            ["sh", "-c", f". ./env.sh && pulumi {arguments}"],
            cwd=self.local / "work",
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        result = Done(ended.returncode, ended.stdout, ended.stderr, time.monotonic() - started)
        assert code is None or result.code == code, f"expected exit {code}: {result}"
        return result

    def json(self, arguments: str) -> Any:
        """What the plain CLI answers as JSON."""
        return json.loads(self.pulumi(arguments).out)

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def local(self) -> Path:
        """Where everything of the environment's stand-ins lies."""
        return self.root / ".slipway" / self.environment

    @property
    def plane(self) -> ControlPlane:
        """The control plane."""
        return ControlPlane(self.local)

    @property
    def kube(self) -> Kube:
        """Calls as the cluster's admin."""
        return Kube(readiness.api(self.plane.layout))

    @property
    def store(self) -> Store:
        """What exists in the played Google Cloud."""
        return Store(self.local / "gcp")

    def objects(self) -> dict[str, tuple[str, int]]:
        """Every object in the cluster, with its uid and generation; without what Kubernetes keeps for itself."""
        found: dict[str, tuple[str, int]] = {}
        for path, resource in _resources(self.kube):
            if resource["kind"] in {"Event", "Lease"}:
                continue
            for item in _patiently(self.kube, f"{path}/{resource['name']}")["items"]:
                metadata = item["metadata"]
                name = f"{resource['kind']} {metadata.get('namespace', '')}/{metadata['name']}"
                found[name] = (metadata.get("uid", ""), metadata.get("generation", 0))
        return found

    def state(self, stack: str) -> dict[str, Any]:
        """The state of a stack as it is on disk at this moment; empty when there is none (or it is just written)."""
        return self.checkpoint(self.local / "state" / ".pulumi" / "stacks" / "slipway" / f"{stack}.json")

    @staticmethod
    def checkpoint(path: Path) -> dict[str, Any]:
        """What a state file holds at this moment."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads(path.read_text())["checkpoint"].get("latest") or {})
        return {}

    def pending(self, stack: str) -> list[str]:
        """URNs of a stack's operations that began and did not end."""
        return [item["resource"]["urn"] for item in self.state(stack).get("pending_operations") or []]

    def locks(self) -> list[Path]:
        """Pulumi's lock files."""
        return sorted((self.local / "state" / ".pulumi" / "locks").rglob("*.json"))

    def processes(self) -> list[psutil.Process]:
        """Processes that were started for this clone: its path is in their command line, or they work in it."""
        return list(_of(self.root))

    def close(self) -> None:
        """End whatever runs for this clone and remove it."""
        for run in self._runs:
            if run.runs:
                run.kill()
        for folder in folders(self.root).values():
            ControlPlane(folder).stop()
        left = self.processes()
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, 10)
        shutil.rmtree(self.root, ignore_errors=True)


@contextlib.contextmanager
def temporary_clone(folder: Path) -> Generator[Clone]:
    """A clone in a new folder under `folder`, in which nothing has run yet; gone at the end, whatever happens."""
    root = folder / "clone"
    root.mkdir()
    for name in _INPUTS:
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    clone = Clone(root)
    try:
        yield clone
    finally:
        clone.close()


def _patiently(kube: Kube, path: str) -> Any:
    """A call that a busy machine may not answer within the client's 5 s."""
    for _ in range(5):
        with contextlib.suppress(ApiError):
            return kube.api.call("GET", path)
    return kube.api.call("GET", path)


def _resources(kube: Kube) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each kind that can be listed, with the path of its group and version."""
    groups = kube.api.call("GET", "/apis")["groups"]
    for path in ("/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)):
        for resource in kube.api.call("GET", path)["resources"]:
            if "list" in resource["verbs"] and "/" not in resource["name"]:
                yield path, resource


def _of(root: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE or process.terminal():
                continue  # nothing of ours has a terminal: that one is somebody's who looks at the folder
            if any(str(root) in part for part in (*process.cmdline(), process.cwd())):
                yield process

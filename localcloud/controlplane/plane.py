"""Starts, stops and watches over the parts of one control plane."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from localcloud.controlplane import (
    credentials,
    external,
    parts,
    pki,
    plugins,
    ports,
    processes,
    rbac,
    readiness,
    status,
)
from localcloud.controlplane.layout import ORDER, Layout
from localcloud.folders import start_command
from slipway.errors import FailedError
from slipway.progress import NullProgress, Progress
from slipway.tools import CLUSTER, ensure

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from localcloud.controlplane.parts import Part
    from localcloud.controlplane.status import PartStatus

STOP_SECONDS = {"kube-apiserver": 5.0}
"""How long a part may take to end before it is killed; `STOP_DEFAULT` for the others. The API server would wait a
minute for whoever watches (`kubectl get -w`); what it has answered is in etcd, so it may be killed."""
STOP_DEFAULT = 20.0

_STOP_ORDER = (ORDER[:1:-1], ("kube-apiserver",), ("etcd",))
"""The clients of the API server first, together; then it; then what it writes to."""


class ControlPlane:
    """A Kubernetes control plane on loopback, kept under one folder.

    Args:
        root: the folder that holds everything of it; several roots are several control planes.
        tools: where the executables are, by name; by default `slipway.tools.ensure` finds them at the first start.
    """

    def __init__(self, root: Path, tools: Mapping[str, Path] | None = None) -> None:
        self.layout = Layout(root.absolute())
        self._tools = tools
        self._book = processes.Book(self.layout.state)

    # -- what callers ask -------------------------------------------------------------------------------------------

    @property
    def is_external(self) -> bool:
        """Say whether a cluster of the user's own is used instead; then nothing is started or stopped."""
        return external.is_external(self.layout)

    def status(self) -> list[PartStatus]:
        """Look at every part; empty for a cluster of the user's own."""
        if self.is_external:
            return []
        known = ports.load(self.layout.ports) if self.layout.ports.exists() else {}
        return [
            status.of(
                name,
                self._book.get(name),
                f"{ports.HOST}:{known[name]}" if name in known else "",
                self.layout.log(name),
            )
            for name in ORDER
        ]

    def kubeconfig(self) -> Path:
        """Return the admin's kubeconfig (for a cluster of the user's own: the user's).

        Raises:
            FailedError: the control plane was never started.
        """
        if self.is_external:
            return external.kubeconfig(self.layout)
        if not self.layout.kubeconfig.exists():
            raise FailedError(
                f"there is no local cluster in {self.layout.root}: run `{start_command(self.layout.root)}`"
            )
        return self.layout.kubeconfig

    def healthy(self) -> bool:
        """Say whether the API server is ready and every part runs that has been started."""
        if self.is_external:
            return external.endpoint(self.layout).answers("/readyz")
        found = {part.name: part.state for part in self.status()}
        return (
            all(found[name] == "running" for name in ORDER[:-1])
            and found[ORDER[-1]] in {"running", "stopped"}
            and readiness.api(self.layout).answers("/readyz")
        )

    # -- what callers do --------------------------------------------------------------------------------------------

    def start(self, progress: Progress | None = None) -> None:
        """Start what is missing, keep what runs, and wait until the cluster is ready.

        A part whose version, flags or stages changed is started anew. The Rollouts controller starts when its
        custom resource definitions are there (`start_rollouts` starts it later).

        Raises:
            FailedError: a part does not come up, the API server's port is taken, a tool cannot be had.
        """
        told = progress or NullProgress()
        if self.is_external:
            told.say(f"using the cluster of {external.kubeconfig(self.layout)}: nothing to start")
            return
        tools = self._tools or ensure(CLUSTER, told)
        self._tools = tools
        self.layout.make()
        with self._locked():
            wanted = self._prepare(tools)
            started = self._start(wanted, told)
            if started:
                told.say(f"the local cluster answers at {wanted['kube-apiserver'].address}")

    def start_rollouts(self, progress: Progress | None = None) -> bool:
        """Start the Rollouts controller, if its custom resource definitions are there and it does not run.

        Returns:
            Whether it runs now.

        Raises:
            FailedError: it does not come up, or the control plane does not run.
        """
        told = progress or NullProgress()
        if self.is_external:
            return False
        if not readiness.api(self.layout).answers("/readyz"):
            raise FailedError(f"the local cluster does not run: `{start_command(self.layout.root)}` starts it")
        tools = self._tools or ensure(CLUSTER, told)
        self._tools = tools
        with self._locked():
            return self._start_rollouts(self._prepare(tools)["rollouts-controller"], told)

    def stop_rollouts(self) -> None:
        """Stop the Rollouts controller, if it runs."""
        if self.is_external:
            return
        with self._locked():
            self._stop(ORDER[-1])

    def stop(self, progress: Progress | None = None) -> None:
        """Stop every part that this root started, the last first; data, ports and logs stay.

        A part that does not end within its time (`STOP_SECONDS`) is killed.
        """
        told = progress or NullProgress()
        if not self.layout.root.exists():
            return
        with self._locked():
            if any(self._book.get(name) is not None for name in ORDER):
                with told.step("stopping the local cluster") as step:
                    for group in _STOP_ORDER:
                        step.note(", ".join(group))
                        self._stop(*group)

    # -- how --------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        """Let one command at a time start and stop parts of this root."""
        if not self.layout.root.exists():
            yield
            return
        with self.layout.lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prepare(self, tools: Mapping[str, Path]) -> dict[str, Part]:
        """Write what the parts read, and return them."""
        known = ports.settle(self.layout, self._runs)
        pki.make(self.layout.pki)
        credentials.write(self.layout, known["kube-apiserver"])
        plugins.place(self.layout, tools)
        return parts.all_parts(self.layout, known, tools)

    def _start(self, wanted: Mapping[str, Part], told: Progress) -> bool:
        """Start what is missing, in order; return whether anything was started."""
        stale = [part for part in wanted.values() if not self._is_current(part)]
        core = [part for part in stale if part.name != ORDER[-1]]
        api = readiness.api(self.layout)
        if core:
            with told.step("starting the local cluster") as step:
                for part in (wanted[name] for name in ORDER[:2] if wanted[name] in core):
                    step.note(part.name)
                    self._spawn(part)
                    self._wait(part.name, readiness.probe(self.layout, part.name))
                self._wait("kube-apiserver", readiness.probe(self.layout, "kube-apiserver"))
                rbac.grant(api)
                rest = [part for part in core if part.name not in ORDER[:2]]
                probes = {part.name: readiness.probe(self.layout, part.name) for part in rest}
                for part in rest:
                    if part.name == "kwok":
                        self._stop(part.name)  # before its nodes are given away, or it would take them back
                        readiness.release_nodes(api)
                    self._spawn(part)
                for part in rest:
                    step.note(part.name)
                    self._wait(part.name, probes[part.name])
                step.note("service accounts")
                self._wait("kube-controller-manager", lambda: readiness.accounts_made(api))
        else:
            self._wait("kube-apiserver", readiness.probe(self.layout, "kube-apiserver"))
        self._start_rollouts(wanted[ORDER[-1]], told)
        return bool(core)

    def _start_rollouts(self, part: Part, told: Progress) -> bool:
        if not self._has_rollout_kinds():
            return self._runs(part.name)
        plugins.note(self.layout, readiness.api(self.layout))
        if self._is_current(part):
            return True
        with told.step("starting the Argo Rollouts controller"):
            rbac.grant(readiness.api(self.layout))
            log = self.layout.log(part.name)
            before = log.stat().st_size if log.exists() else 0
            self._spawn(part)
            self._wait(part.name, lambda: readiness.up(part.name, log, before))
        return True

    def _spawn(self, part: Part) -> None:
        """Start one part, in place of an older one of ours."""
        self._stop(part.name)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.layout.run),  # none of the user's own settings of these tools
            "KWOK_WORKDIR": str(self.layout.run / "kwok"),
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108  the tools' own default
            **dict(part.variables),
        }
        try:
            processes.spawn(self._book, part, self.layout.log(part.name), environment)
        except OSError as error:
            raise FailedError(
                f"{part.argv[0]} cannot be run ({error.strerror}): delete its folder and start again"
            ) from error

    def _stop(self, *names: str) -> None:
        records = {name: record for name in names if (record := self._book.get(name)) is not None}
        patience = max(STOP_SECONDS.get(name, STOP_DEFAULT) for name in names)
        processes.end(list(records.values()), patience)
        for name in records:
            self._book.drop(name)

    def _runs(self, name: str) -> bool:
        record = self._book.get(name)
        return record is not None and processes.find(record) is not None

    def _is_current(self, part: Part) -> bool:
        record = self._book.get(part.name)
        return record is not None and record.fingerprint == part.fingerprint and processes.find(record) is not None

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        readiness.wait(self.layout, name, ready, lambda: self._runs(name))

    def _has_rollout_kinds(self) -> bool:
        """Say whether the custom resource definitions are there; just applied ones are waited for until served."""
        api = readiness.api(self.layout)
        if not readiness.rollout_kinds_defined(api):
            return False
        self._wait("kube-apiserver", lambda: readiness.rollout_kinds_served(api))
        return True

"""Starts, stops and watches over the parts of one control plane."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING

from localcloud.controlplane import credentials, external, parts, pki, ports, processes, rbac, status
from localcloud.controlplane.api import ApiError, Endpoint
from localcloud.controlplane.layout import ORDER, Layout
from localcloud.errors import LocalcloudError
from localcloud.tools import CLUSTER, ensure
from slipway.progress import NullProgress, Progress, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from localcloud.controlplane.parts import Part
    from localcloud.controlplane.status import PartStatus

READY_SECONDS = {"kube-apiserver": 120.0}
"""How long a part may take until it answers; `READY_DEFAULT` for the others. Generous, for busy machines."""
READY_DEFAULT = 60.0

STOP_SECONDS = 20.0
"""How long a part may take to end before it is killed."""

ROLLOUT_KINDS = ("analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments", "rollouts")

_TAIL_LINES = 15
_ROLLOUTS_UP = b"Started rollout workers"


class ControlPlane:
    """A Kubernetes control plane on loopback, kept under one folder.

    Args:
        root: the folder that holds everything of it; several roots are several control planes.
        tools: where the executables are, by name; by default `localcloud.tools.ensure` finds them at the first start.
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
            LocalcloudError: the control plane was never started.
        """
        if self.is_external:
            return external.kubeconfig(self.layout)
        if not self.layout.kubeconfig.exists():
            raise LocalcloudError(f"there is no local cluster in {self.layout.root}: run `slipway cluster start`")
        return self.layout.kubeconfig

    def healthy(self) -> bool:
        """Say whether the API server is ready and every part runs that has been started."""
        if self.is_external:
            return external.endpoint(self.layout).answers("/readyz")
        found = {part.name: part.state for part in self.status()}
        expected = {"running", "stopped"} if not self._has_rollouts_record() else {"running"}
        return (
            all(found[name] == "running" for name in ORDER[:-1])
            and found[ORDER[-1]] in expected
            and self._api().answers("/readyz")
        )

    # -- what callers do --------------------------------------------------------------------------------------------

    def start(self, progress: Progress | None = None) -> None:
        """Start what is missing, keep what runs, and wait until the cluster is ready.

        A part whose version, flags or stages changed is started anew. The Rollouts controller starts when its
        custom resource definitions are there (`start_rollouts` starts it later).

        Raises:
            LocalcloudError: a part does not come up, the API server's port is taken, a tool cannot be had.
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
            LocalcloudError: it does not come up, or the control plane does not run.
        """
        told = progress or NullProgress()
        if self.is_external:
            return False
        if not self._api().answers("/readyz"):
            raise LocalcloudError("the local cluster does not run: `slipway cluster start` starts it")
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

        A part that does not end within `STOP_SECONDS` is killed.
        """
        told = progress or NullProgress()
        if self.is_external or not self.layout.root.exists():
            return
        with self._locked():
            recorded = [name for name in reversed(ORDER) if self._book.get(name) is not None]
            if not recorded:
                return
            with told.step("stopping the local cluster") as step:
                for name in recorded:
                    step.note(name)
                    self._stop(name)

    # -- how --------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one command at a time start and stop parts of this root."""
        if not self.layout.root.exists():
            yield
            return
        with self.layout.lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prepare(self, tools: Mapping[str, Path]) -> dict[str, Part]:
        """Write what the parts read, and return them."""
        known = ports.load(self.layout.ports)
        self._free_ports(known)
        pki.make(self.layout.pki)
        credentials.write(self.layout, known["kube-apiserver"])
        return parts.all_parts(self.layout, known, tools)

    def _free_ports(self, known: dict[str, int]) -> None:
        """Replace the ports that strangers took meanwhile; the API server's is part of what others remember."""
        taken = [
            name
            for name in ports.NAMES
            if not self._runs(name.removesuffix("-peer")) and not ports.is_free(known[name])
        ]
        if "kube-apiserver" in taken and self.layout.holds_data:
            port = known["kube-apiserver"]
            raise LocalcloudError(
                f"port {port} of the local cluster is taken by {ports.holder(port)}: end it and start again, or give "
                f"up the cluster's content with `make down` (the port is fixed as long as {self.layout.data} is there)"
            )
        if taken:
            ports.choose(self.layout.ports, known, taken)

    def _start(self, wanted: Mapping[str, Part], told: Progress) -> bool:
        """Start what is missing, in order; return whether anything was started."""
        stale = [part for part in wanted.values() if not self._is_current(part)]
        core = [part for part in stale if part.name != ORDER[-1]]
        api = self._api()
        if core:
            with told.step("starting the local cluster") as step:
                for part in (wanted[name] for name in ORDER[:2] if wanted[name] in core):
                    step.note(part.name)
                    self._spawn(part)
                    self._wait(part.name, self._probe(part.name))
                self._wait("kube-apiserver", self._probe("kube-apiserver"))
                rbac.grant(api)
                rest = [part for part in core if part.name not in ORDER[:2]]
                for part in rest:
                    if part.name == "kwok":
                        self._release_nodes(api)
                    self._spawn(part)
                for part in rest:
                    step.note(part.name)
                    self._wait(part.name, self._probe(part.name))
                step.note("service accounts")
                self._wait("kube-controller-manager", lambda: api.answers(_DEFAULT_ACCOUNT))
        else:
            self._wait("kube-apiserver", self._probe("kube-apiserver"))
        self._start_rollouts(wanted[ORDER[-1]], told)
        return bool(core)

    def _start_rollouts(self, part: Part, told: Progress) -> bool:
        if not self._has_rollout_kinds():
            return self._runs(part.name)
        if self._is_current(part):
            return True
        with told.step("starting the Argo Rollouts controller"):
            rbac.grant(self._api())
            log = self.layout.log(part.name)
            before = log.stat().st_size if log.exists() else 0
            self._spawn(part)
            self._wait(part.name, lambda: _ROLLOUTS_UP in _since(log, before))
        return True

    def _spawn(self, part: Part) -> None:
        """Start one part, in place of an older one of ours."""
        self._stop(part.name)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.layout.run),  # none of the user's own settings of these tools
            "KWOK_WORKDIR": str(self.layout.run / "kwok"),
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108  the tools' own default
        }
        try:
            processes.spawn(
                self._book, part.name, part.argv, self.layout.log(part.name), environment, part.fingerprint
            )
        except OSError as error:
            raise LocalcloudError(
                f"{part.argv[0]} cannot be run ({error.strerror}): delete its folder and start again"
            ) from error

    def _stop(self, name: str) -> None:
        record = self._book.get(name)
        if record is not None:
            processes.end(record, STOP_SECONDS)
            self._book.drop(name)

    def _runs(self, name: str) -> bool:
        record = self._book.get(name)
        return record is not None and processes.find(record) is not None

    def _is_current(self, part: Part) -> bool:
        record = self._book.get(part.name)
        return (
            record is not None
            and record.fingerprint == part.fingerprint
            and processes.find(record) is not None
        )

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until a part answers.

        Raises:
            LocalcloudError: it ended, or does not answer in time; with the end of its log.
        """
        limit = READY_SECONDS.get(name, READY_DEFAULT)
        deadline = time.monotonic() + limit
        while not ready():
            if not self._runs(name):
                raise LocalcloudError(self._story(name, "ended while it was starting"))
            if time.monotonic() > deadline:
                raise LocalcloudError(self._story(name, f"does not answer after {duration(limit)}"))
            time.sleep(0.1)

    def _story(self, name: str, what: str) -> str:
        log = self.layout.log(name)
        lines = _since(log, max(0, (log.stat().st_size if log.exists() else 0) - 8192)).decode(errors="replace")
        tail = "\n  ".join(lines.splitlines()[-_TAIL_LINES:]) or "(it said nothing)"
        return f"{name} of the local cluster {what}; its log {log} ends with\n  {tail}"

    def _probe(self, name: str) -> Callable[[], bool]:
        """Return how to ask a part whether it is ready."""
        if name == "kube-apiserver":
            api = self._api()
            return lambda: api.answers("/readyz")
        known = ports.load(self.layout.ports)
        pki_folder = self.layout.pki
        if name == "etcd":
            pair = (pki_folder / "etcd-client.crt", pki_folder / "etcd-client.key")
            etcd = Endpoint(ports.HOST, known[name], pki_folder / "etcd-ca.crt", client=pair)
            return lambda: etcd.answers("/health")
        if name == "kwok":
            return lambda: not ports.is_free(known[name])
        server = Endpoint(ports.HOST, known[name], pki_folder / "ca.crt")
        return lambda: server.answers("/healthz")

    def _api(self) -> Endpoint:
        known = ports.load(self.layout.ports)
        token = credentials.tokens(self.layout)[credentials.ADMIN]
        return Endpoint(ports.HOST, known["kube-apiserver"], self.layout.pki / "ca.crt", token=token)

    def _release_nodes(self, api: Endpoint) -> None:
        """Take the nodes' leases from a kwok that is no more: its successor would leave them alone until they end."""
        with contextlib.suppress(ApiError):  # then they end by themselves
            api.call("DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")

    def _has_rollout_kinds(self) -> bool:
        try:
            found = self._api().call("GET", "/apis/argoproj.io/v1alpha1")
        except ApiError:
            return False
        return set(ROLLOUT_KINDS) <= {resource["name"] for resource in found["resources"]}

    def _has_rollouts_record(self) -> bool:
        return self._book.get(ORDER[-1]) is not None


_DEFAULT_ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"


def _since(log: Path, offset: int) -> bytes:
    try:
        with log.open("rb") as file:
            file.seek(offset)
            return file.read()
    except OSError:
        return b""

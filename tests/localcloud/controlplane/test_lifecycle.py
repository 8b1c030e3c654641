"""Starting, stopping and what happens to a control plane in between."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from localcloud.controlplane import ControlPlane, processes, readiness
from localcloud.controlplane.layout import ORDER, read_json
from slipway.errors import FailedError
from slipway.progress import NullProgress
from tests.support.controlplane import until

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

pytestmark = pytest.mark.live
CORE = ORDER[:-1]


def pids(plane: ControlPlane) -> dict[str, int | None]:
    return {part.name: part.pid for part in plane.status() if part.state == "running"}


def ours(root: Path) -> list[int]:
    """Return every living process whose command line names this root."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        named = any(str(root) in word for word in process.info["cmdline"] or [])
        if named and process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            found.append(process.pid)
    return found


@pytest.fixture
def plane(tmp_path: Path) -> Generator[ControlPlane]:
    made = ControlPlane(tmp_path / "local")
    yield made
    made.stop()


def test_a_life(plane: ControlPlane) -> None:
    """Start, start again, lose a part, start, stop: in one test, since each start takes seconds."""
    root = plane.layout.root
    assert [part.state for part in plane.status()] == ["stopped"] * len(ORDER)
    assert not plane.healthy()
    plane.start(NullProgress())
    first = pids(plane)
    assert set(first) == set(CORE)
    assert plane.healthy()

    plane.start(NullProgress())
    assert pids(plane) == first, "a second start keeps what runs"

    for lost in ("kube-scheduler", "kwok", "kube-apiserver", "etcd"):
        before = pids(plane)
        os.kill(before[lost] or 0, signal.SIGKILL)
        until(lambda lost=lost: {p.name: p.state for p in plane.status()}[lost] == "crashed")
        assert not plane.healthy()
        plane.start(NullProgress())
        after = pids(plane)
        assert after.pop(lost) != before.pop(lost)
        assert after == before, f"only {lost} is started again"
        assert plane.healthy()

    endpoint = read_json(plane.layout.cluster)["endpoint"]
    plane.stop()
    assert ours(root) == []
    assert [part.state for part in plane.status()] == ["stopped"] * len(ORDER)
    plane.stop()  # nothing to do is no error
    plane.start(NullProgress())
    assert read_json(plane.layout.cluster)["endpoint"] == endpoint
    assert readiness.api(plane.layout).answers("/api/v1/namespaces/default")


def test_what_is_written_is_private_and_complete(control_plane: ControlPlane) -> None:
    layout = control_plane.layout
    cluster = read_json(layout.cluster)
    assert cluster["kind"] == "embedded"
    assert cluster["endpoint"].startswith("127.0.0.1:")
    assert stat.S_IMODE(layout.root.stat().st_mode) == 0o700
    secret = [layout.kubeconfig, layout.credential, layout.cluster, *layout.pki.iterdir()]
    assert [path.name for path in secret if stat.S_IMODE(path.stat().st_mode) != 0o600] == []
    assert control_plane.kubeconfig() == layout.kubeconfig


def test_it_listens_on_loopback_only(rollouts: ControlPlane) -> None:
    addresses = set()
    for pid in pids(rollouts).values():
        for connection in psutil.Process(pid).net_connections():
            if connection.status == psutil.CONN_LISTEN:
                addresses.add(connection.laddr.ip)
    assert addresses == {"127.0.0.1"}


def test_two_at_once_share_nothing(control_plane: ControlPlane, plane: ControlPlane) -> None:
    plane.start(NullProgress())
    assert not set(pids(plane).values()) & set(pids(control_plane).values())
    other, own = (read_json(p.layout.cluster)["endpoint"] for p in (control_plane, plane))
    assert other != own
    stranger = replace(readiness.api(control_plane.layout), token=readiness.api(plane.layout).token)
    with pytest.raises(readiness.ApiError) as refused:
        stranger.call("GET", "/api/v1/namespaces")
    assert refused.value.status == 401
    plane.stop()
    assert control_plane.healthy()


def test_a_reused_pid_is_left_alone(plane: ControlPlane) -> None:
    """A stale record whose pid is somebody else's by now: never signalled, and the part is started."""
    plane.layout.make()
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            book = processes.Book(plane.layout.state)
            now = psutil.Process(stranger.pid).create_time()
            book.put("etcd", processes.Record(("etcd", "--of-yesterday"), "old", stranger.pid, now, "/bin/etcd"))
            states = {part.name: part.state for part in plane.status()}
            assert states["etcd"] == "foreign"
            plane.start(NullProgress())
            assert stranger.poll() is None
            assert pids(plane)["etcd"] != stranger.pid
            known = book.get("kwok")
            assert known is not None
            book.put("kwok", processes.Record(("kwok",), "old", stranger.pid, now, "/bin/kwok"))
            plane._stop("kwok")
            assert stranger.poll() is None
            book.put("kwok", known)
        finally:
            stranger.kill()


def test_an_interrupted_start_can_be_stopped_and_goes_on(plane: ControlPlane, tmp_path: Path) -> None:
    """Killed in the middle (SIGKILL: no clean-up at all), nothing that was started is lost."""
    program = (
        "from pathlib import Path\nfrom localcloud.controlplane import ControlPlane\n"
        f"ControlPlane(Path({str(plane.layout.root)!r})).start()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path) as starter:
        until(lambda: (record := processes.Book(plane.layout.state).get("kube-apiserver")) and record.pid, every=0.01)
        starter.kill()
    assert len(ours(plane.layout.root)) == 2
    plane.stop()
    assert ours(plane.layout.root) == []
    plane.start(NullProgress())
    assert plane.healthy()


def test_a_process_started_but_not_yet_noted_is_found(plane: ControlPlane) -> None:
    plane.start(NullProgress())
    book = processes.Book(plane.layout.state)
    known = book.get("kwok")
    assert known is not None
    book.put("kwok", replace(known, pid=0, created=0.0, executable=""))
    assert pids(plane)["kwok"] == known.pid
    plane.stop()
    assert ours(plane.layout.root) == []


def test_a_watcher_does_not_hold_up_the_end(plane: ControlPlane) -> None:
    """As `kubectl get -w` in another window: the API server would wait a minute for it."""
    plane.start(NullProgress())
    api = readiness.api(plane.layout)
    context = ssl.create_default_context(cafile=str(api.authority))
    connection = http.client.HTTPSConnection(api.host, api.port, context=context)
    connection.request("GET", "/api/v1/pods?watch=true", headers={"Authorization": f"Bearer {api.token}"})
    assert connection.getresponse().status == 200
    began = time.monotonic()
    plane.stop()
    assert time.monotonic() - began < 15
    assert ours(plane.layout.root) == []
    connection.close()


def test_a_taken_api_port_is_named_and_others_are_chosen_anew(plane: ControlPlane) -> None:
    plane.start(NullProgress())
    plane.stop()
    known = read_json(plane.layout.ports)
    with (
        socket.create_server(("127.0.0.1", known["kube-apiserver"])),
        socket.create_server(("127.0.0.1", known["kwok"])),
    ):
        with pytest.raises(FailedError, match=f"port {known['kube-apiserver']} .* is taken by process {os.getpid()}"):
            plane.start(NullProgress())
        assert ours(plane.layout.root) == []
    with socket.create_server(("127.0.0.1", known["kwok"])):
        plane.start(NullProgress())
        again = read_json(plane.layout.ports)
        assert again["kwok"] != known["kwok"]
        assert again["kube-apiserver"] == known["kube-apiserver"]
        assert plane.healthy()


def test_a_taken_port_of_a_cluster_without_data_is_replaced(plane: ControlPlane) -> None:
    plane.layout.make()
    plane.start(NullProgress())
    plane.stop()
    (plane.layout.data / "member").rename(plane.layout.root / "gone")
    known = read_json(plane.layout.ports)
    with socket.create_server(("127.0.0.1", known["kube-apiserver"])):
        plane.start(NullProgress())
        assert plane.healthy()


def test_a_part_that_does_not_come_up_is_named_with_its_log(plane: ControlPlane, tmp_path: Path) -> None:
    broken = tmp_path / "etcd"
    broken.write_text("#!/bin/sh\necho no space left on device >&2\nexit 3\n")
    broken.chmod(0o755)
    tools: dict[str, Path] = dict.fromkeys(ORDER, broken)
    with pytest.raises(FailedError, match="etcd of the local cluster ended while it was starting") as told:
        ControlPlane(plane.layout.root, tools).start()
    assert "no space left on device" in str(told.value)
    assert str(plane.layout.log("etcd")) in str(told.value)


def test_a_changed_command_is_started_anew(plane: ControlPlane) -> None:
    plane.start(NullProgress())
    before = pids(plane)
    book = processes.Book(plane.layout.state)
    known = book.get("kube-scheduler")
    assert known is not None
    book.put("kube-scheduler", replace(known, fingerprint="of an older version"))
    plane.start(NullProgress())
    after = pids(plane)
    assert after.pop("kube-scheduler") != before.pop("kube-scheduler")
    assert after == before


def test_a_large_log_is_set_aside(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    plane.layout.make()
    log = plane.layout.log("etcd")
    log.write_text("old\n" * 100)
    monkeypatch.setattr(processes, "LOG_BYTES", 100)
    plane.start(NullProgress())
    assert log.with_name("etcd.log.1").read_text().startswith("old")
    assert "old" not in log.read_text()


def test_the_plugin_gives_the_credential(control_plane: ControlPlane) -> None:
    plugin = os.path.join(os.path.dirname(processes.__file__), "..", "bin", "gke-gcloud-auth-plugin")  # noqa: PTH118, PTH120
    environment = {**os.environ, "SLIPWAY_LOCAL_DIR": str(control_plane.layout.root)}
    asked = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "spec": {}}
    began = time.monotonic()
    answer = subprocess.run(
        [plugin],
        env={**environment, "KUBERNETES_EXEC_INFO": json.dumps(asked)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert time.monotonic() - began < 2
    given = json.loads(answer.stdout)
    assert given["kind"] == "ExecCredential"
    assert given["apiVersion"] == asked["apiVersion"]
    assert replace(readiness.api(control_plane.layout), token=given["status"]["token"]).answers("/readyz")


def test_the_plugin_says_what_to_do_without_a_cluster(tmp_path: Path) -> None:
    plugin = os.path.join(os.path.dirname(processes.__file__), "..", "bin", "gke-gcloud-auth-plugin")  # noqa: PTH118, PTH120
    environment = {**os.environ, "SLIPWAY_LOCAL_DIR": str(tmp_path)}
    answer = subprocess.run([plugin], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "run `slipway cluster start`" in answer.stderr
    assert "Traceback" not in answer.stderr

"""The loopback ports of a control plane: chosen once, kept in a file, so that its endpoint is stable."""

from __future__ import annotations

import random
import socket
from typing import TYPE_CHECKING

import psutil

from localcloud.controlplane.layout import read_json, write_json
from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.controlplane.layout import Layout

HOST = "127.0.0.1"
NAMES = ("etcd", "etcd-peer", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "prometheus")

# below 32768, where Linux begins to hand out ports for outgoing connections: such a one would block a restart
_LOWEST, _HIGHEST = 20000, 32000


def load(path: Path) -> dict[str, int]:
    """Read the ports, choosing and keeping those that are not chosen yet."""
    ports = {name: int(port) for name, port in read_json(path).items() if name in NAMES}
    missing = [name for name in NAMES if name not in ports]
    if missing:
        choose(path, ports, missing)
    return ports


def settle(layout: Layout, runs: Callable[[str], bool]) -> dict[str, int]:
    """Return the ports for a start: those that strangers took meanwhile are chosen anew.

    Args:
        layout: of the control plane.
        runs: says whether a part runs already, and so holds its port itself.

    Raises:
        FailedError: the API server's port is taken; it is part of what others remember of the cluster.
    """
    known = load(layout.ports)
    taken = [name for name in NAMES if not runs(name.removesuffix("-peer")) and not is_free(known[name])]
    if "kube-apiserver" in taken and layout.holds_data:
        port = known["kube-apiserver"]
        raise FailedError(
            f"port {port} of the local cluster is taken by {holder(port)}: end it and start again, or give up the "
            f"cluster's content with `make down` (the port is fixed as long as {layout.data} is there)"
        )
    if taken:
        choose(layout.ports, known, taken)
    return known


def choose(path: Path, ports: dict[str, int], names: list[str]) -> None:
    """Choose a free port for each name, and keep them all."""
    for name in names:
        ports[name] = _free(avoid=set(ports.values()))
    write_json(path, dict(ports))


def is_free(port: int) -> bool:
    """Say whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that ended do not count
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Say which process listens on a port, as far as this user may know."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", 0) == port
            if listens and connection.pid:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except (psutil.Error, OSError):  # not allowed to look, or it has just ended
        pass
    return "another process"


def _free(avoid: set[int]) -> int:
    for _ in range(200):
        port = random.randrange(_LOWEST, _HIGHEST)  # noqa: S311  spreads clusters, guards nothing
        if port not in avoid and is_free(port):
            return port
    raise FailedError(f"no free port on {HOST} from {_LOWEST} to {_HIGHEST}: end some of what listens there")

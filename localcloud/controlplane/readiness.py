"""How to ask each part whether it is ready, and what to say when it is not."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from localcloud.controlplane import credentials, ports
from localcloud.controlplane.api import ApiError, Endpoint
from slipway.errors import FailedError
from slipway.progress import duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.controlplane.layout import Layout

LIMITS = {"kube-apiserver": 120.0}
"""How long a part may take until it answers, in seconds; `LIMIT` for the others. Generous, for busy machines."""
LIMIT = 60.0

POLL_SECONDS = 0.1
TAIL_LINES = 15

ROLLOUT_KINDS = ("analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments", "rollouts")

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ROLLOUTS = "/apis/argoproj.io/v1alpha1"
_UP = {
    "rollouts-controller": b"Started rollout workers",
    "gke-gateway": b"watching Gateways",
    "gke-disks": b"watching claims",
}
"""What those parts write to their logs once they work that have no port to ask (parts.py says why)."""


def api(layout: Layout) -> Endpoint:
    """Return the API server, called as its admin."""
    known = ports.load(layout.ports)
    token = credentials.tokens(layout)[credentials.ADMIN]
    return Endpoint(ports.HOST, known["kube-apiserver"], layout.pki / "ca.crt", token=token)


def probe(layout: Layout, name: str) -> Callable[[], bool]:
    """Return how to ask a part whether it is ready; called before the part is started."""
    known = ports.load(layout.ports)
    if name == "kube-apiserver":
        server = api(layout)
        return lambda: server.answers("/readyz")
    if name == "etcd":
        pair = (layout.pki / "etcd-client.crt", layout.pki / "etcd-client.key")
        etcd = Endpoint(ports.HOST, known[name], layout.pki / "etcd-ca.crt", client=pair)
        return lambda: etcd.answers("/health")
    if name in {"gke-gateway", "gke-disks"}:
        log = layout.log(name)
        before = log.stat().st_size if log.exists() else 0
        return lambda: up(name, log, before)
    if name in {"kwok", "prometheus"}:  # plain HTTP, and they listen only once they work
        return lambda: not ports.is_free(known[name])
    part = Endpoint(ports.HOST, known[name], layout.pki / "ca.crt")
    return lambda: part.answers("/healthz")


def wait(layout: Layout, name: str, ready: Callable[[], bool], runs: Callable[[], bool]) -> None:
    """Wait until a part is ready.

    Raises:
        FailedError: it ended, or does not answer in time; with the end of its log.
    """
    limit = LIMITS.get(name, LIMIT)
    deadline = time.monotonic() + limit
    while not ready():
        if not runs():
            raise FailedError(_story(layout.log(name), name, "ended while it was starting"))
        if time.monotonic() > deadline:
            raise FailedError(_story(layout.log(name), name, f"does not answer after {duration(limit)}"))
        time.sleep(POLL_SECONDS)


def accounts_made(server: Endpoint) -> bool:
    """Say whether pods can be made: the default namespace has its service account."""
    return server.answers("/api/v1/namespaces/default/serviceaccounts/default")


def rollout_kinds_defined(server: Endpoint) -> bool:
    """Say whether all custom resource definitions of Argo Rollouts are in the cluster."""
    return all(server.answers(f"{_DEFINITIONS}/{kind}.argoproj.io") for kind in ROLLOUT_KINDS)


def rollout_kinds_served(server: Endpoint) -> bool:
    """Say whether the API server serves them, which is a moment later."""
    return all(server.answers(f"{_ROLLOUTS}/{kind}?limit=1") for kind in ROLLOUT_KINDS)


def up(name: str, log: Path, offset: int) -> bool:
    """Say whether a part without a port works: its log tells, from `offset` on."""
    return _UP[name] in _since(log, offset)


def release_nodes(server: Endpoint) -> None:
    """Take the nodes' leases from a kwok that is no more: its successor would leave them alone until they end."""
    with contextlib.suppress(ApiError):  # then they end by themselves
        server.call("DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")


def _story(log: Path, name: str, what: str) -> str:
    size = log.stat().st_size if log.exists() else 0
    lines = _since(log, max(0, size - 8192)).decode(errors="replace").splitlines()
    tail = "\n  ".join(lines[-TAIL_LINES:]) or "(it said nothing)"
    return f"{name} of the local cluster {what}; its log {log} ends with\n  {tail}"


def _since(log: Path, offset: int) -> bytes:
    try:
        with log.open("rb") as file:
            # one that grew too large was set aside: the new one begins at its beginning
            file.seek(offset if log.stat().st_size >= offset else 0)
            return file.read()
    except OSError:
        return b""

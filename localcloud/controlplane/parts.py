"""The command line of each part. Pure: the same layout, ports and tools give the same commands."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.controlplane.credentials import token_table
from localcloud.controlplane.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.controlplane.layout import Layout

GATEWAY = Path(__file__).parents[1] / "gateway"
"""The stand-in of GKE's Gateway controller."""

PROMETHEUS = Path(__file__).parents[1] / "prometheus"
"""The stand-in of Prometheus."""

STAGES = Path(__file__).with_name("stages")
"""How kwok plays nodes and pods."""

DISKS = Path(__file__).parents[1] / "disks"
"""The stand-in of GKE's driver for persistent disks."""

SERVICES = "10.96.0.0/16"
PODS = "10.244.0.0/16"
"""Addresses of pods on nodes that state no pod CIDR of their own."""

LEASE_SECONDS = 40
"""How long a node's lease lasts; kwok renews it every quarter of that. The node controller waits 50 s (its default),
which a machine that is busy compiling has to keep, so neither is shortened."""


@dataclass(frozen=True)
class Part:
    """One process of the control plane."""

    name: str
    argv: tuple[str, ...]
    address: str = ""
    """Where it listens, as host:port."""
    inputs: tuple[Path, ...] = ()
    """Files whose content is part of what it is: when they change, it is started anew."""
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables of its own."""
    folder: Path | None = None
    """Its working directory; that of whoever starts it, without one."""

    @property
    def fingerprint(self) -> str:
        """Return a digest of the command and of the content of the inputs."""
        own = (f"{name}={value}" for name, value in self.variables)
        digest = hashlib.sha256("\0".join((*self.argv, *own)).encode())
        for path in self.inputs:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def all_parts(layout: Layout, ports: Mapping[str, int], tools: Mapping[str, Path]) -> dict[str, Part]:
    """Return every part by name, in starting order."""
    made = (
        _etcd(layout, ports, tools),
        _apiserver(layout, ports, tools),
        _controllers(layout, ports, tools),
        _scheduler(layout, ports, tools),
        _kwok(layout, ports, tools),
        _gateway(layout),
        _prometheus(layout, ports),
        _disks(layout),
        _rollouts(layout, ports, tools),
    )
    return {part.name: part for part in made}


def _etcd(layout: Layout, ports: Mapping[str, int], tools: Mapping[str, Path]) -> Part:
    client, peer = (f"https://{HOST}:{ports[name]}" for name in ("etcd", "etcd-peer"))
    pki = layout.pki
    return Part(
        "etcd",
        (
            str(tools["etcd"]),
            "--name=localcloud",
            f"--data-dir={layout.data}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=localcloud={peer}",
            "--client-cert-auth",
            f"--trusted-ca-file={pki / 'etcd-ca.crt'}",
            f"--cert-file={pki / 'etcd-server.crt'}",
            f"--key-file={pki / 'etcd-server.key'}",
            "--peer-client-cert-auth",
            f"--peer-trusted-ca-file={pki / 'etcd-ca.crt'}",
            f"--peer-cert-file={pki / 'etcd-server.crt'}",
            f"--peer-key-file={pki / 'etcd-server.key'}",
            "--log-level=warn",
        ),
        f"{HOST}:{ports['etcd']}",
    )


def _apiserver(layout: Layout, ports: Mapping[str, int], tools: Mapping[str, Path]) -> Part:
    pki = layout.pki
    return Part(
        "kube-apiserver",
        (
            str(tools["kube-apiserver"]),
            f"--etcd-servers=https://{HOST}:{ports['etcd']}",
            f"--etcd-cafile={pki / 'etcd-ca.crt'}",
            f"--etcd-certfile={pki / 'etcd-client.crt'}",
            f"--etcd-keyfile={pki / 'etcd-client.key'}",
            f"--bind-address={HOST}",
            f"--secure-port={ports['kube-apiserver']}",
            f"--advertise-address={HOST}",
            "--endpoint-reconciler-type=none",  # it may not publish a loopback address, and would complain for ever
            f"--tls-cert-file={pki / 'serving.crt'}",
            f"--tls-private-key-file={pki / 'serving.key'}",
            "--anonymous-auth=false",
            f"--token-auth-file={token_table(layout)}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki / 'service-accounts.pub'}",
            f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
            f"--service-cluster-ip-range={SERVICES}",
            "--allow-privileged=true",  # as on GKE: what a namespace allows is Pod Security's to say
            "--profiling=false",
            "--v=1",
        ),
        f"{HOST}:{ports['kube-apiserver']}",
        (token_table(layout),),
    )


def _client(layout: Layout, name: str, port: int, tool: Path) -> tuple[str, ...]:
    return (
        str(tool),
        f"--kubeconfig={layout.kubeconfig_of(name)}",
        "--leader-elect=false",
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--tls-cert-file={layout.pki / 'serving.crt'}",
        f"--tls-private-key-file={layout.pki / 'serving.key'}",
        "--profiling=false",
        # one user's machine: what a test does at once should not wait for a client's own brake
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--v=1",
    )


def _controllers(layout: Layout, ports: Mapping[str, int], tools: Mapping[str, Path]) -> Part:
    name = "kube-controller-manager"
    port = ports[name]
    return Part(
        name,
        (
            *_client(layout, name, port, tools[name]),
            f"--root-ca-file={layout.pki / 'ca.crt'}",
            f"--service-account-private-key-file={layout.pki / 'service-accounts.key'}",
            "--use-service-account-credentials=true",  # its own role may do little; each controller's may do enough
            "--allocate-node-cidrs=false",  # kwok gives pods their addresses
            "--horizontal-pod-autoscaler-sync-period=2s",
            "--node-monitor-period=2s",
            "--controllers=*,-node-ipam-controller,-node-route-controller,-service-lb-controller",
        ),
        f"{HOST}:{port}",
        (layout.kubeconfig_of(name),),
    )


def _scheduler(layout: Layout, ports: Mapping[str, int], tools: Mapping[str, Path]) -> Part:
    name = "kube-scheduler"
    port = ports[name]
    return Part(
        name,
        _client(layout, name, port, tools[name]),
        f"{HOST}:{port}",
        (layout.kubeconfig_of(name),),
    )


def _kwok(layout: Layout, ports: Mapping[str, int], tools: Mapping[str, Path]) -> Part:
    stages = tuple(sorted(STAGES.glob("*.yaml")))
    return Part(
        "kwok",
        (
            str(tools["kwok"]),
            f"--kubeconfig={layout.kubeconfig_of('kwok')}",
            "--manage-all-nodes=true",
            f"--cidr={PODS}",
            f"--node-lease-duration-seconds={LEASE_SECONDS}",
            f"--server-address={HOST}:{ports['kwok']}",
            *(f"--config={stage}" for stage in stages),
        ),
        f"{HOST}:{ports['kwok']}",
        (layout.kubeconfig_of("kwok"), *stages),
    )


def _gateway(layout: Layout) -> Part:
    """Our own: Python, of the clone that is installed, with its sources as inputs."""
    name = "gke-gateway"
    return Part(
        name,
        (
            sys.executable,
            "-P",  # nothing of the folder that it happens to be started in
            "-m",
            "localcloud.gateway",
            f"--kubeconfig={layout.kubeconfig_of(name)}",
            f"--store={layout.root / 'gcp'}",
        ),
        "",
        (layout.kubeconfig_of(name), *sorted(GATEWAY.glob("*.py"))),
    )


def _prometheus(layout: Layout, ports: Mapping[str, int]) -> Part:
    """Our own, as the Gateway controller's stand-in; what it answers follows the queries of the rollout compiler."""
    name = "prometheus"
    queries = Path(__file__).parents[2] / "slipway" / "rollouts" / "queries.py"
    return Part(
        name,
        (
            sys.executable,
            "-P",
            "-m",
            "localcloud.prometheus",
            f"--kubeconfig={layout.kubeconfig_of(name)}",
            f"--port={ports[name]}",
        ),
        f"{HOST}:{ports[name]}",
        (layout.kubeconfig_of(name), *sorted(PROMETHEUS.glob("*.py")), queries),
    )


def _disks(layout: Layout) -> Part:
    """Our own, too."""
    name = "gke-disks"
    config = layout.kubeconfig_of(name)
    return Part(
        name,
        (sys.executable, "-P", "-m", "localcloud.disks", f"--kubeconfig={config}"),
        "",
        (config, *sorted(DISKS.glob("*.py"))),
    )


def _rollouts(layout: Layout, ports: Mapping[str, int], tools: Mapping[str, Path]) -> Part:
    name = "rollouts-controller"
    return Part(
        name,
        (
            str(tools[name]),
            f"--kubeconfig={layout.kubeconfig_of(name)}",
            "--leader-elect=false",
            # it would listen on every interface, and has no flag for the address; a port that is none keeps both of
            # its servers closed, and the controller goes on without them
            "--healthzPort=-1",
            "--metricsPort=-1",
        ),
        "",
        (layout.kubeconfig_of(name), layout.controller_config),
        (
            # what checks ask whose environment names no Prometheus of its own
            ("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS", f"http://{HOST}:{ports['prometheus']}"),
            ("KUBECONFIG", str(layout.kubeconfig_of(name))),  # its plugins have no flag for it
        ),
        layout.controller,
    )

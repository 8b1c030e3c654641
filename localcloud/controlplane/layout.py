"""Which file of a control plane is where, under its root."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.errors import FailedError

ORDER = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "gke-gateway",
    "prometheus",
    "gke-disks",
    "rollouts-controller",
)
"""The parts, in the order in which they start.

`gke-gateway`, `prometheus` and `gke-disks` are stand-ins of ours (localcloud/gateway, prometheus, disks).
"""


@dataclass(frozen=True)
class Layout:
    """The files under one root."""

    root: Path

    @property
    def cluster(self) -> Path:
        """What others read: endpoint, certificate authority, paths."""
        return self.root / "cluster.json"

    @property
    def credential(self) -> Path:
        """What the stand-in of GKE's credential plugin gives out; readable by its owner only."""
        return self.root / "credential.json"

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig; readable by its owner only."""
        return self.root / "kubeconfig"

    @property
    def ports(self) -> Path:
        """The ports, chosen once."""
        return self.root / "ports.json"

    @property
    def state(self) -> Path:
        """Which processes were started."""
        return self.root / "state.json"

    @property
    def lock(self) -> Path:
        """Held while parts are started or stopped."""
        return self.root / "lock"

    @property
    def pki(self) -> Path:
        """Certificates, keys and tokens."""
        return self.root / "pki"

    @property
    def data(self) -> Path:
        """What etcd keeps."""
        return self.root / "etcd"

    @property
    def run(self) -> Path:
        """Scratch folders of the parts."""
        return self.root / "run"

    @property
    def controller(self) -> Path:
        """The working directory of the Rollouts controller: it looks for its plugins there."""
        return self.run / "rollouts-controller"

    @property
    def controller_config(self) -> Path:
        """A copy of the configuration that the Rollouts controller reads once, when it starts."""
        return self.controller / "configuration.json"

    def log(self, part: str) -> Path:
        """Return where a part writes its log."""
        return self.root / "logs" / f"{part}.log"

    def kubeconfig_of(self, part: str) -> Path:
        """Return the kubeconfig by which a part talks to the API server as itself."""
        return self.pki / f"{part}.kubeconfig"

    @property
    def holds_data(self) -> bool:
        """Say whether the cluster exists: etcd has written something."""
        return (self.data / "member").is_dir()

    def make(self) -> None:
        """Make the folders, readable by their owner only.

        Raises:
            FailedError: the root cannot be made.
        """
        try:
            for folder in (self.root, self.pki, self.run, self.controller, self.root / "logs"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
        except OSError as error:
            raise FailedError(
                f"{self.root}: the local cluster's folder cannot be made ({error.strerror}); free its path or its "
                "permissions"
            ) from error


def write_private(path: Path, content: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that localcloud wrote; one that is not there is empty.

    Raises:
        FailedError: it is no JSON object any more.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FailedError(f"{path} cannot be read ({error}); delete it and start the cluster again") from error
    if not isinstance(content, dict):
        raise FailedError(f"{path} is not what localcloud wrote; delete it and start the cluster again")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object whole or not at all, readable by its owner only."""
    write_private(path, json.dumps(content, indent=2) + "\n")

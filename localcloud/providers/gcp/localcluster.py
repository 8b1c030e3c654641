"""The Kubernetes cluster that every GKE cluster of this cloud leads to: `SLIPWAY_LOCAL_DIR/cluster.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localcloud.folders import start_command
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from localcloud.providers.gcp.store import Store

FILE: Final = "cluster.json"


@dataclass(frozen=True)
class LocalCluster:
    """What cluster.json says. `endpoint` is host:port, `certificate_authority` base64 of PEM."""

    kind: str
    endpoint: str
    certificate_authority: str
    kubeconfig: Path

    @property
    def external(self) -> bool:
        """A cluster of the user's own, whose nodes are not ours to make."""
        return self.kind == "external"


def load(store: Store) -> LocalCluster | None:
    """The cluster beside the store, None while there is none."""
    path = store.root.parent / FILE
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return LocalCluster(facts["kind"], facts["endpoint"], facts["certificateAuthority"], Path(facts["kubeconfig"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError(
            f"{path}: not readable ({error}); start the cluster again with `{start_command(path.parent)}`"
        ) from error


def require(store: Store) -> LocalCluster:
    """The cluster; raises ProviderError that says how to start one."""
    found = load(store)
    if found is None:
        raise ProviderError(
            f"{store.root.parent / FILE} is missing: there is no local Kubernetes API for the cluster to lead to; "
            f"start it with `{start_command(store.root.parent)}`"
        )
    return found

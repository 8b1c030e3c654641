"""Node pools as nodes in the local API server. kwok plays their kubelets: it makes them Ready and runs their pods.

A managed instance group keeps its size; here only an update of the pool, or `python -m localcloud.providers.gcp
repair`, makes missing nodes anew. No autoscaler runs: an autoscaled pool keeps its first size.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import drain, localcluster
from localcloud.providers.gcp.kube import CONFLICT, Kube, KubeError, connect
from localcloud.providers.gcp.template import (
    CLUSTER_ANNOTATION,
    POOL_ANNOTATION,
    POOL_LABEL,
    TEMPLATE_ANNOTATION,
    Template,
)
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api

#: seconds that new nodes have to become Ready
READY_VARIABLE: Final = "SLIPWAY_NODE_READY_SECONDS"
_READY: Final = 60.0
_PAUSE: Final = 0.2

Values = dict[str, Any]


def reconcile(api: Api, identity: str, values: Values, old: Values | None) -> None:
    """Make the pool's nodes what its record says: add, relabel, and drain those that are too many or out of date.

    Raises ProviderError when nodes do not become Ready or a drain is cancelled.
    """
    kube = _kube(api)
    if kube is None:
        return
    template = Template(identity, values)
    wanted, existing = template.nodes(), _existing(kube, POOL_ANNOTATION, identity)
    kept = {name: node for name, node in existing.items() if name in wanted}
    for name, node in kept.items():
        _relabel(kube, node, wanted[name], Template(identity, old) if old else template)
    missing = [name for name in wanted if name not in existing]
    stale = sorted((name for name in existing if name not in wanted), key=lambda name: (_zone(existing[name]), name))
    surge = max(int(((values.get("upgradeSettings") or {}).get("maxSurge")) or 1), 1)
    outdated = [name for name in stale if _template_of(existing[name]) != template.version()]
    if not (outdated and missing):
        _add(api, kube, {name: wanted[name] for name in missing})
        drain.remove(api, kube, stale)
        return
    # an upgrade: as many new nodes at a time as may be too many, then as many old ones go ("Node upgrade strategies")
    while missing or stale:
        batch, missing = missing[:surge], missing[surge:]
        _add(api, kube, {name: wanted[name] for name in batch})
        going = surge if missing else len(stale)
        drain.remove(api, kube, stale[:going])
        stale = stale[going:]


def remove_all(api: Api, *, cluster: str, pool: str = "") -> None:
    """Drain and delete the nodes of a pool, of every pool of the cluster when none is named.

    Without a local cluster there is nothing to remove; raises ProviderError when there is one that does not answer.
    """
    local = localcluster.load(api.store)
    if local is None or local.external:
        return
    kube = connect(local)
    annotation, value = (POOL_ANNOTATION, pool) if pool else (CLUSTER_ANNOTATION, cluster)
    drain.remove(api, kube, sorted(_existing(kube, annotation, value)))


def count_per_zone(api: Api, identity: str, values: Values) -> int | None:
    """How many nodes a zone of the pool has on average, rounded down; None when that cannot be seen."""
    zones = values.get("nodeLocations") or []
    try:
        local = localcluster.load(api.store)
        if local is None or local.external or not zones:
            return None
        return len(_existing(connect(local), POOL_ANNOTATION, identity)) // len(zones)
    except ProviderError:
        return None


def _kube(api: Api) -> Kube | None:
    local = localcluster.require(api.store)
    if local.external:
        api.log(f"{local.endpoint} is a cluster of your own: its nodes are left as they are")
        return None
    return connect(local)


def _existing(kube: Kube, annotation: str, value: str) -> dict[str, Values]:
    """Nodes by name whose annotation has this value; those that are not ours have none."""
    found = kube.call("GET", f"/api/v1/nodes?labelSelector={POOL_LABEL.replace('/', '%2F')}")["items"]
    ours = [node for node in found if (node["metadata"].get("annotations") or {}).get(annotation) == value]
    return {node["metadata"]["name"]: node for node in ours}


def _zone(node: Values) -> str:
    return node["metadata"]["labels"].get("topology.kubernetes.io/zone", "")


def _template_of(node: Values) -> str:
    return node["metadata"]["annotations"].get(TEMPLATE_ANNOTATION, "")


def _add(api: Api, kube: Kube, manifests: dict[str, Values]) -> None:
    for name, manifest in manifests.items():
        try:
            kube.call("POST", "/api/v1/nodes", manifest)
        except KubeError as error:
            if error.status != CONFLICT:
                raise
        api.log(f"node {name} added")
    _wait_ready(api, kube, set(manifests))


def _wait_ready(api: Api, kube: Kube, names: set[str]) -> None:
    seconds = float(os.environ.get(READY_VARIABLE) or _READY)
    deadline = time.monotonic() + seconds
    while names:
        found = kube.call("GET", f"/api/v1/nodes?labelSelector={POOL_LABEL.replace('/', '%2F')}")["items"]
        names -= {node["metadata"]["name"] for node in found if _is_ready(node)}
        if not names:
            return
        if api.cancelled is not None and api.cancelled.is_set():
            raise ProviderError("cancelled while nodes were starting")
        if time.monotonic() > deadline:
            raise ProviderError(
                f"{len(names)} nodes did not become Ready within {seconds:.0f} s ({', '.join(sorted(names)[:3])}); "
                "is kwok running? `slipway cluster status` says so"
            )
        time.sleep(_PAUSE)


def _is_ready(node: Values) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def _relabel(kube: Kube, node: Values, wanted: Values, old: Template) -> None:
    """Labels and taints of a pool change in place; what others put on the node stays."""
    name = node["metadata"]["name"]
    zone = _zone(node)
    before = {**old.labels(name, zone)}
    labels: dict[str, str | None] = dict.fromkeys(set(before) - set(wanted["metadata"]["labels"]))
    labels |= wanted["metadata"]["labels"]
    mine = {(taint["key"], taint["effect"]) for taint in old.taints()}
    others = [taint for taint in node["spec"].get("taints") or [] if (taint["key"], taint["effect"]) not in mine]
    own = {(taint["key"], taint["effect"]) for taint in wanted["spec"]["taints"]}
    kept = [taint for taint in others if (taint["key"], taint["effect"]) not in own]
    taints = wanted["spec"]["taints"] + kept
    current = node["metadata"]["labels"]
    same_labels = all(current.get(key) == value for key, value in labels.items())
    if same_labels and taints == (node["spec"].get("taints") or []):
        return
    patch = {"metadata": {"labels": labels}, "spec": {"taints": taints}}
    kube.call("PATCH", f"/api/v1/nodes/{name}", patch, "application/merge-patch+json")

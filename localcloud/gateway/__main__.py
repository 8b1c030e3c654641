"""Runs the stand-in of GKE's Gateway controller: `python -m localcloud.gateway --kubeconfig FILE --store FOLDER`.

It looks once a second and writes a status only when that changes; it keeps nothing, so it can be killed at any time.
While the add-on is off there is nothing to look at.
"""

from __future__ import annotations

import argparse
import base64
import json
import ssl
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from localcloud.gateway import listeners, policies, routes
from localcloud.gateway.world import GROUP, Address, Cloud, Finding, World, conditions, key
from localcloud.providers.gcp.kube import CONFLICT, NOT_FOUND, Kube, KubeError
from localcloud.providers.gcp.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.gateway.world import Object

READY: Final = "watching Gateways"
"""What the log says once the process works."""
_PAUSE: Final = 1.0
_API: Final = f"/apis/{GROUP}/v1"
_POLICIES: Final = "/apis/networking.gke.io/v1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Look again and again, until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.gateway", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--store", type=Path, required=True, help="folder of the played Google Cloud's store")
    given = parser.parse_args(arguments)
    kube = connect(given.kubeconfig)
    say(READY)
    trouble = ""
    while True:
        try:
            reconcile(kube, given.store)
            trouble = ""
        except KubeError as error:  # the API server restarts, or somebody changed an object at this moment
            if str(error) != trouble:
                say(trouble := str(error))
        time.sleep(_PAUSE)


def say(words: str) -> None:
    """Write a line to the log."""
    sys.stdout.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {words}\n")
    sys.stdout.flush()


def connect(kubeconfig: Path) -> Kube:
    """Calls as the user of a kubeconfig that the control plane wrote."""
    document = json.loads(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    address = urlsplit(cluster["server"])
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    return Kube(address.hostname or "", address.port or 443, context, user["token"])


def reconcile(kube: Kube, store: Path) -> None:
    """Write what is to be said of every object, where something else stands there. Raises KubeError."""
    classes = _list(kube, f"{_API}/gatewayclasses")
    if not classes:
        return
    world = _world(kube, store, classes)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    for item in world.classes:
        if key(item)[1] in world.own:
            before = (item.get("status") or {}).get("conditions") or []
            found = conditions([Finding("Accepted", True, "Accepted")], before, item["metadata"]["generation"], now)
            _write(kube, f"{_API}/gatewayclasses/{key(item)[1]}", item, {"conditions": found})
    for item in world.gateways:
        if item["spec"]["gatewayClassName"] in world.own:
            status = listeners.gateway_status(world, item, routes.attached(world, item), now)
            _write(kube, _path(f"{_API}", "gateways", item), item, status)
    for item in world.routes:
        _write(kube, _path(_API, "httproutes", item), item, {"parents": routes.parents(world, item, now)})
    plurals = {kind: plural for plural, (kind, *_) in policies.KINDS.items()}
    for item in world.policies:
        found = policies.policy_conditions(world, item, now)
        _write(kube, _path(_POLICIES, plurals[item["kind"]], item), item, {"conditions": found})


def _world(kube: Kube, store: Path, classes: list[Object]) -> World:
    gateways = _list(kube, f"{_API}/gateways")
    found_policies = [
        {**item, "kind": kind}
        for plural, (kind, *_) in policies.KINDS.items()
        for item in _list(kube, f"{_POLICIES}/{plural}")
    ]
    return World(
        classes=classes,
        gateways=gateways,
        routes=_list(kube, f"{_API}/httproutes"),
        grants=_list(kube, f"/apis/{GROUP}/v1beta1/referencegrants"),
        services=_list(kube, "/api/v1/services"),
        namespaces={key(item)[1]: item["metadata"].get("labels") or {} for item in _list(kube, "/api/v1/namespaces")},
        policies=found_policies,
        cloud=cloud(store) if gateways else Cloud(),
    )


def cloud(folder: Path) -> Cloud:
    """What is reserved in the played Google Cloud, whatever the project: an environment has one."""
    store = Store(folder)
    if not store.path.exists():
        return Cloud()
    addresses = [
        Address(record["name"], record.get("address") or "", record.get("addressType") == "INTERNAL", region)
        for token in ("gcp:compute/address:Address", "gcp:compute/globalAddress:GlobalAddress")
        for record in store.all(token).values()
        for region in [str(record.get("region") or "").rpartition("/")[2]]
    ]
    subnets = store.all("gcp:compute/subnetwork:Subnetwork").values()
    certificates = store.all("gcp:certificatemanager/certificate:Certificate").values()
    return Cloud(
        addresses,
        frozenset(record["name"] for record in certificates),
        any(record.get("purpose") == "REGIONAL_MANAGED_PROXY" for record in subnets),
    )


def _list(kube: Kube, path: str) -> list[Object]:
    """The objects of a kind; none where the kind is not there."""
    try:
        return list(kube.call("GET", path)["items"])
    except KubeError as error:
        if error.status != NOT_FOUND:
            raise
        return []


def _path(api: str, plural: str, item: Object) -> str:
    namespace, name = key(item)
    return f"{api}/namespaces/{namespace}/{plural}/{name}"


def _write(kube: Kube, path: str, item: Object, status: Object) -> None:
    """Write a status where it differs; an object that has changed or gone meanwhile is looked at next time."""
    before = item.get("status") or {}
    if all(before.get(name) == value for name, value in status.items()):
        return
    body = {"metadata": {"resourceVersion": item["metadata"]["resourceVersion"]}, "status": status}
    try:
        kube.call("PATCH", f"{path}/status", body, "application/merge-patch+json")
    except KubeError as error:
        if error.status not in {CONFLICT, NOT_FOUND}:
            raise
        return
    said = [
        f"{each['type']}={each['status']} ({each['reason']})"
        for each in (
            *(status.get("conditions") or []),
            *(c for p in status.get("parents") or [] for c in p["conditions"]),
        )
    ]
    say(f"{path.split('/')[-2]} {'/'.join(key(item)).lstrip('/')}: {', '.join(said)}")


if __name__ == "__main__":
    main()

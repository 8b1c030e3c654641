"""Runs the stand-in of GKE's driver for persistent disks: `python -m localcloud.disks --kubeconfig FILE`.

It looks twice a second, makes a PersistentVolume for each claim that waits for one of its classes, and removes it when
the claim is gone. It keeps nothing, so it can be killed at any time. It resizes nothing, and takes no snapshots.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localcloud.disks.volumes import DRIVER, ZONE, Object, gone, wanted
from localcloud.gateway.__main__ import connect, say
from localcloud.providers.gcp.kube import CONFLICT, NOT_FOUND, Kube, KubeError

if TYPE_CHECKING:
    from collections.abc import Sequence

READY: Final = "watching claims"
"""What the log says once the process works."""
_PAUSE: Final = 0.5


def main(arguments: Sequence[str] | None = None) -> None:
    """Look again and again, until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.disks", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    kube = connect(parser.parse_args(arguments).kubeconfig)
    say(READY)
    trouble = ""
    while True:
        try:
            reconcile(kube)
            trouble = ""
        except KubeError as error:  # the API server restarts
            if str(error) != trouble:
                say(trouble := str(error))
        time.sleep(_PAUSE)


def reconcile(kube: Kube) -> None:
    """Make and remove volumes. Raises KubeError."""
    found = kube.call("GET", "/apis/storage.k8s.io/v1/storageclasses")["items"]
    classes = {item["metadata"]["name"]: item for item in found if item["provisioner"] == DRIVER}
    if not classes:
        return
    claims = kube.call("GET", "/api/v1/persistentvolumeclaims")["items"]
    zones: dict[str, str] = {}
    if any(not claim["spec"].get("volumeName") for claim in claims):
        nodes = kube.call("GET", "/api/v1/nodes")["items"]
        zones = {item["metadata"]["name"]: (item["metadata"].get("labels") or {}).get(ZONE, "") for item in nodes}
    for claim, volume in wanted(claims, classes, zones):
        if isinstance(volume, str):
            _refuse(kube, claim, volume)
        else:
            _quietly(kube, "POST", "/api/v1/persistentvolumes", volume)
    for name in gone(kube.call("GET", "/api/v1/persistentvolumes")["items"]):
        _quietly(kube, "DELETE", f"/api/v1/persistentvolumes/{name}")


def _refuse(kube: Kube, claim: Object, why: str) -> None:
    """Say at the claim, once, why there is no disk for it."""
    metadata = claim["metadata"]
    about = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        **{key: metadata[key] for key in ("namespace", "name", "uid")},
    }
    event = {
        "metadata": {"name": f"{metadata['name']}.{metadata['uid'][:8]}", "namespace": metadata["namespace"]},
        "involvedObject": about,
        "type": "Warning",
        "reason": "ProvisioningFailed",
        "message": why,
        "source": {"component": DRIVER},
    }
    _quietly(kube, "POST", f"/api/v1/namespaces/{metadata['namespace']}/events", event)


def _quietly(kube: Kube, method: str, path: str, body: Object | None = None) -> None:
    """A call; what is there already, or gone already, is as it should be."""
    try:
        kube.call(method, path, body)
    except KubeError as error:
        if error.status not in {CONFLICT, NOT_FOUND}:
            raise


if __name__ == "__main__":
    main()

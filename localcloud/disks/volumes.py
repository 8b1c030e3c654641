"""Which volumes are to be made and which disks are to go. Pure: objects in, objects out.

Sources: Kubernetes documentation, "Storage Classes" (WaitForFirstConsumer) and "Persistent Volumes" (reclaiming);
kubernetes-csi/external-provisioner, README (annotations); GKE documentation, "Using the Compute Engine persistent disk
CSI Driver" (driver, access modes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Object = dict[str, Any]

DRIVER: Final = "pd.csi.storage.gke.io"
ZONE: Final = "topology.kubernetes.io/zone"
_BY: Final = "pv.kubernetes.io/provisioned-by"
_NODE: Final = "volume.kubernetes.io/selected-node"
_MODES: Final = {"ReadWriteOnce", "ReadWriteOncePod"}


def wanted(
    claims: Sequence[Object], classes: Mapping[str, Object], zones: Mapping[str, str]
) -> Iterator[tuple[Object, Object | str]]:
    """Claims without a volume that wait for this driver, with the volume to make or why there can be none.

    A claim of a class that waits for its first pod waits until the scheduler has chosen a node. `zones` is that of each
    node; the node's own label is used, where the real driver has one of its own (`topology.gke.io/zone`).
    """
    for claim in claims:
        spec, metadata = claim["spec"], claim["metadata"]
        found = classes.get(spec.get("storageClassName") or "")
        if spec.get("volumeName") or found is None or metadata.get("deletionTimestamp"):
            continue
        node = (metadata.get("annotations") or {}).get(_NODE, "")
        if found.get("volumeBindingMode") == "WaitForFirstConsumer" and node not in zones:
            continue
        modes = set(spec["accessModes"])
        if not modes <= _MODES:
            yield (
                claim,
                f"a persistent disk can be written from one node only, and not {', '.join(sorted(modes - _MODES))}",
            )
            continue
        yield claim, _volume(claim, found, zones.get(node, ""))


def gone(volumes: Sequence[Object]) -> Iterator[str]:
    """Names of volumes whose claim is gone, and whose disk goes with it."""
    for volume in volumes:
        ours = (volume["metadata"].get("annotations") or {}).get(_BY) == DRIVER
        released = volume.get("status", {}).get("phase") == "Released"
        if ours and released and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            yield volume["metadata"]["name"]


def _volume(claim: Object, found: Object, zone: str) -> Object:
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    built: Object = {
        "capacity": {"storage": spec["resources"]["requests"]["storage"]},
        "accessModes": spec["accessModes"],
        "persistentVolumeReclaimPolicy": found.get("reclaimPolicy", "Delete"),
        "storageClassName": spec["storageClassName"],
        "csi": {"driver": DRIVER, "volumeHandle": f"zones/{zone or 'any'}/disks/{name}"},
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
    }
    if zone:
        terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
        built["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    head = {"name": name, "annotations": {_BY: DRIVER}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": head, "spec": built}

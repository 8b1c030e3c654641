"""Which volumes the stand-in of the disks' driver makes and removes."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.disks.volumes import DRIVER, gone, wanted

LATE: dict[str, Any] = {"volumeBindingMode": "WaitForFirstConsumer", "reclaimPolicy": "Delete"}
AT_ONCE: dict[str, Any] = {"volumeBindingMode": "Immediate", "reclaimPolicy": "Retain"}
CLASSES = {"late": LATE, "at-once": AT_ONCE}
ZONES = {"node-1": "zone-a"}


def claim(of: str, node: str = "", **spec: Any) -> dict[str, Any]:
    said = {"volume.kubernetes.io/selected-node": node} if node else {}
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": of}
    return {
        "metadata": {"name": "data-index-0", "namespace": "growth", "uid": "u1", "annotations": said},
        "spec": {**asked, **spec},
    }


def made(*claims: dict[str, Any]) -> list[Any]:
    return [volume for _, volume in wanted(claims, CLASSES, ZONES)]


def test_a_disk_is_made_in_the_zone_of_the_first_pods_node() -> None:
    (volume,) = made(claim("late", "node-1"))
    assert volume["metadata"] == {"name": "pvc-u1", "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER}}
    assert volume["spec"]["claimRef"]["uid"] == "u1"
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["zone-a"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    (volume,) = made(claim("at-once"))
    assert "nodeAffinity" not in volume["spec"]


@pytest.mark.parametrize(
    "item", [claim("late"), claim("late", "node-9"), claim("other", "node-1"), claim("late", "node-1", volumeName="v")]
)
def test_others_wait_or_have_one(item: dict[str, Any]) -> None:
    assert made(item) == []


def test_what_no_disk_can_do_is_refused() -> None:
    (why,) = made(claim("late", "node-1", accessModes=["ReadWriteMany"]))
    assert why == "a persistent disk can be written from one node only, and not ReadWriteMany"


def test_a_disk_goes_with_its_claim_where_its_class_says_so() -> None:
    def volume(name: str, phase: str, policy: str, by: str = DRIVER) -> dict[str, Any]:
        head = {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": by}}
        return {"metadata": head, "spec": {"persistentVolumeReclaimPolicy": policy}, "status": {"phase": phase}}

    listed = [
        volume("a", "Released", "Delete"),
        volume("b", "Bound", "Delete"),
        volume("c", "Released", "Retain"),
        volume("d", "Released", "Delete", "another.driver"),
    ]
    assert list(gone(listed)) == ["a"]

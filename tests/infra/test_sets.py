"""What a stateful set and a daemon set are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.kubernetes.sets import KEPT, refuse
from slipway.errors import FailedError
from tests.support.repositories import FRAUD

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

STACK = "dev.growth"
STATEFUL = """\
workload: stateful-set
volumes:
  data: {path: /data, size: 20Gi, keep: true, storage: premium-rwo}
  more: {path: /more, size: 1Gi, keep: true}
  cache: {path: /cache, size: 2Gi}
port: 8080
"""


@pytest.fixture
def stateful(clone: Clone, declared: Declare) -> dict[str, Declared]:
    clone.edit(FRAUD, "port: 8080\n", STATEFUL)
    return declared(STACK)


def test_each_pod_has_its_disks_and_nothing_takes_them_away(stateful: dict[str, Declared]) -> None:
    made = stateful["fraud-statefulset"].inputs
    spec = made["spec"]
    data, more = spec["volumeClaimTemplates"]
    assert (data["metadata"]["name"], data["spec"]["storageClassName"]) == ("data", "premium-rwo")
    assert data["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert data["spec"]["resources"] == {"requests": {"storage": "20Gi"}}
    assert more["spec"]["storageClassName"] == "standard-rwo"
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenScaled": "Retain", "whenDeleted": "Retain"}
    assert made["metadata"]["annotations"][KEPT] == '{"data": "20Gi premium-rwo", "more": "1Gi standard-rwo"}'
    pod = spec["template"]["spec"]
    assert "cache" in {each["name"] for each in pod["volumes"]}
    assert not {"data", "more"} & {each["name"] for each in pod["volumes"]}, "the set's controller adds those"
    mounts = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
    assert (mounts["data"], mounts["more"], mounts["cache"]) == ("/data", "/more", "/cache")
    assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"


def test_its_pods_have_names_and_start_in_no_order(stateful: dict[str, Declared]) -> None:
    spec = stateful["fraud-statefulset"].inputs["spec"]
    assert (spec["serviceName"], spec["podManagementPolicy"], spec["replicas"]) == ("fraud-pods", "Parallel", 3)
    assert spec["updateStrategy"]["type"] == "RollingUpdate"
    assert not {"progressDeadlineSeconds", "strategy"} & spec.keys()
    peers = stateful["fraud-service-pods"].inputs["spec"]
    assert (peers["clusterIP"], peers["publishNotReadyAddresses"]) == ("None", True)
    assert stateful["fraud-budget"].inputs["metadata"]["annotations"]["slipway.dev/workload"] == "StatefulSet"


def test_a_daemon_set_has_neither_a_budget_nor_a_number(clone: Clone, declared: Declare) -> None:
    clone.edit(FRAUD, "scaling: {min: 3}\n", "workload: daemon-set\n")
    found = declared(STACK)
    spec = found["fraud-daemonset"].inputs["spec"]
    assert spec["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0},
    }
    assert "replicas" not in spec
    assert "topologySpreadConstraints" not in spec["template"]["spec"]
    assert not {"fraud-budget", "fraud-autoscaler", "fraud-deployment", "fraud-service-pods"} & found.keys()
    assert "fraud-service" in found


def test_another_set_of_disks_is_refused_with_the_way() -> None:
    def said(text: str) -> dict[str, Any]:
        return {"metadata": {"namespace": "growth", "name": "index", "annotations": {KEPT: text}}}

    refuse(said('{"data": "1Gi standard-rwo"}'), said('{"data": "1Gi standard-rwo"}'))
    refuse({"metadata": {}}, said("{}"))
    with pytest.raises(FailedError, match=r"growth/index: each pod keeps .*1Gi.*the manifest says .*2Gi.*copy"):
        refuse(said('{"data": "1Gi standard-rwo"}'), said('{"data": "2Gi standard-rwo"}'))
    with pytest.raises(FailedError, match="each pod keeps"):
        refuse(said('{"data": "1Gi standard-rwo"}'), {"metadata": {}})

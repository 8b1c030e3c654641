"""A stateful set with a disk that is kept, and a daemon set: release by release, and when one crashes.

kwok plays the pods and a stand-in the disks: what is looked for is that a pod has claim and volume of the pod of
its name before it. One story on one environment, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

INDEX, AGENT = "manifests/growth/index.yaml", "manifests/growth/agent.yaml"
UP = ("up", "local", "--stack", "local.growth", "--json")
PODS = "/api/v1/namespaces/growth/pods"
BY_INDEX, BY_AGENT = "app.kubernetes.io/name=index", "app.kubernetes.io/name=agent"
SERVICE: dict[str, Any] = {
    "kind": "Service",
    "name": "index",
    "release": {"image": f"ml/index:1@sha256:{'1' * 64}"},
    "workload": "stateful-set",
    "scaling": {"min": 3},
    "volumes": {"data": {"path": "/data", "size": "10Gi", "keep": True, "storage": "premium-rwo"}},
}
BROKEN = {"LOCALCLOUD_FAULT": "crash"}


def release(clone: Clone, digit: str, **env: str) -> None:
    clone.edit(INDEX, {"release.image": f"ml/index:{digit}@sha256:{digit * 64}", "env": env})


def state(done: Done, name: str = "index") -> tuple[str, str]:
    """State and message of a service in what `--json` answered."""
    found = next(each for each in done.json["services"] if each["service"] == f"growth/{name}")
    return found["state"], found["message"]


def runs(clone: Clone, selects: str = BY_INDEX) -> list[str]:
    """Last digits of the images of pods that are ready, in the order of their names."""
    pods = sorted(clone.kube.pods("growth", selects), key=lambda pod: str(pod["metadata"]["name"]))
    return [pod["spec"]["containers"][0]["image"][-1] for pod in pods if is_ready(pod)]


def disks(clone: Clone) -> dict[str, tuple[str, str]]:
    """What each claim of the service is: its own uid, and the uid of the volume that it is bound to."""
    listed = clone.kube.api.call("GET", "/api/v1/namespaces/growth/persistentvolumeclaims")["items"]
    volumes = clone.kube.api.call("GET", "/api/v1/persistentvolumes")["items"]
    known = {item["metadata"]["name"]: item["metadata"]["uid"] for item in volumes}
    bound = [item for item in listed if item["status"]["phase"] == "Bound"]
    return {item["metadata"]["name"]: (item["metadata"]["uid"], known[item["spec"]["volumeName"]]) for item in bound}


def mounted(clone: Clone) -> dict[str, str]:
    """The claim that each pod names."""
    found: dict[str, str] = {}
    for pod in clone.kube.pods("growth", BY_INDEX):
        (volume,) = [each for each in pod["spec"]["volumes"] if each["name"] == "data"]
        found[pod["metadata"]["name"]] = volume["persistentVolumeClaim"]["claimName"]
    return found


@pytest.fixture(scope="module")
def kept(clone: Clone) -> dict[str, tuple[str, str]]:
    """The disks after the first update, in which the service is there from the start."""
    (clone.root / INDEX).write_text(yaml.safe_dump(SERVICE, sort_keys=False))
    clone.slipway("up", "local", "--quiet")
    return disks(clone)


def test_each_pod_has_a_disk_of_its_own(clone: Clone, kept: dict[str, tuple[str, str]]) -> None:
    assert sorted(kept) == ["data-index-0", "data-index-1", "data-index-2"]
    assert len({volume for _, volume in kept.values()}) == 3
    assert mounted(clone) == {f"index-{number}": f"data-index-{number}" for number in range(3)}
    assert clone.kube.get("growth", "v1", "services", "index-pods")["spec"]["clusterIP"] == "None"
    claim = clone.kube.get("growth", "v1", "persistentvolumeclaims", "data-index-0")
    assert claim["spec"]["storageClassName"] == "premium-rwo"


def test_a_release_and_the_way_back_keep_the_disks(clone: Clone, kept: dict[str, tuple[str, str]]) -> None:
    for digit in ("2", "1"):
        release(clone, digit)
        with Watch(clone.kube.api, PODS, BY_INDEX) as pods:
            assert state(clone.slipway(*UP)) == ("healthy", "")
        assert runs(clone) == [digit] * 3
        assert disks(clone) == kept
        assert min(sum(is_ready(pod) for pod in now.values()) for now in pods.objects()) >= 2, "one by one"


def test_a_release_that_crashes_fails_and_the_next_one_mends_it(clone: Clone, kept: dict[str, tuple[str, str]]) -> None:
    """In order (OrderedReady) the set would wait for the broken pod for ever: "Forced rollback"."""
    release(clone, "3", **BROKEN)
    clone.edit(INDEX, {"rollout": {"strategy": "rolling", "deadline": "2s"}})
    said, message = state(clone.slipway(*UP, code=1))
    assert said == "failed"
    assert "no progress within its deadline: " in message
    assert "pod index-2: " in message

    def told() -> bool:
        """The deadline may pass before the pod has crashed for the first time."""
        (found,) = clone.slipway("status", "local", "growth/index", "--json", code=None).json
        return found["state"] == "failed" and "LOCALCLOUD_FAULT=crash" in found["message"]

    until(told, 60, every=1)
    assert runs(clone) == ["1", "1"], "the others were not touched"
    release(clone, "1")
    clone.edit(INDEX, {"rollout": None})
    assert state(clone.slipway(*UP)) == ("healthy", "")
    assert runs(clone) == ["1"] * 3
    assert disks(clone) == kept


def test_what_is_kept_is_never_changed_in_silence(clone: Clone, kept: dict[str, tuple[str, str]]) -> None:
    uid = clone.kube.get("growth", "apps/v1", "statefulsets", "index")["metadata"]["uid"]
    for changes in (
        {"volumes.data.size": "20Gi"},
        {"volumes.data.size": "10Gi", "volumes.more": {"path": "/more", "size": "1Gi", "keep": True}},
    ):
        clone.edit(INDEX, changes)
        for verb in ("preview", "up"):
            refused = clone.slipway(verb, "local", "--stack", "local.growth", code=1)
            assert "growth/index: each pod keeps" in refused.err + refused.out
    clone.edit(INDEX, {"volumes.more": None, "workload": "deployment", "volumes.data.keep": None})
    clone.edit(INDEX, {"volumes.data.storage": None})
    refused = clone.slipway("preview", "local", "--stack", "local.growth", code=1)
    assert "growth/index runs as a StatefulSet" in refused.err + refused.out
    clone.edit(INDEX, {"workload": "stateful-set", "volumes.data": SERVICE["volumes"]["data"]})
    assert state(clone.slipway(*UP)) == ("healthy", "")
    assert clone.kube.get("growth", "apps/v1", "statefulsets", "index")["metadata"]["uid"] == uid
    assert disks(clone) == kept


def test_fewer_pods_leave_the_disks_to_those_that_come_back(clone: Clone, kept: dict[str, tuple[str, str]]) -> None:
    clone.edit(INDEX, {"scaling.min": 1})
    assert state(clone.slipway(*UP)) == ("healthy", "")
    until(lambda: list(mounted(clone)) == ["index-0"], 60)
    assert disks(clone) == kept
    clone.edit(INDEX, {"scaling.min": 3})
    assert state(clone.slipway(*UP)) == ("healthy", "")
    assert mounted(clone) == {f"index-{number}": f"data-index-{number}" for number in range(3)}
    assert disks(clone) == kept


def test_people_go_back_and_on(clone: Clone, kept: dict[str, tuple[str, str]]) -> None:
    release(clone, "2")
    assert state(clone.slipway(*UP)) == ("healthy", "")
    known = clone.slipway("history", "local", "growth/index", "--json").json
    assert (known[0]["current"], known[0]["what"]) == (True, "up")
    assert (known[0]["release"]["image"][-4:], known[0]["outcome"], known[0]["pods"]) == ("2222", "healthy", 3)
    back = clone.slipway("rollback", "local", "growth/index", "--json").json
    assert back["git"][0].startswith(f"{INDEX}:")
    until(lambda: runs(clone) == ["1"] * 3, 60)
    assert state(clone.slipway(*UP, code=1))[0] == "other release"
    clone.slipway("retry", "local", "growth/index")
    until(lambda: runs(clone) == ["2"] * 3, 60)
    assert state(clone.slipway(*UP)) == ("healthy", "")
    assert disks(clone) == kept
    refused = clone.slipway("pause", "local", "growth/index", code=1)
    assert "growth/index: a StatefulSet cannot be paused" in refused.err


def test_a_daemon_set_is_on_every_node_and_stops_at_a_release_that_crashes(clone: Clone) -> None:
    agent = {
        "kind": "Service",
        "name": "agent",
        "release": {"image": f"ml/agent:1@sha256:{'1' * 64}"},
        "workload": "daemon-set",
        "resources": {"cpu": "50m", "memory": "64Mi"},
    }
    (clone.root / AGENT).write_text(yaml.safe_dump(agent, sort_keys=False))
    assert state(clone.slipway(*UP), "agent") == ("healthy", "")
    nodes = len(clone.kube.api.call("GET", "/api/v1/nodes")["items"])
    assert runs(clone, BY_AGENT) == ["1"] * nodes
    broken = {"release.image": f"ml/agent:2@sha256:{'2' * 64}", "env": BROKEN}
    clone.edit(AGENT, broken | {"rollout": {"strategy": "rolling", "deadline": "2s"}})
    with Watch(clone.kube.api, PODS, BY_AGENT) as pods:
        said, message = state(clone.slipway(*UP, code=1), "agent")
    assert said == "failed"
    assert "no progress within its deadline" in message
    assert min(sum(is_ready(pod) for pod in now.values()) for now in pods.objects()) >= nodes, (
        "the new pod is one above"
    )
    clone.edit(AGENT, {"env": None, "rollout": None})
    assert state(clone.slipway(*UP), "agent") == ("healthy", "")
    assert runs(clone, BY_AGENT) == ["2"] * nodes
    refused = clone.slipway("scale", "local", "growth/agent", "5", code=1)
    assert "one pod on each node" in refused.err

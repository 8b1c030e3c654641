"""Configuration is released and goes back with the pods, and a sidecar comes with each of them.

Git goes forward and back; the old map is there for pods of the old release in the middle. kwok plays the pods and
mounts nothing: what is looked for is the map that each pod names. One story on one environment, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localcloud.controlplane.api import ApiError
from tests.support.controlplane import until
from tests.support.watching import is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone

pytestmark = pytest.mark.live

CHURN, LOCAL = "manifests/growth/churn.yaml", "environments/local.yaml"
STACK = ("--stack", "local.growth")
MAPS = "/api/v1/namespaces/growth/configmaps"
PROXY = {"image": f"ml/proxy@sha256:{'5' * 64}", "args": ["--listen", "9000"], "port": 9000}


def config(limit: str) -> dict[str, Any]:
    return {"path": "/etc/churn", "files": {"limits.yaml": f"above: {limit}\n", "words.txt": "one\ntwo\n"}}


def content(limit: str) -> dict[str, str]:
    return dict(config(limit)["files"])


def pods(clone: Clone) -> list[dict[str, Any]]:
    return clone.kube.pods("growth", "app.kubernetes.io/name=churn")


def of(pod: dict[str, Any]) -> str:
    """The map that a pod names."""
    (volume,) = [each for each in pod["spec"]["volumes"] if each["name"] == "config"]
    return str(volume["configMap"]["name"])


def maps(clone: Clone) -> dict[str, dict[str, Any]]:
    """The service's maps that are there, by name."""
    listed = clone.kube.api.call("GET", f"{MAPS}?labelSelector=app.kubernetes.io/name=churn")["items"]
    return {item["metadata"]["name"]: item for item in listed}


def found(clone: Clone) -> list[str]:
    """What ready pods read as their limits: content of the maps that they name. Raises KeyError where one is gone."""
    there = maps(clone)
    return sorted(there[of(pod)]["data"]["limits.yaml"] for pod in pods(clone) if is_ready(pod))


@pytest.fixture(scope="module")
def first(clone: Clone) -> str:
    """The name of the first map, after the first update."""
    clone.edit(CHURN, {"config": config("0.9"), "sidecars": {"proxy": PROXY}})
    clone.slipway("up", "local", "--quiet")
    (name,) = maps(clone)
    return name


def test_the_pods_name_an_immutable_map_and_bring_a_sidecar(clone: Clone, first: str) -> None:
    made = maps(clone)[first]
    assert (made["data"], made["immutable"]) == (content("0.9"), True)
    assert {of(pod) for pod in pods(clone)} == {first}
    for pod in pods(clone):
        model, proxy = pod["spec"]["initContainers"]
        assert (model["name"], "restartPolicy" in model) == ("model", False), "it ends before the sidecar starts"
        assert (proxy["name"], proxy["restartPolicy"]) == ("proxy", "Always")
        mounted = [each["mountPath"] for each in proxy["volumeMounts"] if each["name"] == "config"]
        assert mounted == ["/etc/churn"]

    def started() -> bool:
        """A pod that replaces one (an eviction's) has no status yet for a moment."""
        statuses = [pod["status"].get("initContainerStatuses", []) for pod in pods(clone)]
        return [[each["started"] for each in of_pod] for of_pod in statuses] == [[False, True]] * 4

    until(started, 60)
    with pytest.raises(ApiError, match="field is immutable when `immutable` is set"):
        clone.kube.api.call(
            "PATCH", f"{MAPS}/{first}", {"data": {"words.txt": "three"}}, kind="application/merge-patch+json"
        )


def test_another_file_is_a_rollout_and_in_its_middle_both_maps_are_there(clone: Clone, first: str) -> None:
    """The second pause is as long as it takes: the engine has ended by then."""
    steps = [{"weight": 25, "for": "1s"}, {"weight": 50, "for": "1h"}]
    clone.edit(LOCAL, {"services.growth/churn.rollout.steps": steps})
    clone.edit(CHURN, {"config": config("0.8")})
    clone.slipway("up", "local", *STACK, "--no-wait")

    def half() -> bool:
        return found(clone) == ["above: 0.8\n"] * 2 + ["above: 0.9\n"] * 2

    until(half, 120)
    assert len(maps(clone)) == 2
    old = next(pod for pod in pods(clone) if of(pod) == first)
    clone.kube.delete("growth", "v1", "pods", old["metadata"]["name"])
    until(lambda: old["metadata"]["name"] not in {pod["metadata"]["name"] for pod in pods(clone)} and half(), 60)


def test_going_back_in_git_takes_the_old_map_over_again(clone: Clone, first: str) -> None:
    uid = maps(clone)[first]["metadata"]["uid"]
    clone.edit(CHURN, {"config": config("0.9")})
    clone.slipway("up", "local", *STACK)
    until(lambda: {of(pod) for pod in pods(clone)} == {first}, 60)
    assert found(clone) == ["above: 0.9\n"] * 4
    kept = maps(clone)
    assert kept[first]["metadata"]["uid"] == uid, "it was there, and is the same one"
    assert len(kept) == 2, "a map outlives its release"
    again = clone.slipway("up", "local", "--json", *STACK)
    assert {count for each in again.json["stacks"] for name, count in each["counts"].items() if name != "same"} <= {0}

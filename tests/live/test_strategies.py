"""Each strategy from release 1 to 2 and back, what waits, what fails, and changes of the strategy of what runs.

One story on one environment: its tests run in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

CHURN, FRAUD, LOCAL = "manifests/growth/churn.yaml", "manifests/growth/fraud.yaml", "environments/local.yaml"
PODS, SERVICES = "/api/v1/namespaces/growth/pods", "/api/v1/namespaces/growth/services"
ROLLOUTS = "/apis/argoproj.io/v1alpha1/namespaces/growth/rollouts"
HASH = "rollouts-pod-template-hash"
BY_CHURN, BY_FRAUD = "app.kubernetes.io/name=churn", "app.kubernetes.io/name=fraud"
APPROVED = {"strategy": "canary", "steps": [{"weight": 25, "until": "approved"}]}
SWITCHED = {"strategy": "blue-green", "keep_old": "1s"}
FAULT = {"LOCALCLOUD_FAULT": "crash"}


def release(clone: Clone, file: str, digit: str) -> str:
    """Edit a manifest to a release of ours that nobody has seen before; its image."""
    name = file.rpartition("/")[2].removesuffix(".yaml")
    image = f"ml/{name}:9.9.{digit}@sha256:{digit * 64}"
    clone.edit(file, {"release.image": image})
    return image


def up(clone: Clone, code: int = 0) -> dict[str, dict[str, Any]]:
    """`slipway up` of team growth; its services by name."""
    return by_name(clone.slipway("up", "local", "--stack", "local.growth", "--json", code=code))


def by_name(done: Done) -> dict[str, dict[str, Any]]:
    return {service["service"].partition("/")[2]: service for service in done.json["services"]}


def strategy(clone: Clone, wanted: dict[str, Any]) -> None:
    """Give `churn` another strategy, in the environment's file."""
    clone.edit(LOCAL, {"services.growth/churn.rollout": wanted})


def rollout(clone: Clone, name: str = "churn") -> dict[str, Any]:
    return clone.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", name)


def go_on(clone: Clone) -> None:
    """Promote: end the pause at which the canary stands, as `kubectl argo rollouts promote` does."""
    path, body = f"{ROLLOUTS}/churn/status", {"status": {"pauseConditions": None}}
    clone.kube.api.call("PATCH", path, body, kind="application/merge-patch+json")


def selector(clone: Clone, name: str) -> dict[str, str]:
    return dict(clone.kube.get("growth", "v1", "services", name)["spec"]["selector"])


def ready(clone: Clone, selects: str = BY_CHURN) -> list[dict[str, Any]]:
    return [pod for pod in clone.kube.pods("growth", selects) if is_ready(pod)]


def digests(clone: Clone, selects: str = BY_CHURN) -> list[str]:
    """Last digits of the images that pods which take traffic run, one for each pod."""
    return sorted(pod["spec"]["containers"][0]["image"][-1] for pod in ready(clone, selects))


def least(watch: Watch) -> int:
    """How many pods took traffic when there were fewest, of all versions of the pods."""
    return min(sum(is_ready(pod) for pod in pods.values()) for pods in watch.objects())


def led_to(services: Watch, pods: Watch) -> list[str]:
    """Hashes to which the Service `churn` led one after the other; each had all its pods by then."""
    seen: list[str] = []
    for name, version in services.versions:
        if name == "churn" and version and (hashed := version["spec"]["selector"].get(HASH)) not in seen[-1:]:
            seen.append(hashed)
            assert any(
                sum(is_ready(pod) and pod["metadata"]["labels"].get(HASH) == hashed for pod in now.values()) >= 4
                for now in pods.objects()
            )
    return seen


def test_a_canary_waits_for_a_person(deployed: Clone) -> None:
    strategy(deployed, APPROVED)
    release(deployed, CHURN, "1")
    with Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        found = up(deployed)["churn"]
        assert found["state"] == "waiting", "and exit 0: nothing is wrong"
        assert "paused until somebody goes on, step 1 of 1, weight 25 %" in found["message"]
        assert digests(deployed).count("1") == 1
        assert len(ready(deployed)) == 4
        go_on(deployed)
        deployed.slipway("wait", "local", "growth/churn")
    assert least(pods) >= 4
    assert digests(deployed) == ["1"] * 4


def test_a_newer_release_takes_over_and_the_old_one_comes_back(deployed: Clone) -> None:
    stable = rollout(deployed)["status"]["stableRS"]
    with Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        for digit in ("2", "3"):
            release(deployed, CHURN, digit)
            assert up(deployed)["churn"]["state"] == "waiting"
            until(lambda digit=digit: digests(deployed) == ["1", "1", "1", digit], 30)
        status = rollout(deployed)["status"]
        assert selector(deployed, "churn-canary")[HASH] == status["currentPodHash"] != stable
        assert selector(deployed, "churn-stable")[HASH] == status["stableRS"] == stable
        release(deployed, CHURN, "1")
        assert up(deployed)["churn"]["state"] == "healthy", "the way back waits for nobody"
        until(lambda: digests(deployed) == ["1"] * 4, 30)
    assert least(pods) >= 4


def test_blue_green_switches_and_switches_back(deployed: Clone) -> None:
    before = {pod["metadata"]["uid"] for pod in ready(deployed)}
    strategy(deployed, SWITCHED)
    assert up(deployed)["churn"]["state"] == "healthy"
    assert {pod["metadata"]["uid"] for pod in ready(deployed)} == before, "a change of the strategy restarts nothing"
    first = rollout(deployed)["status"]["stableRS"]
    until(lambda: selector(deployed, "churn").get(HASH) == first, 30)
    with Watch(deployed.kube.api, SERVICES) as services, Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        release(deployed, CHURN, "2")
        assert up(deployed)["churn"]["state"] == "healthy"
        second = rollout(deployed)["status"]["stableRS"]
        release(deployed, CHURN, "1")
        assert up(deployed)["churn"]["state"] == "healthy"
    assert led_to(services, pods) == [first, second, first]
    assert least(pods) >= 4
    until(lambda: digests(deployed) == ["1"] * 4, 30)


def test_blue_green_that_crashes_never_switches(deployed: Clone) -> None:
    stable = rollout(deployed)["status"]["stableRS"]
    strategy(deployed, SWITCHED | {"deadline": "15s"})
    deployed.edit(CHURN, {"env": FAULT})
    with Watch(deployed.kube.api, SERVICES) as services, Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        found = up(deployed, code=1)["churn"]
        assert found["state"] == "failed"
        assert "pod churn-" in found["message"]
        strategy(deployed, SWITCHED)
        deployed.edit(CHURN, {"env": None})
        assert up(deployed)["churn"]["state"] == "healthy"
    assert led_to(services, pods) == [stable]
    assert least(pods) >= 4


def test_from_blue_green_to_a_canary(deployed: Clone) -> None:
    before = {pod["metadata"]["uid"] for pod in ready(deployed)}
    deployed.restore(LOCAL)
    assert up(deployed)["churn"]["state"] == "healthy"
    until(lambda: HASH not in selector(deployed, "churn"), 30)
    assert {pod["metadata"]["uid"] for pod in ready(deployed)} == before
    assert "Nothing would change." in deployed.slipway("preview", "local").out


def owners(clone: Clone) -> set[str]:
    """Kinds of workloads that `fraud` runs as, by who owns its ReplicaSets that have pods; and that they exist."""
    sets = clone.kube.api.call("GET", f"/apis/apps/v1/namespaces/growth/replicasets?labelSelector={BY_FRAUD}")["items"]
    return {owner["kind"] for item in sets for owner in item["metadata"]["ownerReferences"]}


def objects(clone: Clone) -> set[str]:
    """Kinds of what there is of that name."""
    return {
        name.partition(" ")[0] for name in clone.objects() if name.endswith(" growth/fraud") or "growth/fraud-" in name
    } - {"Pod", "ReplicaSet", "EndpointSlice", "ControllerRevision", "PodMetrics"}


def scaled(clone: Clone) -> str:
    autoscaler = clone.kube.get("growth", "autoscaling/v2", "horizontalpodautoscalers", "fraud")
    return str(autoscaler["spec"]["scaleTargetRef"]["kind"])


def test_a_deployment_becomes_a_rollout_and_no_pod_is_missed(deployed: Clone) -> None:
    deployed.edit(
        FRAUD, {"rollout": {"strategy": "canary", "traffic": "replicas", "steps": [{"weight": 34, "for": "2s"}]}}
    )
    with Watch(deployed.kube.api, PODS, BY_FRAUD) as pods:
        assert up(deployed)["fraud"]["state"] == "healthy"
        until(lambda: owners(deployed) == {"Rollout"}, 60)
        until(lambda: len(ready(deployed, BY_FRAUD)) == 3, 60)
    assert least(pods) >= 3
    assert "Deployment" not in objects(deployed)
    assert scaled(deployed) == "Rollout"
    assert "Nothing would change." in deployed.slipway("preview", "local").out


def test_a_deployment_that_crashes_does_not_take_over(deployed: Clone) -> None:
    deployed.edit(FRAUD, {"rollout": {"strategy": "rolling", "deadline": "12s"}, "env": FAULT})
    with Watch(deployed.kube.api, PODS, BY_FRAUD) as pods:
        done = deployed.slipway("up", "local", "--stack", "local.growth", code=1)
    assert "the new Deployment does not come up" in done.out + done.err
    assert "the Rollout before it still serves" in done.out + done.err
    assert "Traceback" not in done.out + done.err
    assert least(pods) >= 3
    assert scaled(deployed) == "Rollout"


def test_a_rollout_becomes_a_deployment_with_the_next_release(deployed: Clone) -> None:
    deployed.restore(FRAUD)
    release(deployed, FRAUD, "4")
    with Watch(deployed.kube.api, PODS, BY_FRAUD) as pods:
        assert up(deployed)["fraud"]["state"] == "healthy"
        until(lambda: owners(deployed) == {"Deployment"}, 60)
        until(lambda: digests(deployed, BY_FRAUD) == ["4"] * 3, 60)
    assert least(pods) >= 3
    assert "Rollout" not in objects(deployed)
    assert scaled(deployed) == "Deployment"
    assert "Nothing would change." in deployed.slipway("preview", "local").out

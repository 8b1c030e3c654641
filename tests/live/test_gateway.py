"""Weights at the gateway: what the Rollouts controller's plugin writes into a service's HTTPRoute, and what leaves it.

One story on one environment: its tests run in order. The controller and the definitions of the Gateway API are real.
The plugin is a stand-in (tools/kubernetes/gatewayweights), and nothing sends requests by these routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone

pytestmark = pytest.mark.live

CHURN, LOCAL = "manifests/growth/churn.yaml", "environments/local.yaml"
OWN = "services.growth/churn"
ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/growth/httproutes"
PODS = "/api/v1/namespaces/growth/pods"
STATUS = "/apis/argoproj.io/v1alpha1/namespaces/growth/rollouts/churn/status"
MERGE = "application/merge-patch+json"
BY_CHURN = "app.kubernetes.io/name=churn"
CANARY = {
    "strategy": "canary",
    "steps": [{"weight": 10, "until": "approved"}, {"weight": 50, "until": "approved"}],
}
"""10 % of 3 pods: no number of pods can keep that."""
LEAST = 3


@pytest.fixture(scope="module")
def weighted(clone: Clone) -> Clone:
    """The clone after a first `slipway up local`, with weights at its gateway."""
    clone.edit(LOCAL, {"gateway.weights": True, "registries.ghcr": {"remote": "ghcr"}, f"{OWN}.rollout": CANARY})
    clone.edit(LOCAL, {f"{OWN}.scaling": {"min": LEAST, "max": 12, "cpu": 70}})
    clone.slipway("up", "local", "--quiet")
    return clone


def up(clone: Clone, code: int = 0) -> dict[str, Any]:
    """`slipway up` of team growth; what it says of `churn`."""
    done = clone.slipway("up", "local", "--stack", "local.growth", "--json", code=code)
    return next(each for each in done.json["services"] if each["service"] == "growth/churn")


def release(clone: Clone, digit: str) -> dict[str, Any]:
    """Release what nobody has seen before."""
    clone.edit(CHURN, {"release.image": f"ml/churn:9.9.{digit}@sha256:{digit * 64}"})
    return up(clone)


def status(clone: Clone) -> dict[str, Any]:
    return clone.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", "churn")["status"]


def change_status(clone: Clone, change: dict[str, Any]) -> None:
    """What `kubectl argo rollouts promote` and `abort` write."""
    clone.kube.api.call("PATCH", STATUS, {"status": change}, kind=MERGE)


def held(clone: Clone, step: int) -> bool:
    now = status(clone)
    return bool(now.get("currentStepIndex") == step and now.get("pauseConditions"))


def route(clone: Clone) -> dict[str, Any]:
    return clone.kube.api.call("GET", f"{ROUTES}/churn-canary")


def weights(of: dict[str, Any]) -> dict[str, int]:
    (rule,) = of["spec"]["rules"]
    return {each["name"]: each["weight"] for each in rule["backendRefs"]}


def sides(stable: int, canary: int) -> dict[str, int]:
    return {"churn-stable": stable, "churn-canary": canary}


def digests(clone: Clone) -> list[str]:
    """Last digits of the images that pods which take traffic run, one for each pod."""
    pods = [pod for pod in clone.kube.pods("growth", BY_CHURN) if is_ready(pod)]
    return sorted(pod["spec"]["containers"][0]["image"][-1] for pod in pods)


def least(watch: Watch) -> int:
    """How many pods took traffic when there were fewest, of all versions of the pods."""
    return min(sum(is_ready(pod) for pod in pods.values()) for pods in watch.objects())


def led_to(routes: Watch) -> list[set[str]]:
    """The Services that the route in force led to, one after the other: the oldest one of a host is in force."""
    seen: list[set[str]] = []
    for now in routes.objects():
        oldest = min(now.values(), key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))
        services = {name for name, weight in weights(oldest).items() if weight}
        if services not in seen[-1:]:
            seen.append(services)
    return seen


def names(clone: Clone) -> set[str]:
    return {each["metadata"]["name"] for each in clone.kube.api.call("GET", ROUTES)["items"]} - {"fraud"}


def test_a_first_release_gets_all_the_traffic(weighted: Clone) -> None:
    assert weights(route(weighted)) == sides(100, 0)
    assert names(weighted) == {"churn-canary"}
    (found,) = weighted.slipway("status", "local", "growth/churn", "--json").json
    assert found["state"] == "healthy", "the gateway takes the route and what stands before both its Services"


def test_weights_follow_the_steps_and_edits_leave_them_alone(weighted: Clone) -> None:
    before = digests(weighted)
    with Watch(weighted.kube.api, PODS, BY_CHURN) as pods:
        found = release(weighted, "1")
        assert found["state"] == "waiting"
        assert "weight 10 %" in found["message"]
        assert weights(route(weighted)) == sides(90, 10)
        assert digests(weighted) == sorted([*before, "1"]), "the old pods all stay"

        note = {"metadata": {"annotations": {"example.com/note": "by hand"}}}
        weighted.kube.api.call("PATCH", f"{ROUTES}/churn-canary", note, kind=MERGE)
        weighted.edit(CHURN, {"labels": {"cost-center": "growth-1"}})
        assert up(weighted)["state"] == "waiting"
        now = route(weighted)
        assert weights(now) == sides(90, 10)
        assert now["metadata"]["labels"]["cost-center"] == "growth-1"
        assert now["metadata"]["annotations"]["example.com/note"] == "by hand"
        assert "Nothing would change." in weighted.slipway("preview", "local", "--stack", "local.growth").out

        change_status(weighted, {"pauseConditions": None})
        until(lambda: held(weighted, 3), 60)
        assert weights(route(weighted)) == sides(50, 50)
        change_status(weighted, {"pauseConditions": None})
        weighted.slipway("wait", "local", "growth/churn")
        until(lambda: weights(route(weighted)) == sides(100, 0), 60)
        until(lambda: digests(weighted) == ["1"] * LEAST, 60)
    assert least(pods) >= LEAST


def test_an_abort_sends_everything_back_and_is_not_forgotten(weighted: Clone) -> None:
    release(weighted, "2")
    assert weights(route(weighted)) == sides(90, 10)
    change_status(weighted, {"abort": True})
    until(lambda: weights(route(weighted)) == sides(100, 0), 60)
    until(lambda: digests(weighted) == ["1"] * LEAST, 60)
    done = weighted.slipway("up", "local", "--stack", "local.growth", code=1)
    assert "Nothing changed" in done.out
    assert "growth/churn" in done.out
    assert weights(route(weighted)) == sides(100, 0)


def test_a_release_that_crashes_gets_no_traffic_in_the_end(weighted: Clone) -> None:
    weighted.edit(LOCAL, {f"{OWN}.rollout.deadline": "15s"})
    weighted.edit(CHURN, {"env": {"LOCALCLOUD_FAULT": "crash"}})
    with Watch(weighted.kube.api, PODS, BY_CHURN) as pods, Watch(weighted.kube.api, ROUTES, BY_CHURN) as routes:
        found = up(weighted, code=1)
        assert found["state"] == "failed"
        assert "pod churn-" in found["message"]
        until(lambda: weights(route(weighted)) == sides(100, 0), 60)
    assert least(pods) >= LEAST
    assert led_to(routes) == [{"churn-stable"}], "no weight before there is a pod"
    assert digests(weighted) == ["1"] * LEAST
    weighted.edit(LOCAL, {f"{OWN}.rollout.deadline": None})
    weighted.edit(CHURN, {"env": None, "release.image": f"ml/churn:9.9.1@sha256:{'1' * 64}"})
    assert up(weighted)["state"] == "healthy", "Git goes back, and waits for nobody"


def test_it_leaves_the_gateways_weights_for_a_rolling_update(weighted: Clone) -> None:
    weighted.edit(LOCAL, {f"{OWN}.rollout": {"strategy": "rolling"}})
    with Watch(weighted.kube.api, PODS, BY_CHURN) as pods, Watch(weighted.kube.api, ROUTES, BY_CHURN) as routes:
        assert up(weighted)["state"] == "healthy"
        until(lambda: names(weighted) == {"churn"}, 30)
    assert least(pods) >= LEAST
    assert led_to(routes) == [{"churn-stable"}, {"churn"}]
    assert "Nothing would change." in weighted.slipway("preview", "local", "--stack", "local.growth").out


def test_and_comes_back_to_them(weighted: Clone) -> None:
    weighted.edit(LOCAL, {f"{OWN}.rollout": CANARY})
    with Watch(weighted.kube.api, PODS, BY_CHURN) as pods, Watch(weighted.kube.api, ROUTES, BY_CHURN) as routes:
        assert up(weighted)["state"] == "healthy"
        until(lambda: names(weighted) == {"churn-canary"}, 30)
    assert least(pods) >= LEAST
    assert led_to(routes) == [{"churn"}, {"churn-stable"}]
    assert weights(route(weighted)) == sides(100, 0)

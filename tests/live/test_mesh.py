"""Weights, a route by header and a copy of the traffic in a mesh: what the Rollouts controller writes into the routes.

One story on one environment: its tests run in order. Istio's definitions are real, nothing sends requests by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway.deadlines import ANNOTATION
from slipway.rollouts.compile import MATCH_ROUTE, MIRROR_ROUTE
from slipway.rollouts.traffic import PRIMARY
from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone

pytestmark = pytest.mark.live

RANKING, LOCAL = "manifests/search/ranking.yaml", "environments/local.yaml"
ISTIO = "networking.istio.io/v1"
ROLLOUT = "/apis/argoproj.io/v1alpha1/namespaces/search/rollouts/ranking"
VIRTUAL = f"/apis/{ISTIO}/namespaces/search/virtualservices"
PODS, SERVICES = "/api/v1/namespaces/search/pods", "/api/v1/namespaces/search/services"
BY_RANKING, LEAST = "app.kubernetes.io/name=ranking", 2
HASH = "rollouts-pod-template-hash"
CANARY = {
    "strategy": "canary",
    "steps": [{"weight": 5, "until": "approved"}, {"weight": 40, "until": "approved"}],
}
"""5 % of 2 pods: only a mesh can keep that."""


@pytest.fixture(scope="module")
def meshed(clone: Clone) -> Clone:
    """The clone after a first `slipway up local`, with a mesh and a canary in it."""
    clone.edit(LOCAL, {"mesh": {}})
    clone.edit(RANKING, {"rollout": CANARY})
    clone.slipway("up", "local", "--quiet")
    return clone


def release(clone: Clone, digit: str, **changes: Any) -> None:
    """Release what nobody has seen before, and go without waiting for it."""
    clone.edit(RANKING, {"release.image": f"ml/ranking:9.9.{digit}@sha256:{digit * 64}", **changes})
    clone.slipway("up", "local", "--stack", "local.search", "--no-wait")


def status(clone: Clone) -> dict[str, Any]:
    return clone.kube.get("search", "argoproj.io/v1alpha1", "rollouts", "ranking")["status"]


def held(clone: Clone, step: int) -> bool:
    """Whether the rollout waits for somebody at step `step` (from 0)."""
    now = status(clone)
    return bool(now.get("currentStepIndex") == step and now.get("pauseConditions"))


def ended(clone: Clone) -> bool:
    """Whether the newest release has replaced the one before."""
    now = status(clone)
    return now.get("stableRS") == now.get("currentPodHash") and now.get("phase") == "Healthy"


def change_status(clone: Clone, change: dict[str, Any]) -> None:
    """What `kubectl argo rollouts promote` and `abort` write."""
    clone.kube.api.call("PATCH", f"{ROLLOUT}/status", {"status": change}, kind="application/merge-patch+json")


def go_on(clone: Clone) -> None:
    change_status(clone, {"pauseConditions": None})


def route(clone: Clone) -> dict[str, Any]:
    return clone.kube.get("search", ISTIO, "virtualservices", "ranking")


def routes(clone: Clone) -> list[dict[str, Any]]:
    return list(route(clone)["spec"]["http"])


def names(clone: Clone) -> list[str]:
    return [each["name"] for each in routes(clone)]


def weights(clone: Clone) -> dict[str, int]:
    """What the main route sends where, in %."""
    own = next(each for each in routes(clone) if each["name"] == PRIMARY)
    return {each["destination"]["host"]: each.get("weight", 0) for each in own["route"]}


def names_of(clone: Clone) -> list[str]:
    return [each["metadata"]["name"] for each in clone.kube.api.call("GET", VIRTUAL)["items"]]


def chosen(service: dict[str, Any]) -> dict[str, str]:
    return dict(service["spec"]["selector"])


def sides(stable: int, canary: int) -> dict[str, int]:
    return {"ranking-stable": stable, "ranking-canary": canary}


def selectors(clone: Clone) -> dict[str, str]:
    found = {side: clone.kube.get("search", "v1", "services", f"ranking-{side}") for side in ("stable", "canary")}
    return {side: service["spec"]["selector"][HASH] for side, service in found.items()}


def edit_in_the_middle(clone: Clone, label: str) -> None:
    """Somebody annotates the route by hand; then a label of the manifest goes onto every object of the service."""
    note = {"metadata": {"annotations": {"example.com/note": label}}}
    path = f"/apis/{ISTIO}/namespaces/search/virtualservices/ranking"
    clone.kube.api.call("PATCH", path, note, kind="application/merge-patch+json")
    clone.edit(RANKING, {"labels": {"cost-center": label}})
    clone.slipway("up", "local", "--stack", "local.search", "--no-wait")
    service = clone.kube.get("search", "v1", "services", "ranking-canary")
    assert service["metadata"]["labels"]["cost-center"] == label
    assert route(clone)["metadata"]["labels"]["cost-center"] == label
    assert route(clone)["metadata"]["annotations"]["example.com/note"] == label


def test_a_first_release_gets_all_the_traffic(meshed: Clone) -> None:
    assert ended(meshed)
    assert weights(meshed) == sides(100, 0)
    assert route(meshed)["spec"]["hosts"] == ["ranking"]
    space = meshed.kube.api.call("GET", "/api/v1/namespaces/search")
    assert space["metadata"]["labels"]["istio-injection"] == "enabled"


def test_weights_follow_the_steps_and_an_edit_leaves_them_alone(meshed: Clone) -> None:
    release(meshed, "1")
    until(lambda: held(meshed, 1), 120)
    assert weights(meshed) == sides(95, 5)
    before, chosen = routes(meshed), selectors(meshed)
    assert chosen["stable"] != chosen["canary"]

    edit_in_the_middle(meshed, "search-1")
    assert routes(meshed) == before
    assert selectors(meshed) == chosen
    assert held(meshed, 1)

    go_on(meshed)
    until(lambda: held(meshed, 3), 60)
    assert weights(meshed) == sides(60, 40)
    go_on(meshed)
    until(lambda: ended(meshed), 60)
    until(lambda: weights(meshed) == sides(100, 0), 60)
    assert status(meshed)["stableRS"] == chosen["canary"]


def test_an_abort_sends_everything_back(meshed: Clone) -> None:
    before = status(meshed)["stableRS"]
    release(meshed, "2")
    until(lambda: held(meshed, 1), 120)
    assert weights(meshed) == sides(95, 5)
    change_status(meshed, {"abort": True})
    until(lambda: weights(meshed) == sides(100, 0), 60)
    assert status(meshed)["stableRS"] == before == selectors(meshed)["stable"]


def test_an_a_b_test_has_a_route_for_its_header_until_it_ends(meshed: Clone) -> None:
    match = {"header": {"name": "X-Group", "value": "b"}}
    release(meshed, "3", rollout={"strategy": "a-b", "match": match, "until": "approved"})
    until(lambda: held(meshed, 2), 120)
    assert names(meshed) == [MATCH_ROUTE, PRIMARY]
    own = routes(meshed)[0]
    assert own["match"] == [{"headers": {"x-group": {"exact": "b"}}}]
    assert [each["destination"]["host"] for each in own["route"]] == ["ranking-canary"]
    assert weights(meshed) == sides(100, 0), "whoever does not match stays with the old release"

    before = routes(meshed)
    edit_in_the_middle(meshed, "search-2")
    assert routes(meshed) == before

    go_on(meshed)
    until(lambda: ended(meshed), 60)
    until(lambda: names(meshed) == [PRIMARY], 60)
    until(lambda: weights(meshed) == sides(100, 0), 60)


def test_an_aborted_a_b_test_takes_its_route_away(meshed: Clone) -> None:
    release(meshed, "4")
    until(lambda: held(meshed, 2), 120)
    assert names(meshed) == [MATCH_ROUTE, PRIMARY]
    change_status(meshed, {"abort": True})
    until(lambda: names(meshed) == [PRIMARY], 60)
    assert weights(meshed) == sides(100, 0)


def test_a_shadow_gets_a_copy_until_it_ends(meshed: Clone) -> None:
    release(meshed, "5", rollout={"strategy": "shadow", "share": 50, "until": "approved"})
    until(lambda: held(meshed, 2), 120)
    assert names(meshed) == [MIRROR_ROUTE, PRIMARY]
    own = routes(meshed)[0]
    assert own["mirror"]["host"] == "ranking-canary"
    assert own["mirrorPercentage"] == {"value": 50}
    answered = {each["destination"]["host"]: each.get("weight", 0) for each in own["route"]}
    assert answered == weights(meshed) == sides(100, 0), "the old release answers"
    go_on(meshed)
    until(lambda: ended(meshed), 60)
    until(lambda: names(meshed) == [PRIMARY], 60)
    until(lambda: weights(meshed) == sides(100, 0), 60)


@pytest.mark.parametrize(
    "rollout",
    [{"strategy": "a-b", "match": {"cookie": {"name": "group", "value": "b"}}}, {"strategy": "shadow", "share": 100}],
    ids=["a-b", "shadow"],
)
def test_one_that_crashes_is_never_reached_and_git_goes_back(meshed: Clone, rollout: dict[str, Any]) -> None:
    """By `up` alone, to its end: a release that crashes, back to the one before, and on to an older one.

    With an old ReplicaSet as an abort leaves it when nothing is released for half a minute after it.
    """
    sets = "/apis/apps/v1/namespaces/search/replicasets"
    listed = meshed.kube.api.call("GET", f"{sets}?labelSelector={BY_RANKING}")["items"]
    old = next(each["metadata"]["name"] for each in listed if not each["spec"]["replicas"])
    left = {"metadata": {"annotations": {ANNOTATION: "2026-11-21T20:22:08Z"}}}
    meshed.kube.api.call("PATCH", f"{sets}/{old}", left, kind="application/merge-patch+json")
    stable = status(meshed)["stableRS"]
    now = meshed.kube.get("search", "argoproj.io/v1alpha1", "rollouts", "ranking")["spec"]["template"]["spec"]
    digit = now["containers"][0]["image"][-1]
    changes = {"rollout": {**rollout, "for": "1s", "deadline": "12s"}, "env": {"LOCALCLOUD_FAULT": "crash"}}
    meshed.edit(RANKING, {"release.image": f"ml/ranking:9.9.6@sha256:{'6' * 64}", **changes})
    with Watch(meshed.kube.api, PODS, BY_RANKING) as pods, Watch(meshed.kube.api, VIRTUAL) as virtual:
        failed = meshed.slipway("up", "local", "--stack", "local.search", "--json", code=1)
        found = next(each for each in failed.json["services"] if each["service"] == "search/ranking")
        assert found["state"] == "failed"
        assert "aborted, back on the old release" in found["message"]
        again = {"rollout": {**rollout, "for": "1s"}}  # a deadline of seconds is for what is to fail
        for other, env in ((digit, None), ("1", {})):
            release = f"ml/ranking:9.9.{other}@sha256:{other * 64}"
            meshed.edit(RANKING, {"release.image": release, "env": env, **again})
            meshed.slipway("up", "local", "--stack", "local.search")
            assert ended(meshed)
            if env is None:
                assert status(meshed)["stableRS"] == stable
                assert names_seen(virtual) == {PRIMARY}, "no route ever led to the one that crashed"
    assert names_seen(virtual) == {PRIMARY, MATCH_ROUTE if rollout["strategy"] == "a-b" else MIRROR_ROUTE}
    assert status(meshed)["stableRS"] != stable
    assert least(pods) >= LEAST
    meshed.edit(RANKING, {"release.image": f"ml/ranking:9.9.5@sha256:{'5' * 64}"})
    meshed.slipway("up", "local", "--stack", "local.search")


def names_seen(virtual: Watch) -> set[str]:
    """Names of the routes that there were at any time."""
    every = [http for now in virtual.objects() for one in now.values() for http in one["spec"]["http"]]
    return {each["name"] for each in every}


def led_to(virtual: Watch) -> list[set[str]]:
    """The Services that the routes of `ranking` led to, one after the other; its own where there are no routes."""
    seen: list[set[str]] = []
    for now in virtual.objects():
        ways = [each for one in now.values() for http in one["spec"]["http"] for each in http["route"]]
        services = {each["destination"]["host"] for each in ways if each.get("weight", 100)} or {"ranking"}
        if services not in seen[-1:]:
            seen.append(services)
    return seen


def least(pods: Watch) -> int:
    """How many pods took traffic when there were fewest, of all versions of the pods."""
    return min(sum(is_ready(pod) for pod in now.values()) for now in pods.objects())


def test_a_rolling_update_needs_no_route_and_no_caller_is_missed_on_the_way_there(meshed: Clone) -> None:
    """`ranking-stable` leads to pods of the Rollout only: nobody may be sent there when that goes."""
    meshed.edit(RANKING, {"rollout": {"strategy": "rolling"}})
    with Watch(meshed.kube.api, PODS, BY_RANKING) as pods, Watch(meshed.kube.api, VIRTUAL) as virtual:
        meshed.slipway("up", "local", "--stack", "local.search")
        until(lambda: not names_of(meshed), 60)
    assert led_to(virtual) == [{"ranking-stable"}, {"ranking"}]
    assert least(pods) >= LEAST


def test_and_back_to_a_canary(meshed: Clone) -> None:
    """The route comes before the Rollout: its stable Service leads to any pod until that has as many as there were."""
    meshed.edit(RANKING, {"rollout": CANARY})
    with Watch(meshed.kube.api, PODS, BY_RANKING) as pods, Watch(meshed.kube.api, SERVICES) as services:
        meshed.slipway("up", "local", "--stack", "local.search")
        until(lambda: ended(meshed), 60)
    assert weights(meshed) == sides(100, 0)
    assert least(pods) >= LEAST
    narrowed = [each for name, each in services.versions if name == "ranking-stable" and each and HASH in chosen(each)]
    assert narrowed, "the controller took it over"
    hashes = {chosen(each)[HASH] for each in narrowed}
    assert hashes == {status(meshed)["stableRS"]}

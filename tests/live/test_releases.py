"""Releases as an ML engineer sees them: a manifest is edited, `slipway up local` runs, pods change as promised.

One story on one environment: its tests run in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway.patience import POLL
from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

CHURN, FRAUD, RANKING = "manifests/growth/churn.yaml", "manifests/growth/fraud.yaml", "manifests/search/ranking.yaml"
LOCAL = "environments/local.yaml"
PODS, ROLLOUTS = "/api/v1/namespaces/growth/pods", "/apis/argoproj.io/v1alpha1/namespaces/growth/rollouts"
HASH = "rollouts-pod-template-hash"
ZONE = "topology.kubernetes.io/zone"


def image(name: str, digit: str) -> str:
    """A release of ours that nobody has seen before; of zeros, one that cannot be pulled."""
    return f"ml/{name}:9.9.{digit}@sha256:{digit * 64}"


def churn(clone: Clone) -> dict[str, Any]:
    return clone.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", "churn")


def deployment(clone: Clone, team: str, name: str) -> dict[str, Any]:
    return clone.kube.get(team, "apps/v1", "deployments", name)


def selector(clone: Clone, side: str) -> dict[str, str]:
    return dict(clone.kube.get("growth", "v1", "services", f"churn-{side}")["spec"]["selector"])


def services(done: Done) -> dict[str, dict[str, Any]]:
    """The services of `up --json` by TEAM/NAME."""
    return {service["service"]: service for service in done.json["services"]}


def ready_pods(watch: Watch) -> list[int]:
    """How many pods took traffic, at each moment at which anything about them changed."""
    return [sum(is_ready(pod) for pod in pods.values()) for pods in watch.objects()]


def holding(clone: Clone, step: int) -> bool:
    """Whether the canary stands at the pause that is step `step` (from 0)."""
    status = churn(clone)["status"]
    return bool(status.get("currentStepIndex") == step and status.get("pauseConditions"))


def sides(clone: Clone) -> tuple[int, int]:
    """Ready pods of the canary, and of the stable release."""
    status = churn(clone)["status"]
    pods = [pod for pod in clone.kube.pods("growth", "app.kubernetes.io/name=churn") if is_ready(pod)]
    hashes = [pod["metadata"]["labels"][HASH] for pod in pods]
    return hashes.count(status["currentPodHash"]), hashes.count(status["stableRS"])


def go_on(clone: Clone) -> None:
    """Promote: end the pause at which the canary stands, as `kubectl argo rollouts promote` does."""
    path, body = f"{ROLLOUTS}/churn/status", {"status": {"pauseConditions": None}}
    clone.kube.api.call("PATCH", path, body, kind="application/merge-patch+json")


def test_a_canary_steps_while_a_rolling_update_keeps_all_its_pods(deployed: Clone) -> None:
    before = churn(deployed)["status"]["stableRS"]
    deployed.edit(CHURN, {"release.image": image("churn", "1")})
    deployed.edit(FRAUD, {"release.image": image("fraud", "1")})
    api = deployed.kube.api
    with (
        Watch(api, ROLLOUTS) as steps,
        Watch(api, PODS, "app.kubernetes.io/name=churn") as canary,
        Watch(api, PODS, "app.kubernetes.io/name=fraud") as rolling,
    ):
        running = deployed.start("up", "local", "--stack", "local.growth", "--json")
        seen: list[tuple[int, int]] = []
        for step in (1, 3):
            until(lambda step=step: holding(deployed, step), 120)
            seen.append(sides(deployed))
        done = running.done()

    assert seen == [(1, 3), (2, 2)], "25 % and 50 % of four pods run the new release, the others the old one"
    rollout = [version["status"] for _, version in steps.versions if version]
    held = [status["currentStepIndex"] for status in rollout if status.get("pauseConditions")]
    assert sorted(set(held)) == [1, 3]
    assert held == sorted(held), "never back"
    assert min(ready_pods(canary)) >= 4
    end = churn(deployed)["status"]
    assert end["stableRS"] == end["currentPodHash"] != before
    assert sides(deployed) == (4, 4)

    available = ready_pods(rolling)
    assert min(available) >= 3, "max_unavailable is 0"
    assert max(len(pods) for pods in rolling.objects()) > 3, "it really was replaced, one pod at a time"
    assert {service["state"] for service in services(done).values()} == {"healthy"}
    assert services(done)["growth/fraud"]["release"]["image"] == image("fraud", "1")
    pods = deployed.kube.pods("growth", "app.kubernetes.io/name=fraud")
    assert {pod["spec"]["containers"][0]["image"].rpartition("@")[2] for pod in pods} == {f"sha256:{'1' * 64}"}


def test_a_label_of_a_service_changes_in_the_middle_of_a_canary(deployed: Clone) -> None:
    """The second pause is as long as it takes: only a promotion ends it."""
    steps = [{"weight": 25, "for": "1s"}, {"weight": 50, "for": "1h"}]
    deployed.edit(CHURN, {"release.image": image("churn", "2")})
    deployed.edit(LOCAL, {"services.growth/churn.rollout.steps": steps})
    waiting = deployed.start("up", "local", "--stack", "local.growth")
    until(lambda: holding(deployed, 3), 120)
    until(lambda: "waiting for rollouts ..." in waiting.told, 60)
    hashes = {side: selector(deployed, side) for side in ("stable", "canary")}
    status = churn(deployed)["status"]
    assert hashes["stable"][HASH] == status["stableRS"]
    assert hashes["canary"][HASH] == status["currentPodHash"] != status["stableRS"]

    deployed.edit(CHURN, {"labels": {"cost-center": "growth-7"}})
    deployed.slipway("up", "local", "--stack", "local.growth", "--no-wait")

    for side, selects in hashes.items():
        service = deployed.kube.get("growth", "v1", "services", f"churn-{side}")
        assert service["metadata"]["labels"]["cost-center"] == "growth-7"
        assert service["spec"]["selector"] == selects, "its controller's, as before"
    assert holding(deployed, 3), "the canary stands where it stood"
    assert sides(deployed) == (2, 2)
    assert waiting.runs

    go_on(deployed)
    assert "healthy" in waiting.done(seconds=240).out
    end = churn(deployed)["status"]
    assert end["stableRS"] == end["currentPodHash"] == hashes["canary"][HASH]
    assert selector(deployed, "stable")[HASH] == selector(deployed, "canary")[HASH] == end["stableRS"]


def test_a_failed_release_ends_within_its_deadline_and_names_pod_and_event(deployed: Clone) -> None:
    """`fraud` cannot be pulled, `churn` crashes as it starts; both in team growth. Team search releases meanwhile."""
    stable = churn(deployed)["status"]["stableRS"]
    deployed.restore(LOCAL)
    deployed.edit(FRAUD, {"release.image": image("fraud", "0"), "rollout.deadline": "12s"})
    deployed.edit(LOCAL, {"services.growth/churn.rollout.deadline": "12s"})
    deployed.edit(CHURN, {"env": {"LOCALCLOUD_FAULT": "crash"}})
    deployed.edit(RANKING, {"release.image": image("ranking", "3")})
    api = deployed.kube.api
    with (
        Watch(api, PODS, "app.kubernetes.io/name=fraud") as fraud,
        Watch(api, PODS, "app.kubernetes.io/name=churn") as canary,
    ):
        running = deployed.start("up", "local", "-s", "local.growth", "-s", "local.search", "--json")
        until(lambda: "waiting for rollouts ..." in running.told, 120)
        done = running.done(1, seconds=240)

    found = services(done)
    assert found["growth/fraud"]["state"] == "failed"
    assert "no progress within its deadline" in found["growth/fraud"]["message"]
    assert "pod fraud-" in found["growth/fraud"]["message"]
    assert "ImagePullBackOff: Back-off pulling image" in found["growth/fraud"]["message"]
    assert "(event Failed: " in found["growth/fraud"]["message"]
    assert found["growth/churn"]["state"] == "failed"
    assert "aborted, back on the old release" in found["growth/churn"]["message"]
    assert "pod churn-" in found["growth/churn"]["message"]
    assert "Back-off restarting failed container" in found["growth/churn"]["message"]
    assert found["search/ranking"]["state"] == "healthy"
    assert found["search/ranking"]["release"]["image"] == image("ranking", "3")

    assert min(ready_pods(fraud)) >= 3, "the old pods still serve"
    assert min(ready_pods(canary)) >= 4
    status = churn(deployed)["status"]
    assert status["abort"] is True
    assert status["stableRS"] == stable
    assert selector(deployed, "stable")[HASH] == stable


def test_status_and_wait_say_the_same_as_long_as_nobody_mends_it(deployed: Clone) -> None:
    said = deployed.slipway("wait", "local", "growth/fraud", "--json", code=1)
    assert "still not there in time" not in said.json[0]["message"], "what has failed already is not waited for"
    assert said.json[0]["state"] == "failed"
    assert "pod fraud-" in said.json[0]["message"]
    now = deployed.slipway("status", "local", "--json", code=1)
    assert all("pod " in one["message"] for one in now.json if one["state"] == "failed")
    assert {one["service"]: one["state"] for one in now.json} == {
        "growth/churn": "failed",
        "growth/fraud": "failed",
        "search/ranking": "healthy",
        "search/scorer": "healthy",
    }


def test_the_next_up_mends_it(deployed: Clone) -> None:
    deployed.edit(FRAUD, {"release.image": image("fraud", "4"), "rollout.deadline": None})
    deployed.edit(LOCAL, {"services.growth/churn.rollout.deadline": None})
    deployed.edit(CHURN, {"env": None})
    done = deployed.slipway("up", "local", "-s", "local.growth", "--json")
    assert {name: one["state"] for name, one in services(done).items()} == dict.fromkeys(
        ("growth/churn", "growth/fraud"), "healthy"
    )
    assert deployment(deployed, "growth", "fraud")["status"]["availableReplicas"] == 3
    assert not churn(deployed)["status"].get("abort")


def test_a_zone_is_lost(deployed: Clone) -> None:
    """Nobody does anything. Pods of nodes that are gone are collected after 40 s, at the collector's next round."""
    api = deployed.kube.api
    nodes = api.call("GET", "/api/v1/nodes")["items"]
    lost = {node["metadata"]["name"] for node in nodes if node["metadata"]["labels"][ZONE] == "europe-west4-a"}
    assert lost
    assert len(lost) < len(nodes)
    for name in lost:
        api.call("DELETE", f"/api/v1/nodes/{name}")

    def alive() -> dict[str, int]:
        pods = [pod for team in ("growth", "search") for pod in deployed.kube.pods(team)]
        served = [pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in pods if is_ready(pod) and _on(pod)]
        return {name: served.count(name) for name in set(served)}

    def _on(pod: dict[str, Any]) -> bool:
        return pod["spec"].get("nodeName") not in lost

    least = {"churn": 4, "fraud": 3, "ranking": 2, "scorer": 1}
    assert alive() != least, "pods are spread over the zones: some were there"
    until(lambda: alive() == least, 150, every=POLL)
    done = deployed.slipway("wait", "local", "--json")
    assert {one["state"] for one in done.json} == {"healthy"}

"""Changes of what a service is: at rest and awake, its autoscaler, its model, its strategy, its kind of workload.

One story on one environment: its tests run in order. `churn` is a canary (a Rollout), `fraud` a Deployment.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.environment import Clone, Done, Running

pytestmark = pytest.mark.live

CHURN, FRAUD, LOCAL = "manifests/growth/churn.yaml", "manifests/growth/fraud.yaml", "environments/local.yaml"
FILES = {"churn": CHURN, "fraud": FRAUD}
PODS = "/api/v1/namespaces/growth/pods"
PART_OF = "app.kubernetes.io/part-of=growth"
GROWTH = ("--stack", "local.growth", "--json")


def release(clone: Clone, digit: str) -> None:
    """Both services in a release of ours that nobody has seen before."""
    for name, file in FILES.items():
        clone.edit(file, {"release.image": f"ml/{name}:9.9.{digit}@sha256:{digit * 64}"})


def scaling(clone: Clone, **wanted: int) -> None:
    for file in FILES.values():
        clone.edit(file, {"scaling": wanted})


def services(done: Done) -> dict[str, tuple[str, int, int]]:
    """State, ready and wanted pods of each, as `up --json` and `status --json` say it."""
    listed = done.json["services"] if isinstance(done.json, dict) else done.json
    return {
        each["service"].partition("/")[2]: (each["state"], each["ready"], each["wanted"])
        for each in listed
        if each["service"].startswith("growth/")
    }


def up(clone: Clone, code: int = 0) -> dict[str, tuple[str, int, int]]:
    return services(clone.slipway("up", "local", *GROWTH, code=code))


def both(*state: Any) -> dict[str, Any]:
    return dict.fromkeys(FILES, state)


def pods(clone: Clone, name: str) -> list[dict[str, Any]]:
    return clone.kube.pods("growth", f"app.kubernetes.io/name={name}")


def digests(clone: Clone, name: str) -> list[str]:
    """Last digits of the images that pods which take traffic run, one for each pod."""
    return sorted(pod["spec"]["containers"][0]["image"][-1] for pod in pods(clone, name) if is_ready(pod))


def least(watch: Watch, name: str) -> int:
    """How many pods of a service took traffic when there were fewest, of all versions of the pods."""
    return min(
        sum(is_ready(pod) and pod["metadata"]["labels"]["app.kubernetes.io/name"] == name for pod in now.values())
        for now in watch.objects()
    )


def test_a_first_deployment_may_rest(clone: Clone) -> None:
    clone.edit(LOCAL, {"services": {}})
    scaling(clone, min=0)
    done = clone.slipway("up", "local", "--json")
    assert services(done).items() >= both("healthy", 0, 0).items()
    assert not pods(clone, "churn") + pods(clone, "fraud")
    assert "Nothing would change." in clone.slipway("preview", "local").out


def test_a_release_at_rest_goes_through_without_a_pod(clone: Clone) -> None:
    """The canary's steps would hold it for ten seconds, or until somebody approves: of nothing."""
    clone.edit(CHURN, {"rollout": {"strategy": "canary", "steps": [{"weight": 50, "until": "approved"}]}})
    release(clone, "1")
    with Watch(clone.kube.api, PODS, PART_OF) as watch:
        assert up(clone) == {**up(clone), **both("healthy", 0, 0)}
    assert not any(watch.objects()), "nothing was started"
    status = clone.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", "churn")["status"]
    assert status["stableRS"] == status["currentPodHash"]


def test_it_wakes_up_with_the_release_that_it_has(clone: Clone) -> None:
    scaling(clone, min=3)
    assert up(clone).items() >= both("healthy", 3, 3).items()
    assert digests(clone, "churn") == digests(clone, "fraud") == ["1"] * 3


def test_an_autoscaler_takes_the_number_over_and_no_pod_is_missed(clone: Clone) -> None:
    scaling(clone, min=3, max=6)
    with Watch(clone.kube.api, PODS, PART_OF) as watch:
        assert up(clone).items() >= both("healthy", 3, 3).items()
        for name in FILES:
            until(lambda name=name: able(clone, name), 120)
    assert (least(watch, "churn"), least(watch, "fraud")) == (3, 3)


def able(clone: Clone, name: str) -> bool:
    """Whether the autoscaler has looked after the workload."""
    found = clone.kube.get("growth", "autoscaling/v2", "horizontalpodautoscalers", name)
    conditions = {each["type"]: each["status"] for each in found.get("status", {}).get("conditions") or []}
    return conditions.get("AbleToScale") == "True"


def test_by_hand_to_zero_and_back(clone: Clone) -> None:
    for name in FILES:
        said = clone.slipway("scale", "local", f"growth/{name}", "0").out
        assert "its autoscaler rests" in said
    until(lambda: not pods(clone, "churn") + pods(clone, "fraud"), 60)
    done = clone.slipway("status", "local", "--json", code=None)
    assert services(done).items() >= both("scaled by hand", 0, 3).items()
    for name in FILES:
        clone.slipway("scale", "local", f"growth/{name}", "3")
    clone.slipway("wait", "local", "growth/churn", "growth/fraud")


def test_from_an_autoscaler_to_rest_and_back_to_it(clone: Clone) -> None:
    scaling(clone, min=0)
    assert up(clone).items() >= both("healthy", 0, 0).items()
    until(lambda: not pods(clone, "churn") + pods(clone, "fraud"), 60)
    scaling(clone, min=3, max=6)
    assert up(clone).items() >= both("healthy", 3, 3).items()


def models(clone: Clone, name: str) -> set[tuple[str, ...]]:
    """What the step that fetches the model is called with, in pods that take traffic."""
    return {tuple(pod["spec"]["initContainers"][0]["args"]) for pod in pods(clone, name) if is_ready(pod)}


def called(name: str, version: str, digit: str) -> set[tuple[str, ...]]:
    return {(f"/bucket/{name}/{version}", f"/models/{name}/{version}", f"sha256:{digit * 64}")}


def with_model(clone: Clone, version: str, digit: str) -> None:
    for name, file in FILES.items():
        clone.edit(file, {"release.model": f"{name}/{version}@sha256:{digit * 64}"})


def test_another_model_is_a_release_like_any_other(clone: Clone) -> None:
    clone.edit(CHURN, {"rollout": {"strategy": "canary", "steps": [{"weight": 34, "for": "1s"}]}})
    clone.edit(FRAUD, {"rollout": {"strategy": "rolling"}})
    with_model(clone, "8", "8")
    with Watch(clone.kube.api, PODS, PART_OF) as watch:
        assert up(clone).items() >= both("healthy", 3, 3).items()
    assert (least(watch, "churn"), least(watch, "fraud")) == (3, 3)
    for name in FILES:
        until(lambda name=name: models(clone, name) == called(name, "8", "8"), 60)
        (step,) = pods(clone, name)[0]["status"]["initContainerStatuses"]
        assert step["state"]["terminated"]["exitCode"] == 0


def test_a_model_with_another_content_never_serves(clone: Clone) -> None:
    """kwok plays a digest of zeros as one that the bucket's files do not have: the step ends with 1."""
    with_model(clone, "9", "0")
    for file in FILES.values():
        clone.edit(file, {"rollout.deadline": "12s"})
    with Watch(clone.kube.api, PODS, PART_OF) as watch:
        done = clone.slipway("up", "local", *GROWTH, code=1)
        said = {each["service"]: (each["state"], each["message"]) for each in done.json["services"]}
        assert {state for state, _ in said.values()} == {"failed"}
        assert (
            "model ended with 1: model: /bucket/fraud/9 is another one than the release names"
            in said["growth/fraud"][1]
        )
        assert "failed container model" in said["growth/churn"][1], "the pod is gone, what was said of it stays"
        assert models(clone, "churn") == called("churn", "8", "8")
        with_model(clone, "8", "8")
        for file in FILES.values():
            clone.edit(file, {"rollout.deadline": None})
        assert up(clone).items() >= both("healthy", 3, 3).items()
    assert (least(watch, "churn"), least(watch, "fraud")) == (3, 3)
    assert models(clone, "fraud") == called("fraud", "8", "8")


RANKING = "manifests/search/ranking.yaml"
BY_RANKING = "app.kubernetes.io/name=ranking"
SEARCH = ("--stack", "local.search", "--json")


def ranking(clone: Clone) -> list[dict[str, Any]]:
    return [pod for pod in clone.kube.pods("search", BY_RANKING) if is_ready(pod)]


def in_search(clone: Clone, code: int = 0) -> tuple[str, str]:
    """State and message of `ranking` after an update."""
    listed = clone.slipway("up", "local", *SEARCH, code=code).json["services"]
    return next((each["state"], each["message"]) for each in listed if each["service"] == "search/ranking")


def test_rolling_becomes_recreate_and_rolling_again_and_restarts_nothing(clone: Clone) -> None:
    """Of a Deployment that was only created so far: a preview knows what an update will do."""
    before = {pod["metadata"]["uid"] for pod in ranking(clone)}
    assert len(before) == 2
    for strategy in ("recreate", "rolling"):
        clone.edit(RANKING, {"rollout": {"strategy": strategy}})
        assert "1 to update" in clone.slipway("preview", "local", "--stack", "local.search").out
        assert in_search(clone)[0] == "healthy"
        spec = clone.kube.get("search", "apps/v1", "deployments", "ranking")["spec"]["strategy"]
        assert spec["type"] == {"recreate": "Recreate", "rolling": "RollingUpdate"}[strategy]
    assert {pod["metadata"]["uid"] for pod in ranking(clone)} == before


def test_recreate_never_runs_two_releases_at_once(clone: Clone) -> None:
    """From release to release and back; with one that crashes nothing serves until Git goes back."""
    clone.edit(RANKING, {"rollout": {"strategy": "recreate"}})
    with Watch(clone.kube.api, "/api/v1/namespaces/search/pods", BY_RANKING) as watch:
        for digit in ("2", "1"):
            clone.edit(RANKING, {"release.image": f"ml/ranking:9.9.{digit}@sha256:{digit * 64}"})
            assert in_search(clone)[0] == "healthy"
        clone.edit(RANKING, {"env": {"LOCALCLOUD_FAULT": "crash"}, "rollout.deadline": "12s"})
        state, message = in_search(clone, code=1)
        assert state == "failed"
        assert "pod ranking-" in message
        clone.edit(RANKING, {"env": None, "rollout.deadline": None})
        assert in_search(clone)[0] == "healthy"
    for now in watch.objects():
        alive = [pod for pod in now.values() if pod["status"]["phase"] in {"Pending", "Running"}]
        assert len({pod["metadata"]["labels"]["pod-template-hash"] for pod in alive}) <= 1
    assert {pod["spec"]["containers"][0]["image"][-1] for pod in ranking(clone)} == {"1"}


def kinds(clone: Clone) -> set[str]:
    """Kinds of workloads that there are of `fraud`."""
    paths = {"Deployment": "apps/v1", "Rollout": "argoproj.io/v1alpha1"}
    found = set[str]()
    for kind, version in paths.items():
        listed = clone.kube.api.call("GET", f"/apis/{version}/namespaces/growth/{kind.lower()}s")["items"]
        found |= {kind for each in listed if each["metadata"]["name"] == "fraud"}
    return found


def killed(clone: Clone, running: Running, true: Callable[[], Any]) -> None:
    """Kill an update, with its engine, once something is true."""

    def reached() -> bool:
        assert running.runs, f"it ended before:\n{running.told}"
        return bool(true())

    until(reached, 180)
    running.kill()
    assert clone.locks(), "nobody released the engine's lock"


def test_a_hand_over_that_is_killed_while_it_waits_goes_on(clone: Clone) -> None:
    """The new pods never get ready, so the old ones stay; then they may, and the next update takes over."""
    canary = {"strategy": "canary", "traffic": "replicas", "steps": [{"weight": 34, "for": "1s"}]}
    clone.edit(FRAUD, {"rollout": canary, "env": {"LOCALCLOUD_FAULT": "unready"}})
    with Watch(clone.kube.api, PODS, PART_OF) as watch:
        running = clone.start("up", "local", *GROWTH)
        killed(clone, running, lambda: kinds(clone) == {"Deployment", "Rollout"} and len(pods(clone, "fraud")) == 6)
        assert kinds(clone) == {"Deployment", "Rollout"}
        clone.edit(FRAUD, {"env": None})
        assert up(clone)["fraud"] == ("healthy", 3, 3)
        until(lambda: kinds(clone) == {"Rollout"}, 60)
    assert least(watch, "fraud") >= 3
    assert "Nothing would change." in clone.slipway("preview", "local").out


def test_a_hand_over_that_is_killed_at_its_end_goes_on(clone: Clone) -> None:
    """The new one serves, and the old one is about to be deleted."""
    clone.edit(FRAUD, {"rollout": {"strategy": "rolling", "deadline": "60s"}})
    rule = {"method": "Delete", "name": "fraud-rollout", "action": "delay", "seconds": 600}
    with Watch(clone.kube.api, PODS, PART_OF) as watch:
        running = clone.start("up", "local", *GROWTH, SLIPWAY_FAULTS=json.dumps([rule]))
        killed(clone, running, lambda: any("fraud-rollout" in urn for urn in clone.pending("local.growth")))
        assert kinds(clone) == {"Deployment", "Rollout"}
        assert up(clone)["fraud"] == ("healthy", 3, 3)
        until(lambda: kinds(clone) == {"Deployment"}, 60)
    assert least(watch, "fraud") >= 3
    assert "Nothing would change." in clone.slipway("preview", "local").out


def selectors(clone: Clone) -> list[dict[str, str]]:
    found = [clone.kube.get("growth", "v1", "services", f"churn-{side}") for side in ("stable", "canary")]
    return [service["spec"]["selector"] for service in found]


def holding(clone: Clone, pods: int) -> bool:
    """Whether the canary stands at its one pause, with so many pods wanted in all."""
    found = clone.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", "churn")
    status = found["status"]
    seen = status.get("observedGeneration") == str(found["metadata"]["generation"])
    stands = status.get("currentStepIndex") == 1 and bool(status.get("pauseConditions"))
    return seen and stands and found["spec"]["replicas"] == pods


def test_bounds_of_an_autoscaler_in_the_middle_leave_the_rollout_alone(clone: Clone) -> None:
    """By Git, and by hand: the canary stays at its step, with its share, and each Service with its release."""
    clone.edit(CHURN, {"rollout": {"strategy": "canary", "steps": [{"weight": 34, "until": "approved"}]}})
    release(clone, "5")
    assert up(clone)["churn"][0] == "waiting"
    before = selectors(clone)
    assert before[0] != before[1]
    until(lambda: digests(clone, "churn").count("5") == 1, 60)

    scaling(clone, min=3, max=9)
    assert up(clone)["churn"][0] == "waiting"
    assert holding(clone, 3)
    assert selectors(clone) == before

    path = "/apis/autoscaling/v2/namespaces/growth/horizontalpodautoscalers/churn"
    clone.kube.api.call("PATCH", path, {"spec": {"minReplicas": 6}}, kind="application/merge-patch+json")
    until(lambda: holding(clone, 6), 120)
    until(lambda: len(digests(clone, "churn")) == 6 and digests(clone, "churn").count("5") == 2, 60)
    assert selectors(clone) == before
    clone.slipway("promote", "local", "growth/churn")
    until(lambda: digests(clone, "churn") == ["5"] * 6, 120)

"""A service that rests at zero pods, wakes up, and is left to an autoscaler: by Git and by hand.

One story on one environment: its tests run in order. `churn` is a canary (a Rollout), `fraud` a Deployment.
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
    scaling(clone, min=0)
    done = clone.slipway("up", "local", "--json")
    assert services(done).items() >= both("healthy", 0, 0).items()
    assert not pods(clone, "churn") + pods(clone, "fraud")
    assert "Nothing would change." in clone.slipway("preview", "local").out


def test_a_release_at_rest_goes_through_without_a_pod(clone: Clone) -> None:
    """The canary's steps would hold it for ten seconds, or until somebody approves: of nothing."""
    clone.edit(CHURN, {"rollout": {"strategy": "canary", "steps": [{"weight": 50, "until": "approved"}]}})
    clone.edit(LOCAL, {"services": {}})
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
    clone.edit(CHURN, {"rollout": {"strategy": "canary", "steps": [{"weight": 34, "for": "1s"}], "deadline": "12s"}})
    clone.edit(FRAUD, {"rollout": {"strategy": "rolling", "deadline": "12s"}})
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
        assert up(clone).items() >= both("healthy", 3, 3).items()
    assert (least(watch, "churn"), least(watch, "fraud")) == (3, 3)
    assert models(clone, "fraud") == called("fraud", "8", "8")

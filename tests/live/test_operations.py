"""What people do to services that run, by the commands: a Deployment (fraud) and a canary (churn), release by release.

One story on one environment: its tests run in order.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import until
from tests.support.deployer import as_deployer

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

CHURN, FRAUD, LOCAL = "manifests/growth/churn.yaml", "manifests/growth/fraud.yaml", "environments/local.yaml"
STEPS = [{"weight": 25, "until": "approved"}, {"weight": 50, "until": "approved"}]
GROWTH = ("local", "--stack", "local.growth")


def image(name: str, digit: str) -> str:
    """A release of ours that nobody has seen before."""
    return f"ml/{name}:9.9.{digit}@sha256:{digit * 64}"


def churn(clone: Clone) -> dict[str, Any]:
    return clone.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", "churn")


def fraud(clone: Clone) -> dict[str, Any]:
    return clone.kube.get("growth", "apps/v1", "deployments", "fraud")


def runs(workload: dict[str, Any]) -> str:
    """The first digit of the digest of the image that a workload wants."""
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"]).rpartition(":")[2][:4]


def holding(clone: Clone, step: int) -> bool:
    """Whether the canary stands at the pause that is step `step` (from 0)."""
    status = churn(clone)["status"]
    return bool(status.get("currentStepIndex") == step and status.get("pauseConditions"))


def complete(clone: Clone) -> bool:
    """Whether the canary has ended, well, and its controller has seen all."""
    found = churn(clone)
    status = found["status"]
    seen = status["observedGeneration"] == str(found["metadata"]["generation"])
    return bool(seen and status["stableRS"] == status["currentPodHash"] and status["phase"] == "Healthy")


def do(clone: Clone, verb: str, service: str, *more: str) -> dict[str, Any]:
    """An operation that works with the rights of the team's deployer, and what it answered."""
    with as_deployer(clone, "growth"):
        said: dict[str, Any] = clone.slipway(verb, "local", service, *more, "--json").json
    assert said["service"] == service
    return said


def history(clone: Clone, service: str) -> list[dict[str, Any]]:
    return list(clone.slipway("history", "local", service, "--json").json)


def state(done: Done, service: str) -> tuple[str, str]:
    """State and message of a service in what `up --json`, `wait --json` or `status --json` answered."""
    listed = done.json["services"] if isinstance(done.json, dict) else done.json
    found = next(each for each in listed if each["service"] == service)
    return found["state"], found["message"]


def test_a_history_says_who_released_what_and_how_it_ended(deployed: Clone) -> None:
    deployed.edit(LOCAL, {"services.growth/churn.rollout.steps": STEPS})
    deployed.edit(FRAUD, {"release.image": image("fraud", "1")})
    deployed.slipway("up", *GROWTH, "--quiet", GITHUB_ACTOR="ada", GITHUB_RUN_ID="77")
    second, first = history(deployed, "growth/fraud")
    assert (first["revision"], second["revision"]) == (1, 2)
    assert (second["current"], first["current"]) == (True, False)
    assert (second["what"], second["by"], second["outcome"]) == ("up", "ada (run 77)", "healthy")
    assert first["outcome"] == "healthy"
    assert image("fraud", "1").partition("@")[2] in second["release"]["image"]
    assert second["release"]["image"].startswith("ml/fraud@sha256:1111")
    assert (second["pods"], first["pods"]) == (3, 0)
    one = deployed.slipway("history", "local", "growth/fraud", "--revision", "1", "--json").json
    assert one["revision"] == 1
    assert one["release"]["model"].startswith("fraud/7@sha256:")
    lost = deployed.slipway("history", "local", "growth/fraud", "--revision", "9", code=1)
    assert "revision 9 is not kept; there are 1, 2" in lost.err


def test_what_makes_no_sense_is_refused_with_the_reason(deployed: Clone) -> None:
    refused = deployed.slipway("promote", "local", "growth/churn", code=1)
    assert "growth/churn: nothing to promote: revision 1 is complete" in refused.err
    refused = deployed.slipway("abort", "local", "growth/fraud", code=1)
    assert "growth/fraud: nothing to abort: revision 2 is complete" in refused.err
    refused = deployed.slipway("rollback", "local", "growth/churn", code=1)
    assert "there is no older revision" in refused.err
    refused = deployed.slipway("retry", "local", "growth/churn", code=1)
    assert "nothing to try again" in refused.err
    refused = deployed.slipway("pause", "local", "growth/chrun", code=1)
    assert "churn" in refused.err


def test_a_deployer_operates_its_own_team_s_services_only(deployed: Clone) -> None:
    before = deployed.kube.get("search", "apps/v1", "deployments", "ranking")["metadata"]["generation"]
    with as_deployer(deployed, "growth"):
        refused = deployed.slipway("pause", "local", "search/ranking", code=1)
    assert "403" in refused.err
    assert "Traceback" not in refused.err
    after = deployed.kube.get("search", "apps/v1", "deployments", "ranking")
    assert after["metadata"]["generation"] == before


def test_a_deployment_that_is_paused_stands_still_until_it_is_resumed(deployed: Clone) -> None:
    assert do(deployed, "pause", "growth/fraud")["changed"] is True
    assert do(deployed, "pause", "growth/fraud")["changed"] is False, "the same again changes nothing"
    deployed.edit(FRAUD, {"release.image": image("fraud", "2")})
    stands = deployed.slipway("up", *GROWTH, "--json")
    assert state(stands, "growth/fraud")[0] == "waiting"
    assert runs(fraud(deployed)) == "2222"
    assert fraud(deployed)["status"].get("updatedReplicas", 0) == 0
    assert do(deployed, "resume", "growth/fraud")["changed"] is True
    assert do(deployed, "resume", "growth/fraud")["changed"] is False
    assert state(deployed.slipway("wait", "local", "growth/fraud", "--json"), "growth/fraud")[0] == "healthy"


def test_a_canary_goes_on_step_by_step_and_then_fully(deployed: Clone) -> None:
    deployed.edit(CHURN, {"release.image": image("churn", "1")})
    up = deployed.slipway("up", *GROWTH, "--json")
    assert state(up, "growth/churn")[0] == "waiting"
    assert holding(deployed, 1)
    assert history(deployed, "growth/churn")[0]["outcome"] == "in progress"
    (full,) = deployed.slipway("status", "local", "growth/churn", "--json").json
    assert [step["where"] for step in full["steps"]] == ["done", "now", "to come", "to come"]
    assert {each["revision"]: (each["role"], each["pods"]) for each in full["revisions"]} == {
        2: ("new", 1),
        1: ("stable", 3),
    }
    watched = deployed.start("watch", "local", "growth/churn", "--json")
    until(lambda: '"where": "now"' in watched.told, 60)
    assert do(deployed, "promote", "growth/churn")["changed"] is True
    until(lambda: holding(deployed, 3), 60)
    until(lambda: "weight 50 %" in watched.told, 60)
    watched.signal(signal.SIGINT)
    watched.done(0, 30)
    refused = deployed.slipway("resume", "local", "growth/churn", code=1)
    assert "nobody paused it" in refused.err
    assert do(deployed, "promote", "growth/churn", "--full")["changed"] is True
    until(lambda: complete(deployed), 60)
    assert state(deployed.slipway("wait", "local", "growth/churn", "--json"), "growth/churn")[0] == "healthy"
    assert [(each["revision"], each["outcome"]) for each in history(deployed, "growth/churn")] == [
        (2, "healthy"),
        (1, "healthy"),
    ]


def test_after_an_abort_an_update_fails_until_it_is_tried_again(deployed: Clone) -> None:
    stable = churn(deployed)["status"]["stableRS"]
    deployed.edit(CHURN, {"release.image": image("churn", "2")})
    deployed.slipway("up", *GROWTH, "--quiet")
    assert do(deployed, "abort", "growth/churn")["changed"] is True
    until(lambda: churn(deployed)["status"]["phase"] == "Degraded", 60)
    assert do(deployed, "abort", "growth/churn")["changed"] is False
    again = deployed.slipway("up", *GROWTH, "--json", code=1)
    assert not any(stack["counts"] for stack in again.json["stacks"]), "Pulumi has nothing to change"
    kind, message = state(again, "growth/churn")
    assert kind == "failed"
    assert "aborted" in message
    assert churn(deployed)["status"]["stableRS"] == stable
    assert history(deployed, "growth/churn")[0]["outcome"] == "failed"

    assert do(deployed, "retry", "growth/churn")["changed"] is True
    until(lambda: holding(deployed, 1), 60)
    do(deployed, "promote", "growth/churn", "--full")
    until(lambda: complete(deployed), 60)
    assert state(deployed.slipway("wait", "local", "growth/churn", "--json"), "growth/churn")[0] == "healthy"


def test_a_rollback_is_told_by_every_update_until_git_says_the_same(deployed: Clone) -> None:
    """A canary, back two releases at once: without its steps."""
    back = do(deployed, "rollback", "growth/churn", "--to", "2")
    assert back["changed"] is True
    assert back["revision"] == 2
    assert len(back["git"]) == 1
    assert back["git"][0].startswith(f"{CHURN}:")
    assert "release.image" in back["git"][0]
    assert f"sha256:{'1' * 64}" in back["git"][0]
    until(lambda: complete(deployed) and runs(churn(deployed)) == "1111", 60)
    assert history(deployed, "growth/churn")[0]["what"] == "rollback"

    differs = deployed.slipway("up", *GROWTH, "--json", code=1)
    kind, message = state(differs, "growth/churn")
    assert kind == "other release"
    assert "rollback to revision 4" in message
    deployed.edit(CHURN, {"release.image": image("churn", "1")})
    same = deployed.slipway("up", *GROWTH, "--json")
    assert state(same, "growth/churn")[0] == "healthy"
    assert runs(churn(deployed)) == "1111"


def test_a_deployment_goes_back_and_on_again(deployed: Clone) -> None:
    back = do(deployed, "rollback", "growth/fraud")
    assert back["revision"] == 2, "the last that was healthy"
    until(lambda: runs(fraud(deployed)) == "1111", 30)
    there = deployed.slipway("wait", "local", "growth/fraud", "--json", code=1)
    assert state(there, "growth/fraud")[0] == "other release"
    assert do(deployed, "retry", "growth/fraud")["changed"] is True
    assert runs(fraud(deployed)) == "2222"
    assert state(deployed.slipway("wait", "local", "growth/fraud", "--json"), "growth/fraud")[0] == "healthy"


def test_scaling_changes_the_bounds_of_the_autoscaler_that_owns_the_number(deployed: Clone) -> None:
    assert do(deployed, "scale", "growth/fraud", "4", "--max", "10")["changed"] is True
    autoscaler = deployed.kube.get("growth", "autoscaling/v2", "horizontalpodautoscalers", "fraud")
    assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (4, 10)
    assert do(deployed, "scale", "growth/fraud", "4", "--max", "10")["changed"] is False
    refused = deployed.slipway("scale", "local", "growth/fraud", "11", code=1)
    assert "allows 10 at most" in refused.err

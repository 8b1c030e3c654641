"""What a job declares: its stored template, and the run of its content, which is another one when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

TRAIN, STACK = "manifests/growth/train.yaml", "dev.growth"
BASE = f"kind: Job\nname: train\nrelease:\n  image: ml/train:1.0.0@sha256:{'7' * 64}\n"


def run(clone: Clone, declared: Declare, more: str = "") -> dict[str, Any]:
    clone.write(TRAIN, BASE + more)
    return dict(declared(STACK)["train-run"].inputs)


def test_a_job_is_a_template_that_never_starts_and_its_run(clone: Clone, declared: Declare) -> None:
    made = run(clone, declared, "completions: 3\nparallelism: 2\nfatal: [4, 3]\nkeep: 1h\n")
    held = declared(STACK)["train-template"].inputs
    assert (held["spec"]["suspend"], held["spec"]["schedule"]) == (True, "0 0 30 2 *")
    assert held["metadata"]["annotations"]["slipway.dev/run"] == made["metadata"]["name"]
    assert held["metadata"]["annotations"]["slipway.dev/keep-seconds"] == "3600"
    assert held["spec"]["jobTemplate"]["spec"] == {key: made["spec"][key] for key in made["spec"] if key != "suspend"}
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], "controller" in owner) == ("CronJob", "train", False)
    assert made["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
    spec = made["spec"]
    assert spec["template"]["metadata"]["labels"]["sidecar.istio.io/inject"] == "false"
    assert (spec["completions"], spec["parallelism"], spec["completionMode"]) == (3, 2, "NonIndexed")
    assert spec["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [3, 4]}},
    ]
    pod = spec["template"]["spec"]
    assert (pod["restartPolicy"], pod["serviceAccountName"]) == ("Never", "train")


def test_a_queue_has_no_completions(clone: Clone, declared: Declare) -> None:
    assert "completions" not in run(clone, declared, "queue: true\nparallelism: 4\n")["spec"]


def test_pods_that_are_restarted_have_no_policy(clone: Clone, declared: Declare) -> None:
    spec = run(clone, declared, "restart: on-failure\n")["spec"]
    assert "podFailurePolicy" not in spec
    assert spec["template"]["spec"]["restartPolicy"] == "OnFailure"


@pytest.mark.parametrize(
    ("more", "another"),
    [
        ("retries: 1\n", False),
        ("deadline: 1h\n", False),
        ("suspended: true\n", False),
        ("keep: 2h\n", False),
        ("labels: {cost-center: a}\n", False),
        ("args: [--epochs, '2']\n", True),
        ("completions: 2\n", True),
        ("completions: 2\nparallelism: 2\n", True),
        ("completions: 1\nindexed: true\n", True),
        ("fatal: [3]\n", True),
    ],
)
def test_a_change_of_what_cannot_change_is_another_run(
    clone: Clone, declared: Declare, more: str, *, another: bool
) -> None:
    before = run(clone, declared)["metadata"]["name"]
    assert (run(clone, declared, more)["metadata"]["name"] != before) is another


def test_a_cron_job(clone: Clone, declared: Declare) -> None:
    more = "schedule: 30 2 * * *\ntime_zone: Europe/Berlin\nstart_within: 1m\nkeep: 1h\n"
    more += "history: {succeeded: 1, failed: 2}\n"
    clone.write(TRAIN, BASE.replace("kind: Job", "kind: CronJob") + more)
    found = declared(STACK)
    assert "train-run" not in found
    spec = found["train-template"].inputs["spec"]
    assert spec["jobTemplate"]["spec"].pop("ttlSecondsAfterFinished") == 3600
    del spec["jobTemplate"]
    assert spec == {
        "schedule": "30 2 * * *",
        "timeZone": "Europe/Berlin",
        "suspend": False,
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 2,
        "startingDeadlineSeconds": 60,
    }

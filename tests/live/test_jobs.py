"""Jobs as a team sees them: a manifest is added and changed, `slipway up local` makes the run and says how it ended.

One story on one environment: its tests run in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.controlplane import until

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("first")]

TRAIN, NIGHTLY = "manifests/growth/train.yaml", "manifests/growth/nightly.yaml"
JOBS = "/apis/batch/v1/namespaces/growth/jobs"
IMAGE = f"ml/train:1.0.0@sha256:{'7' * 64}"
RESOURCES = {"cpu": "100m", "memory": "64Mi"}


def write(clone: Clone, file: str, manifest: dict[str, Any]) -> None:
    (clone.root / file).write_text(yaml.safe_dump(manifest, sort_keys=False))


def train(**more: Any) -> dict[str, Any]:
    return {"kind": "Job", "name": "train", "release": {"image": IMAGE}, "resources": RESOURCES, **more}


def runs(clone: Clone, job: str = "train") -> dict[str, dict[str, Any]]:
    """The runs of a job that are in the cluster, by name."""
    found = clone.kube.api.call("GET", f"{JOBS}?labelSelector=slipway.dev/job={job}")["items"]
    return {item["metadata"]["name"]: item for item in found}


def up(clone: Clone, code: int = 0) -> Done:
    return clone.slipway("up", "local", "--stack", "local.growth", "--json", code=code)


def told(done: Done, job: str = "growth/train") -> dict[str, Any]:
    return next(each for each in done.json["jobs"] if each["job"] == job)


def uids(clone: Clone) -> dict[str, str]:
    return {name: run["metadata"]["uid"] for name, run in runs(clone).items()}


@pytest.fixture(scope="module")
def first(clone: Clone) -> Done:
    """The first `up`, with a job in it."""
    write(clone, TRAIN, train(completions=3, parallelism=2, keep="1h"))
    return clone.slipway("up", "local", "--json")


def test_a_job_runs_once(clone: Clone, first: Done) -> None:
    job = told(first)
    assert (job["state"], job["succeeded"], job["wanted"]) == ("succeeded", 3, 3)
    (run,) = runs(clone).values()
    assert run["status"]["succeeded"] == 3
    assert "ttlSecondsAfterFinished" not in run["spec"], "the current one stays"

    before = uids(clone)
    again = up(clone)
    assert told(again)["state"] == "succeeded"
    assert uids(clone) == before, "nothing changed, so nothing runs again"


def test_what_can_change_changes_in_place_and_a_change_makes_a_new_run(clone: Clone) -> None:
    before = uids(clone)
    write(clone, TRAIN, train(completions=3, parallelism=2, keep="1h", retries=2, deadline="5m"))
    up(clone)
    assert uids(clone) == before
    (run,) = runs(clone).values()
    assert (run["spec"]["backoffLimit"], run["spec"]["activeDeadlineSeconds"]) == (2, 300)

    write(clone, TRAIN, train(keep="1h", args=["--epochs", "2"]))
    assert told(up(clone))["state"] == "succeeded"
    after = uids(clone)
    assert len(after) == 2
    assert before.items() < after.items(), "the old run is kept"
    kept = {name: run["spec"].get("ttlSecondsAfterFinished") for name, run in runs(clone).items()}
    assert [kept[name] for name in before] == [3600], "and goes in an hour"
    assert [kept[name] for name in after.keys() - before.keys()] == [None]

    write(clone, TRAIN, train(completions=3, parallelism=2, keep="1h"))
    assert told(up(clone))["state"] == "succeeded"
    assert uids(clone) == after, "going back finds its run there"


def test_a_job_that_fails_makes_up_fail_and_says_why(clone: Clone) -> None:
    write(clone, TRAIN, train(env={"LOCALCLOUD_FAULT": "crash"}, retries=1))
    failed = told(up(clone, code=1))
    assert failed["state"] == "failed"
    assert "BackoffLimitExceeded" in failed["message"]
    assert "exit code 1" in failed["message"]
    assert clone.slipway("jobs", "local", code=1).out.count("BackoffLimitExceeded") >= 1


def test_a_job_that_hangs_ends_by_its_deadline(clone: Clone) -> None:
    write(clone, TRAIN, train(env={"LOCALCLOUD_FAULT": "unready"}, deadline="3s"))
    failed = told(up(clone, code=1))
    assert failed["state"] == "failed"
    assert "DeadlineExceeded" in failed["message"]


def test_a_suspended_cron_job_runs_by_hand_only(clone: Clone) -> None:
    write(clone, TRAIN, train(suspended=True, args=["--later"]))
    nightly = {"kind": "CronJob", "name": "nightly", "schedule": "* * * * *", "suspended": True}
    write(clone, NIGHTLY, {**train(), **nightly})
    done = up(clone)
    assert told(done)["state"] == "suspended"
    assert told(done, "growth/nightly")["state"] == "scheduled"
    assert "has not run yet" in told(done, "growth/nightly")["message"]
    assert runs(clone, "nightly") == {}

    name = clone.slipway("run", "local", "growth/nightly", "--json").json["run"]
    until(lambda: runs(clone, "nightly")[name].get("status", {}).get("succeeded") == 1, 60)
    listed = {each["job"]: each for each in clone.slipway("jobs", "local", "--json").json}
    (run,) = listed["growth/nightly"]["runs"]
    assert (run["run"], run["by_hand"], run["state"]) == (name, True, "healthy")
    assert "succeeded" in listed["growth/nightly"]["message"]
    assert "no job `growth/nightlo`" in clone.slipway("run", "local", "growth/nightlo", code=1).err


def test_a_job_that_is_removed_takes_its_runs_with_it(clone: Clone) -> None:
    (clone.root / TRAIN).unlink()
    up(clone)
    until(lambda: runs(clone) == {}, 60)

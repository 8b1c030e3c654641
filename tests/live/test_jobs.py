"""Jobs as a team sees them: a manifest is added and changed, `slipway up local` makes the run and says how it ended.

One story on one environment: its tests run in order.
"""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.controlplane import until

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("first")]

TRAIN, NIGHTLY, YEARLY = (f"manifests/growth/{name}.yaml" for name in ("train", "nightly", "yearly"))
BATCH = "/apis/batch/v1/namespaces/growth"
JOBS, TEMPLATE = f"{BATCH}/jobs", f"{BATCH}/cronjobs/train"
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


def pods(clone: Clone, run: str) -> dict[str, dict[str, Any]]:
    """The pods of a run, by name."""
    chosen = f"labelSelector=batch.kubernetes.io/job-name={run}"
    found = clone.kube.api.call("GET", f"/api/v1/namespaces/growth/pods?{chosen}")["items"]
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
    (listed,) = clone.slipway("status", "local", "growth/train", "--json", code=1).json
    assert (listed["job"], listed["state"]) == ("growth/train", "failed")

    again = clone.slipway("run", "local", "growth/train", "--wait", "--json", code=1).json
    assert again["state"] == "failed"
    assert "BackoffLimitExceeded" in again["message"]
    assert "exit code 1" in again["message"]

    refused = clone.slipway("logs", "local", "growth/train", "--run", again["run"], code=1)
    assert f"no log of {again['run']}-" in refused.err, "kwok's pods write none, and the cluster says so"
    assert "the cluster refuses /api/v1/namespaces/growth/pods/" in refused.err


def test_ended_runs_are_deleted_with_or_without_their_pods(clone: Clone) -> None:
    now = clone.kube.api.call("GET", TEMPLATE)["metadata"]["annotations"]["slipway.dev/run"]
    assert "the run of what is deployed" in clone.slipway("jobs", "delete", "local", "growth/train", now, code=1).err
    manual = next(name for name in runs(clone) if "-manual-" in name)
    kept = pods(clone, manual)
    assert kept
    clone.slipway("jobs", "delete", "local", "growth/train", manual, "--keep-pods")
    until(lambda: manual not in runs(clone), 60)
    until(lambda: all("ownerReferences" not in pod["metadata"] for pod in pods(clone, manual).values()), 60)
    assert pods(clone, manual).keys() == kept.keys()

    others = runs(clone).keys() - {now}
    gone = clone.slipway("jobs", "delete", "local", "growth/train", "--json").json["deleted"]
    assert set(gone) == others
    until(lambda: runs(clone).keys() == {now}, 60)
    until(lambda: not any(pods(clone, name) for name in others), 60)
    assert "nothing was deleted" in clone.slipway("jobs", "delete", "local", "growth/train").out


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

    ran = clone.slipway("run", "local", "growth/nightly", "--wait", "--json").json
    name = ran["run"]
    assert ran["state"] == "succeeded"
    listed = {each["job"]: each for each in clone.slipway("jobs", "local", "--json").json}
    (run,) = listed["growth/nightly"]["runs"]
    assert (run["run"], run["by_hand"], run["state"]) == (name, True, "healthy")
    assert "succeeded" in listed["growth/nightly"]["message"]
    assert "no job `growth/nightlo`" in clone.slipway("run", "local", "growth/nightlo", code=1).err


def test_a_suspended_job_goes_on_as_the_same_run(clone: Clone) -> None:
    (clone.root / NIGHTLY).unlink()
    (before,) = [run for run in runs(clone).values() if run["spec"].get("suspend")]
    assert "active" not in before["status"]
    write(clone, TRAIN, train(args=["--later"]))
    write(clone, YEARLY, {**train(env={"LOCALCLOUD_FAULT": "unready"}), "kind": "CronJob", **yearly()})
    assert told(up(clone))["state"] == "succeeded"
    after = runs(clone)[before["metadata"]["name"]]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


def yearly() -> dict[str, Any]:
    return {"name": "yearly", "schedule": "0 0 1 1 *", "overlap": "forbid"}


def due(clone: Clone, **spec: Any) -> None:
    """Have the controller believe that it started the yearly job two years ago, so that it is due now."""
    path, kind = f"{BATCH}/cronjobs/yearly", "application/merge-patch+json"
    if spec:
        clone.kube.api.call("PATCH", path, {"spec": spec}, kind=kind)
    last = f"{datetime.now(UTC) - timedelta(days=800):%Y-%m-%dT%H:%M:%SZ}"
    clone.kube.api.call("PATCH", f"{path}/status", {"status": {"lastScheduleTime": last}}, kind=kind)


def test_a_run_by_schedule_does_not_start_while_the_last_one_runs_where_overlap_is_forbidden(clone: Clone) -> None:
    due(clone)
    until(lambda: len(runs(clone, "yearly")) == 1, 60)
    until(lambda: clone.kube.api.call("GET", f"{BATCH}/cronjobs/yearly")["status"].get("active"), 60)

    due(clone, schedule="0 0 2 1 *")  # due again, at another time than the one that is done
    said = "/api/v1/namespaces/growth/events?fieldSelector=involvedObject.name=yearly,reason=JobAlreadyActive"
    until(lambda: clone.kube.api.call("GET", said)["items"], 60)
    assert len(runs(clone, "yearly")) == 1

    due(clone, concurrencyPolicy="Allow")
    until(lambda: len(runs(clone, "yearly")) == 2, 60)


def test_who_interrupts_a_wait_leaves_the_run_alone(clone: Clone) -> None:
    before = runs(clone, "yearly").keys()
    waiting = clone.start("run", "local", "growth/yearly", "--wait")
    until(lambda: "growth/yearly yearly-manual-" in waiting.told, 60)
    waiting.signal(signal.SIGINT)
    said = waiting.done(130).err
    assert "goes on" in said
    assert "run the same command again" not in said, "that would start another run"
    (name,) = runs(clone, "yearly").keys() - before
    assert runs(clone, "yearly")[name]["status"]["active"] == 1


def test_a_job_that_is_removed_takes_its_runs_with_it(clone: Clone) -> None:
    (clone.root / TRAIN).unlink()
    (clone.root / YEARLY).unlink()
    up(clone)
    until(lambda: runs(clone) == runs(clone, "yearly") == {}, 60)

"""Jobs without a cluster: what is refused, what live objects mean, and when waiting ends."""

# ruff: noqa: E501 - one case is one row, and its message stands in it as people read it

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway.health import State
from slipway.jobs.health import judge, of_run
from slipway.jobs.names import RUN
from slipway.jobs.waiting import LONGEST, limit, wait
from tests.slipway.test_bad_input import ids, told

if TYPE_CHECKING:
    from tests.support.repositories import Clone

TRAIN, NIGHTLY = "manifests/growth/train.yaml", "manifests/growth/nightly.yaml"
RELEASE = f"release:\n  image: ml/train:1.0.0@sha256:{'7' * 64}\n"
JOB = f"kind: Job\nname: train\n{RELEASE}"
CRON = f"kind: CronJob\nname: nightly\n{RELEASE}"
IMAGE = "registry/ml/train"

# id, what stands below the job's name and release (line 5 on), what is told
REFUSED = [
    ("queue-completions", "queue: true\ncompletions: 3\n", f"{TRAIN}:6: a work queue has no number of completions: it is done when one worker finds it empty and succeeds; remove completions, or queue"),
    ("index", "indexed: true\n", f"{TRAIN}:5: an index is a number below completions; set completions"),
    ("parallel", "parallelism: 4\n", f"{TRAIN}:5: 4 pods without completions are a work queue to Kubernetes: one success ends it; say queue: true, or how many completions"),
    ("too-parallel", "completions: 2\nparallelism: 4\n", f"{TRAIN}:6: parallelism is 4 and completions is 2, so pods would be left over; lower it to 2"),
    ("fatal", "restart: on-failure\nfatal: [3]\n", f"{TRAIN}:6: Kubernetes looks at exit codes only where pods are not restarted (pod failure policy); use restart: never, or remove it"),
    ("success", "fatal: [3, 0]\n", f"{TRAIN}:5: exit code 0 is success; write 1 to 255"),
    ("unknown", "schedule: '@daily'\n", "unknown key `schedule`"),
]  # fmt: skip
REFUSED_CRON = [
    ("fields", "schedule: 30 2 * *\n", f"{NIGHTLY}:5: schedule: `30 2 * *` has 4 fields, not five; write minute, hour, day of month, month and day of week, such as `30 2 * * *`"),
    ("never", "schedule: 0 0 30 2 *\n", f"{NIGHTLY}:5: schedule: `0 0 30 2 *` never comes: no month of it has such a day; write minute, hour, day of month, month and day of week, such as `30 2 * * *`"),
    ("zone", "schedule: '@daily'\ntime_zone: Europe/Berlyn\n", f"{NIGHTLY}:6: time_zone: `Europe/Berlyn` is no time zone; write a name of IANA's database, such as Europe/Berlin or Etc/UTC"),
    ("late", "schedule: '@daily'\nstart_within: 5s\n", f"{NIGHTLY}:6: the controller looks every 10 s, so with 5s a run may never start; write 10s or more"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "more", "expected"), REFUSED, ids=ids(REFUSED))
def test_jobs_that_are_refused(clone: Clone, name: str, more: str, expected: str) -> None:
    del name
    clone.write(TRAIN, JOB + more)
    (said,) = told(clone)
    assert expected in said


@pytest.mark.parametrize(("name", "more", "expected"), REFUSED_CRON, ids=ids(REFUSED_CRON))
def test_cron_jobs_that_are_refused(clone: Clone, name: str, more: str, expected: str) -> None:
    del name
    clone.write(NIGHTLY, CRON + more)
    assert told(clone) == [expected]


def test_a_job_has_no_name_of_a_service(clone: Clone) -> None:
    clone.write(TRAIN, JOB.replace("name: train", "name: churn"))
    what = "the team has a service or job `churn` already, in manifests/growth/churn.yaml"
    assert told(clone) == [f"{TRAIN}:2: {what}; give one of the two another name"]


def held(run: str = "train-1", image: str = IMAGE, **spec: Any) -> dict[str, Any]:
    template = {"spec": {"template": {"spec": {"containers": [{"image": image}]}}}}
    return {"metadata": {"annotations": {RUN: run}}, "spec": {"jobTemplate": template, **spec}}


def made(name: str = "train-1", condition: str = "", reason: str = "", **status: Any) -> dict[str, Any]:
    said = [{"type": condition, "status": "True", "reason": reason, "message": "so"}] if condition else []
    return {
        "metadata": {"name": name},
        "spec": {"completions": 3, "suspend": condition == "Suspended"},
        "status": {"conditions": said, **status},
    }


@pytest.mark.parametrize(
    ("run", "state", "said"),
    [
        (made(condition="Complete", succeeded=3), State.HEALTHY, ""),
        (
            made(condition="Failed", reason="BackoffLimitExceeded", failed=2),
            State.FAILED,
            "BackoffLimitExceeded: so (2 pods failed)",
        ),
        (made(condition="Suspended"), State.WAITING, ""),
        (made(condition="FailureTarget", active=1), State.PROGRESSING, "1 pods run"),
        (made(active=2, failed=1), State.PROGRESSING, "2 pods run, 1 failed"),
        (made(), State.PROGRESSING, "no pod of it runs yet"),
    ],
)
def test_a_run_is_as_its_conditions_say(run: dict[str, Any], state: State, said: str) -> None:
    found = of_run(run)
    assert (found.state, found.message, found.wanted) == (state, said, 3)


def test_a_job_is_as_the_run_of_its_content() -> None:
    old, new = made("train-0", "Complete"), made("train-1", "Failed", "DeadlineExceeded")
    assert judge(held(), [new, old], IMAGE, by_schedule=False).state is State.FAILED
    assert judge(held("train-0"), [new, old], IMAGE, by_schedule=False).state is State.HEALTHY
    assert judge(held("train-2"), [new, old], IMAGE, by_schedule=False).state is State.MISSING
    assert judge(held(), [new], "other", by_schedule=False).state is State.OTHER
    assert judge(None, [], IMAGE, by_schedule=False).state is State.MISSING


def test_a_cron_job_says_how_its_last_run_ended() -> None:
    cron = held(schedule="@daily", timeZone="Etc/UTC")
    assert judge(cron, [], IMAGE, by_schedule=True).message == "@daily Etc/UTC; has not run yet"
    last = judge(cron, [made("n-1", "Complete"), made("n-2", "Failed", "DeadlineExceeded")], IMAGE, by_schedule=True)
    assert (last.state, last.message) == (
        State.HEALTHY,
        "@daily Etc/UTC; last run n-2 failed: DeadlineExceeded: so",
    )


class Cluster:
    """Answers with one run, which becomes `later` at a second; its pods are ready or not."""

    def __init__(self, first: dict[str, Any], later: dict[str, Any] | None = None, at: float = 0) -> None:
        self.now = 0.0
        self.ready = "True"
        self._first, self._later, self._at = first, later, at

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def get(self, path: str, **query: str) -> dict[str, Any]:
        if "cronjobs" in path:
            return held()
        assert query == {"labelSelector": "slipway.dev/job=train"}
        run = self._later if self._later and self.now >= self._at else self._first
        run["metadata"]["creationTimestamp"] = "2026-11-21T12:00:00Z"
        return {"items": [run]}

    def pods(self, _: Any) -> list[dict[str, Any]]:
        over = {"terminated": {"exitCode": 3, "reason": "Error"}}
        labels = {"batch.kubernetes.io/job-name": "train-1"}
        return [
            {
                "metadata": {"name": "train-1-x", "creationTimestamp": "2026-11-21T12:00:00Z", "labels": labels},
                "status": {
                    "phase": "Pending",
                    "conditions": [{"type": "Ready", "status": self.ready}],
                    "containerStatuses": [{"state": over}],
                },
            }
        ]

    def events(self, _: str) -> list[dict[str, Any]]:
        return []


def waited(clone: Clone, cluster: Cluster, more: str = "") -> Any:
    clone.write(TRAIN, JOB + more)
    jobs = clone.desired("dev").jobs
    (outcome,) = wait(
        cluster, jobs, {"growth/train": IMAGE}, lambda _: None, clock=lambda: cluster.now, sleep=cluster.sleep
    )  # type: ignore[arg-type]
    return outcome


def test_waiting_ends_with_the_run(clone: Clone) -> None:
    cluster = Cluster(made(active=1), made(condition="Complete", succeeded=3), 20)
    outcome = waited(clone, cluster)
    assert (outcome.health.state, outcome.good, cluster.now) == (State.HEALTHY, True, 20)


def test_a_failed_run_says_how_its_pod_ended(clone: Clone) -> None:
    outcome = waited(clone, Cluster(made(condition="Failed", reason="BackoffLimitExceeded", failed=1)))
    assert not outcome.good
    assert outcome.health.message == ("BackoffLimitExceeded: so (1 pods failed); pod train-1-x: exit code 3 (Error)")


def test_a_long_run_is_left_alone_when_it_runs_and_fails_when_it_does_not(clone: Clone) -> None:
    cluster = Cluster(made(active=1))
    assert waited(clone, cluster).good
    assert cluster.now > LONGEST
    stuck = Cluster(made(active=1))
    stuck.ready = "False"
    outcome = waited(clone, stuck)
    assert (outcome.good, outcome.health.state) == (False, State.FAILED)
    assert outcome.health.message.startswith("no pod of it runs: pod train-1-x")


def test_the_limit_is_the_deadline_and_never_more_than_ten_minutes(clone: Clone) -> None:
    clone.write(TRAIN, JOB + "deadline: 1m\n")
    assert [limit(job) for job in clone.desired("dev").jobs] == [90]
    clone.write(TRAIN, JOB + "deadline: 8h\n")
    assert [limit(job) for job in clone.desired("dev").jobs] == [LONGEST]

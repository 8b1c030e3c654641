"""What a service's stamp and its number of pods say of Git, and which change in Git makes an old release last."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from slipway import repository
from slipway.health import Health, State, judge
from slipway.operations import lasting
from slipway.operations.live import Live, Revision
from slipway.operations.records import ANNOTATION, Record, written
from slipway.report import history
from slipway.scaled import as_scaled
from slipway.stamp import STAMP, as_in_git, stamp
from slipway.waiting import look
from tests.slipway.test_health import IMAGE, deployment
from tests.slipway.test_operations import rolling
from tests.slipway.test_waiting import Clock, FakeCluster
from tests.support.repositories import FRAUD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from slipway.desired import WantedService
    from tests.support.repositories import Clone

WELL = Health(State.HEALTHY, 3, 3)


def wanted(clone: Clone, key: str = "growth/fraud") -> WantedService:
    return next(service for service in clone.desired("dev").services if service.key == key)


def stamped(value: str) -> dict[str, Any]:
    made = deployment()
    made["metadata"]["annotations"] = {STAMP: value}
    return made


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("port: 8080", "port: 8080\nenv: {A: x}"), False),
        (("port: 8080", "port: 8081"), False),
        (("port: 8080", "port: 8080\ndescription: Other words"), True),
        (("{min: 3}", "{min: 5}"), True),
        (("port: 8080", "port: 8080\nrollout: {strategy: recreate}"), True),
    ],
)
def test_the_stamp_is_of_what_pods_are_made_of(clone: Clone, change: tuple[str, str], *, same: bool) -> None:
    before = stamp(wanted(clone).spec)
    clone.edit(FRAUD, *change)
    assert (stamp(wanted(clone).spec) == before) is same


def test_another_stamp_is_another_release(clone: Clone) -> None:
    spec = wanted(clone).spec
    assert as_in_git(WELL, stamped(stamp(spec)), spec) == WELL
    assert as_in_git(WELL, deployment(), spec) == WELL, "of before there were stamps"
    other = as_in_git(WELL, stamped("old"), spec)
    assert other.state is State.OTHER
    assert "(old, Git has" in other.message
    assert as_in_git(Health(State.MISSING, 0, 3), None, spec).state is State.MISSING


@pytest.mark.parametrize(
    ("replicas", "least", "state", "said"),
    [
        (2, 2, State.SCALED, "somebody wants 2 pods, Git says 4 at least"),
        (2, 4, State.PROGRESSING, "has not raised it"),
        (0, 4, State.SCALED, "somebody wants 0 pods"),
        (4, 4, State.HEALTHY, ""),
        (6, 4, State.HEALTHY, ""),
    ],
)
def test_fewer_pods_by_hand_are_no_failure_and_not_well(
    clone: Clone, replicas: int, least: int, state: State, said: str
) -> None:
    """`least` is what the autoscaler has: below it, the autoscaler has not raised the number yet."""
    service = wanted(clone, "growth/churn")
    workload = deployment(replicas=replicas)
    workload["status"] |= dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas)
    health = judge(workload, IMAGE, 4)
    found = as_scaled(health, workload, service, lambda: {"spec": {"minReplicas": least, "maxReplicas": 9}})
    assert found.state is state
    assert said in found.message


def test_who_went_back_is_named_beside_what_differs(clone: Clone) -> None:
    made = rolling()
    now = made.revisions[-1]
    record = Record(now.hash, now.number, "rollback", "ada", "14:00", "abc")
    kept = Revision(now.number, now.name, now.hash, now.created, now.template, {ANNOTATION: written([], record)})
    cluster = FakeCluster(Clock(), {"growth/fraud": lambda _: deployment("old")})
    cluster.gone_back = Live(made.key, made.path, made.workload, made.kind, (kept,))
    (outcome,) = look(cluster, [wanted(clone)], {"growth/fraud": "new"})  # type: ignore[arg-type]
    assert outcome.health.state is State.OTHER
    assert "rollback to revision 3 by ada at 14:00: change Git, too, or `retry`" in outcome.health.message
    cluster.gone_back = made
    (outcome,) = look(cluster, [wanted(clone)], {"growth/fraud": "new"})  # type: ignore[arg-type]
    assert outcome.health.message == "the cluster wants old"


MANIFEST = """\
kind: Service
name: fraud
release:
  image: {}
port: 8080
probes: {{ready: /readyz}}
"""
REGISTRIES = {"ml": "europe-docker.pkg.dev/project/ml"}


def revision(digest: str, env: Mapping[str, str] | None = None) -> Revision:
    image = f"{REGISTRIES['ml']}/fraud@sha256:{digest * 64}"
    variables = [{"name": name, "value": value} for name, value in (env or {}).items()]
    template = {"spec": {"containers": [{"name": "service", "image": image, "env": variables}]}}
    return Revision(1, "x", "x", "", template)


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def test_the_change_in_git_is_named_with_the_commit_that_had_it(clone: Clone) -> None:
    git(clone.root, "init", "-q")
    for digest in "12":
        clone.write(FRAUD, MANIFEST.format(f"ml/fraud:2.{digest}@sha256:{digest * 64}"))
        git(clone.root, "add", ".")
        git(clone.root, "commit", "-qm", digest)
    document = repository.load(clone.root).manifests["growth/fraud"].document
    (change,) = lasting.changes(clone.root, document, revision("1"), REGISTRIES)
    assert (change.file, change.key) == (FRAUD, "release.image")
    assert (change.now, change.then) == (f"ml/fraud:2.2@sha256:{'2' * 64}", f"ml/fraud:2.1@sha256:{'1' * 64}")
    assert change.line == document.line(("release", "image"))
    assert change.commit
    assert lasting.changes(clone.root, document, revision("2"), REGISTRIES) == []
    (unknown,) = lasting.changes(clone.root, document, revision("3"), REGISTRIES)
    assert (unknown.then, unknown.commit) == (f"ml/fraud@sha256:{'3' * 64}", None)


def test_what_else_differs_is_named() -> None:
    one, two = revision("1", {"A": "1", "MODEL_NAME": "x"}), revision("1", {"A": "2", "B": "1"})
    assert lasting.differences(one, two) == ["env A", "env B"]
    two.template["spec"]["hostNetwork"] = True  # type: ignore[index]
    assert lasting.differences(one, two) == ["env A", "env B", "hostNetwork"]


def test_the_history_says_what_was_recorded_and_no_more() -> None:
    newest, *_, oldest = history.as_values(rolling("h"), {})
    assert (newest["revision"], newest["current"], newest["by"], newest["outcome"]) == (3, True, None, "not recorded")
    assert (oldest["revision"], oldest["current"], oldest["outcome"]) == (1, False, "healthy")
    assert history.as_values(rolling(updated=1), {})[0]["outcome"] == "in progress"
    text = history.as_text(history.one(rolling("h"), 1, {}))
    assert "revision: 1\nimage: a" in text
    assert "by not recorded, time not recorded, commit not recorded, healthy" in text

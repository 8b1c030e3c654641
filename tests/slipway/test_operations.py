"""What each verb comes to, decided on objects in the shapes that the controllers really write."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from slipway.errors import ConflictError, FailedError
from slipway.health import Health, State
from slipway.operations import deployments, records, rollouts
from slipway.operations.kinds import KINDS
from slipway.operations.live import Live, Revision, covers, revisions
from slipway.operations.records import ANNOTATION, Record
from slipway.operations.scale import scale
from slipway.operations.writer import Author, operate, remember
from slipway.stamp import STAMP
from tests.slipway.test_health import deployment, rollout

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.desired import WantedService
    from slipway.operations.decisions import Decision
    from tests.support.repositories import Clone


def template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "churn"}}, "spec": {"containers": [{"name": "service", "image": image}]}}


def live(kind: str, workload: dict[str, Any], images: list[str], outcomes: str = "", **spec: Any) -> Live:
    """A service with a revision of each image; the workload wants the last one.

    `outcomes` has `h` (healthy), `f` (failed) or `-` (not recorded) for each revision.
    """
    made = copy.deepcopy(workload)
    made["metadata"] |= {"uid": "u", "resourceVersion": "5", "annotations": {STAMP: images[-1]}}
    made["spec"] |= {"template": template(images[-1]), **spec}
    known = KINDS[kind]
    kept = [
        {
            "metadata": {
                "name": f"churn-{image}",
                "labels": {known.hash: image},
                "creationTimestamp": "2026-11-21T14:00:00Z",
                "ownerReferences": [{"controller": True, "uid": "u"}],
                "annotations": {known.number: str(number), STAMP: image, **recorded(image, number, outcomes)},
            },
            "spec": {"template": labelled(template(image), known.hash, image)},
            "status": {"replicas": 0},
        }
        for number, image in enumerate(images, 1)
    ]
    return Live("growth/churn", known.path("growth", "churn"), made, known, revisions(made, kept))


def recorded(image: str, number: int, outcomes: str) -> dict[str, str]:
    letter = outcomes[number - 1 : number]
    said = {"h": "healthy", "f": "failed"}.get(letter)
    return {ANNOTATION: json.dumps([{"of": image, "revision": number, "outcome": said}])} if said else {}


def labelled(made: dict[str, Any], label: str, value: str) -> dict[str, Any]:
    made["metadata"]["labels"][label] = value
    return made


def canary(**status: Any) -> Live:
    """The third release of a canary, under way: it stands at step 2 of 4."""
    under_way = {
        "currentPodHash": "c",
        "stableRS": "b",
        "currentStepIndex": 1,
        "pauseConditions": [{"reason": "CanaryPauseStep"}],
    }
    return live("Rollout", rollout(**{**under_way, **status}), ["a", "b", "c"])


def whole(outcomes: str = "") -> Live:
    """A canary whose third release is complete."""
    return live("Rollout", rollout(currentPodHash="c", stableRS="c"), ["a", "b", "c"], outcomes)


def rolling(outcomes: str = "", *, updated: int = 3, paused: bool = False) -> Live:
    return live("Deployment", deployment(updatedReplicas=updated, paused=paused), ["a", "b", "c"], outcomes)


def held(canary: Live) -> Live:
    """The same, paused by somebody."""
    canary.workload["spec"]["paused"] = True  # type: ignore[index]
    return canary


def autoscaled(**spec: int) -> Live:
    made = rolling()
    hpa = {"metadata": {"name": "churn", "resourceVersion": "9"}, "spec": {"minReplicas": 3, "maxReplicas": 9, **spec}}
    made.workload["metadata"]["namespace"] = "growth"
    return Live(made.key, made.path, made.workload, made.kind, made.revisions, hpa)


REFUSED: list[tuple[str, Callable[[], Decision], str]] = [
    ("promote-complete", lambda: rollouts.promote(whole(), full=False), "nothing to promote: revision 3 is complete"),
    ("promote-aborted", lambda: rollouts.promote(canary(abort=True), full=True), "retry it first"),
    ("promote-checks", lambda: rollouts.promote(checked(), full=False), "promote skips no check, promote --full does"),
    ("promote-rolling", lambda: deployments.promote(rolling(updated=1), full=True), "a Deployment has no steps"),
    ("abort-complete", lambda: rollouts.abort(whole()), "nothing to abort: revision 3 is complete"),
    ("abort-first", lambda: rollouts.abort(canary(stableRS="")), "there is nothing to go back to"),
    ("abort-rolling", lambda: deployments.abort(rolling()), "nothing to abort: revision 3 is complete"),
    ("retry-complete", lambda: rollouts.retry(whole(), "c"), "nothing to try again"),
    ("retry-unknown", lambda: rollouts.retry(whole(), "z"), "no revision here is what Git has"),
    ("retry-rolling", lambda: deployments.retry(rolling(updated=1), "c"), "its controller still tries by itself"),
    ("resume-plan", lambda: rollouts.resume(canary()), "nobody paused it"),
    ("back-lost", lambda: rollouts.rollback(whole(), 9, steps=False), "revision 9 is not kept; there are 1, 2, 3"),
    ("back-failed", lambda: deployments.rollback(rolling("ff"), None, steps=False), "every older revision has failed"),
    ("back-paused", lambda: deployments.rollback(rolling(paused=True), 1, steps=False), "resume it first"),
    ("back-first", lambda: rollouts.rollback(live("Rollout", rollout(currentPodHash="a", stableRS="a"), ["a"]), None, steps=False), "no older revision"),
    ("scale-most", lambda: scale(rolling(), 3, 9), "it has no autoscaler"),
    ("scale-above", lambda: scale(autoscaled(), 10), "allows 9 at most, and 10 is more"),
    ("scale-off", lambda: scale(autoscaled(), 0, 4), "--max would mean nothing"),
]  # fmt: skip


def checked() -> Live:
    made = canary(pauseConditions=None, currentStepIndex=0)
    made.workload["spec"]["strategy"] = {"canary": {"steps": [{"analysis": {}}]}}  # type: ignore[index]
    return made


@pytest.mark.parametrize(("name", "decide", "why"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_makes_no_sense_is_refused_with_the_reason(name: str, decide: Callable[[], Decision], why: str) -> None:
    del name
    with pytest.raises(FailedError, match=r"^growth/churn: ") as caught:
        decide()
    assert why in str(caught.value)


ALREADY: list[tuple[str, Callable[[], Decision], str]] = [
    ("pause", lambda: rollouts.pause(held(canary())), "is paused already"),
    ("pause-rolling", lambda: deployments.pause(rolling(paused=True)), "is paused already"),
    ("resume", lambda: rollouts.resume(whole()), "is not paused"),
    ("resume-rolling", lambda: deployments.resume(rolling()), "is not paused"),
    ("abort", lambda: rollouts.abort(canary(abort=True)), "is aborted already"),
    ("promote-full", lambda: rollouts.promote(canary(promoteFull=True), full=True), "fully already"),
    ("promote-moves", lambda: rollouts.promote(canary(pauseConditions=None, currentStepIndex=0), full=False), "goes on already"),
    ("back", lambda: rollouts.rollback(whole(), 3, steps=False), "is at revision 3 already"),
    ("scale", lambda: scale(rolling(), 3), "has 3 pods already"),
    ("scale-bounds", lambda: scale(autoscaled(), 3), "3 to 9 pods already"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "decide", "said"), ALREADY, ids=[case[0] for case in ALREADY])
def test_what_is_so_already_writes_nothing(name: str, decide: Callable[[], Decision], said: str) -> None:
    del name
    decision = decide()
    assert decision.already
    assert said in decision.said


MERGED: list[tuple[str, Callable[[], Decision], str, dict[str, Any]]] = [
    ("pause", lambda: rollouts.pause(canary()), "", {"spec": {"paused": True}}),
    ("resume", lambda: rollouts.resume(held(canary())), "", {"spec": {"paused": False}}),
    ("promote", lambda: rollouts.promote(canary(), full=False), "/status", {"status": {"pauseConditions": None}}),
    ("promote-full", lambda: rollouts.promote(canary(), full=True), "/status", {"status": {"promoteFull": True}}),
    ("promote-held", lambda: rollouts.promote(held(canary(pauseConditions=None)), full=False), "", {"spec": {"paused": False}}),
    ("promote-inconclusive", lambda: rollouts.promote(canary(controllerPause=True, canary={"currentStepAnalysisRunStatus": {"status": "Inconclusive"}}), full=False), "/status", {"status": {"pauseConditions": None, "controllerPause": False, "currentStepIndex": 2}}),
    ("abort", lambda: rollouts.abort(canary()), "/status", {"status": {"abort": True}}),
    ("retry", lambda: rollouts.retry(canary(abort=True), "c"), "/status", {"status": {"abort": False}}),
    ("pause-rolling", lambda: deployments.pause(rolling()), "", {"spec": {"paused": True}}),
    ("scale", lambda: scale(rolling(), 5), "", {"spec": {"replicas": 5}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "decide", "path", "body"), MERGED, ids=[case[0] for case in MERGED])
def test_one_write_that_is_refused_when_somebody_else_was_faster(
    name: str, decide: Callable[[], Decision], path: str, body: dict[str, Any]
) -> None:
    del name
    (patch,) = decide().patches
    assert patch.path.endswith(f"/churn{path}")
    assert patch.body == {"metadata": {"resourceVersion": "5"}, **body}


BACK: list[tuple[str, Callable[[], Decision], int, str, bool]] = [
    ("as-asked", lambda: rollouts.rollback(whole(), 1, steps=False), 1, "as asked for", True),
    ("by-steps", lambda: rollouts.rollback(whole(), 1, steps=True), 1, "by every step and check", False),
    ("stable", lambda: rollouts.rollback(canary(), None, steps=False), 2, "its pods still run", False),
    ("healthy", lambda: rollouts.rollback(whole("hf"), None, steps=False), 1, "the last that was healthy", True),
    ("not-failed", lambda: deployments.rollback(rolling("-f"), None, steps=False), 1, "was not recorded", False),
    ("before", lambda: deployments.rollback(rolling(), None, steps=False), 2, "the one before", False),
    ("abort-rolling", lambda: deployments.abort(rolling("hh", updated=1)), 2, "the last that was complete", False),
    ("retry-rolled-back", lambda: deployments.retry(rolling(), "b"), 2, "which is what Git has", False),
    ("retry-canary", lambda: rollouts.retry(whole(), "b"), 2, "which is what Git has", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "decide", "number", "why", "at_once"), BACK, ids=[case[0] for case in BACK])
def test_an_old_template_is_put_back_with_its_stamp(
    name: str, decide: Callable[[], Decision], number: int, why: str, *, at_once: bool
) -> None:
    del name
    decision = decide()
    image = "abc"[number - 1]
    assert decision.target is not None
    assert (decision.target.number, decision.at_once) == (number, at_once)
    assert why in decision.said
    (patch,) = decision.patches
    assert patch.body == [
        {"op": "replace", "path": "/spec/template", "value": template(image)},
        {"op": "add", "path": "/metadata/annotations/slipway.dev~1manifest", "value": image},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "5"},
    ]


def test_the_bounds_of_an_autoscaler_are_scaled_and_it_is_woken_up() -> None:
    (bounds,) = scale(autoscaled(), 5, 12).patches
    assert bounds.path.endswith("/horizontalpodautoscalers/churn")
    assert bounds.body == {"metadata": {"resourceVersion": "9"}, "spec": {"minReplicas": 5, "maxReplicas": 12}}
    (off,) = scale(autoscaled(), 0).patches
    assert off.body["spec"] == {"replicas": 0}
    resting = autoscaled()
    resting.workload["spec"]["replicas"] = 0  # type: ignore[index]
    (wake,) = scale(resting, 3).patches
    assert wake.body["spec"] == {"replicas": 3}


def test_only_what_the_workload_controls_is_a_revision_of_it() -> None:
    made = whole()
    item = {"metadata": {"name": "x", "ownerReferences": [{"controller": True, "uid": "v"}], "annotations": {made.kind.number: "4"}}, "spec": {"template": template("x")}}  # fmt: skip
    assert revisions(made.workload, [item]) == ()
    item["metadata"]["ownerReferences"] = [{"controller": True, "uid": "u"}]
    assert [each.number for each in revisions(made.workload, [item])] == [4]
    item["metadata"]["annotations"] = {}
    assert revisions(made.workload, [item]) == ()


def test_the_present_revision_is_that_of_the_template_however_defaults_were_filled_in() -> None:
    made = rolling()
    assert made.current
    assert made.current.number == 3
    assert covers({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}], "d": None})
    assert not covers({"a": [{"b": 1}]}, {"a": [{"b": 2}]})
    assert not covers({"a": [1, 2]}, {"a": [1]})


def test_a_record_is_filled_in_and_others_are_kept() -> None:
    first = Record("c", 3, "up", "ada", "now", "abc")
    text = records.written([], first)
    (read,) = records.read({ANNOTATION: text}, "c")
    assert read == first
    assert records.read({ANNOTATION: text}, "other") == [], "a controller copied it to another revision"
    assert records.read({ANNOTATION: "no JSON"}, "c") == []
    assert records.read({ANNOTATION: '[{"unknown": 1}]'}, "c") == []
    (both,) = records.read({ANNOTATION: records.written([read], Record("c", 3, outcome="failed", why="x" * 600))}, "c")
    assert (both.by, both.outcome) == ("ada", "failed")
    assert both.why is not None
    assert len(both.why) == 500
    many = [Record("c", number) for number in range(1, 7)]
    assert len(json.loads(records.written(many, Record("c", 9)))) == 5


class FakeCluster:
    """One service; refuses so many writes as are said to have come from others."""

    def __init__(self, found: Live | None, conflicts: int = 0) -> None:
        self.found, self.conflicts = found, conflicts
        self.wrote: list[tuple[str, Any, str]] = []

    def operated(self, service: WantedService) -> Live | None:
        assert service.name == "churn"
        return self.found

    def patch(self, path: str, body: Any, *, manager: str) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise ConflictError("409")
        self.wrote.append((path, body, manager))


def wanted(clone: Clone) -> WantedService:
    return next(service for service in clone.desired("dev").services if service.key == "growth/churn")


def pausing(clone: Clone, cluster: FakeCluster) -> Decision:
    return operate(cluster, wanted(clone), "pause", Author("ada"), rollouts.pause)[0]  # type: ignore[arg-type]


def test_a_verb_looks_again_when_somebody_else_was_faster(clone: Clone) -> None:
    cluster = FakeCluster(canary(), conflicts=2)
    assert "is paused" in pausing(clone, cluster).said
    assert len(cluster.wrote) == 1
    with pytest.raises(FailedError, match="5 times in a row"):
        pausing(clone, FakeCluster(canary(), conflicts=5))
    with pytest.raises(FailedError, match="is not in the cluster"):
        pausing(clone, FakeCluster(None))


def test_who_released_stays_and_the_outcome_is_filled_in(clone: Clone) -> None:
    def entries(found: Live, what: str | None, health: Health) -> list[Record]:
        cluster = FakeCluster(found)
        remember(cluster, wanted(clone), Author("bob", "def"), what, health)  # type: ignore[arg-type]
        if not cluster.wrote:
            return []
        ((path, body, _),) = cluster.wrote
        assert path.endswith("/replicasets/churn-c")
        return records.read(body["metadata"]["annotations"], "c")

    well = Health(State.HEALTHY, 4, 4)
    (new,) = entries(whole(), "up", well)
    assert (new.what, new.by, new.commit, new.outcome) == ("up", "bob", "def", "healthy")
    (nobody,) = entries(whole(), None, well)
    assert (nobody.what, nobody.by, nobody.outcome) == (None, None, "healthy")
    assert entries(canary(), None, Health(State.PROGRESSING, 4, 4)) == [], "not over yet, and nothing new"
    (aborted,) = entries(canary(abort=True, message="by a check"), None, Health(State.PROGRESSING, 4, 4))
    assert (aborted.outcome, aborted.why) == ("failed", "by a check")

    known = whole()
    mine = Record("c", 3, "rollback", "ada", "then", "abc")
    old = known.revisions[-1]
    annotated = {**old.annotations, ANNOTATION: records.written([], mine)}
    again = Revision(old.number, old.name, old.hash, old.created, old.template, annotated)
    (kept,) = entries(
        Live(known.key, known.path, known.workload, known.kind, (*known.revisions[:-1], again)), "up", well
    )
    assert (kept.what, kept.by, kept.commit, kept.outcome) == ("rollback", "ada", "abc", "healthy")


PAUSED = [{"reason": "InconclusiveAnalysisRun", "startTime": "2026-11-21T14:00:00Z"}]


@pytest.mark.parametrize("status", [{"phase": "Degraded", "message": "InvalidSpec"}, {"phase": "Paused"}])
def test_what_is_no_pause_or_abort_of_a_release_is_told_at_once(status: dict[str, Any]) -> None:
    """A spec that is refused gets no revision, and neither does a new one of a service that somebody has paused."""
    paused = status["phase"] == "Paused"
    found = live("Rollout", rollout(currentPodHash="one", **status), ["one", "two"], paused=paused)
    assert not found.behind
    assert not live(
        "Rollout", rollout(currentPodHash="one", pauseConditions=PAUSED), ["one", "two"], paused=True
    ).behind


@pytest.mark.parametrize(("hashed", "behind"), [("one", True), ("two", False), ("gone", False)])
def test_a_status_may_be_about_the_release_before(hashed: str, *, behind: bool) -> None:
    """As the controller writes it when a newer release comes right after a pause began: seen, and the old pause."""
    found = live("Rollout", rollout(currentPodHash=hashed, pauseConditions=PAUSED), ["one", "two"])
    assert found.seen
    assert found.behind is behind


@pytest.mark.parametrize(
    ("at", "behind"), [("2026-11-21T13:59:59Z", True), ("2026-11-21T14:00:00Z", False), (None, False)]
)
def test_an_abort_from_before_a_release_was_made_is_not_its_own(at: str | None, *, behind: bool) -> None:
    found = live("Rollout", rollout(currentPodHash="two", abort=True, abortedAt=at), ["one", "two"])
    assert found.behind is behind


def test_a_release_without_a_revision_was_not_seen_yet() -> None:
    found = live("Rollout", rollout(currentPodHash="new", pauseConditions=PAUSED), ["one", "two"])
    found.workload["spec"]["template"]["spec"]["containers"][0]["image"] = "three"
    assert found.behind


def test_a_release_of_other_variables_is_another_one() -> None:
    found = live("Rollout", rollout(currentPodHash="two", pauseConditions=PAUSED), ["one", "two"])
    found.workload["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "A", "value": "b"}]
    assert found.behind


def test_defaults_of_the_api_server_make_no_other_release() -> None:
    found = live("Rollout", rollout(currentPodHash="two", pauseConditions=PAUSED), ["one", "two"])
    field = {"fieldPath": "metadata.name"}
    written = [{"name": "POD", "valueFrom": {"fieldRef": field}}, {"name": "EMPTY", "value": ""}]
    kept = [{"name": "POD", "valueFrom": {"fieldRef": {"apiVersion": "v1", **field}}}, {"name": "EMPTY"}]
    found.workload["spec"]["template"]["spec"]["containers"][0]["env"] = written
    now = found.current
    assert now is not None
    now.template["spec"]["containers"][0]["env"] = kept
    assert not found.behind

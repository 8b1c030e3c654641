"""Stateful sets and daemon sets: what their status means, and what can be done to them."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from slipway.errors import FailedError
from slipway.handover import Taking, refuse
from slipway.health import Health, State, judge, stalled
from slipway.operations.kinds import KINDS
from slipway.operations.live import Live, counted, revisions
from slipway.operations.records import ANNOTATION
from slipway.operations.scale import scale
from slipway.operations.verbs import adapter
from slipway.quotas import most, nodes
from slipway.rollouts.compile import plan
from slipway.stamp import STAMP
from tests.support.repositories import FRAUD

if TYPE_CHECKING:
    from slipway.schema.manifest import Service
    from tests.support.repositories import Clone

IMAGE, OLD = "registry/ml/index@sha256:new", "registry/ml/index@sha256:old"
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
KEPT = "workload: stateful-set\nvolumes: {data: {path: /data, size: 20Gi, keep: true}}\nport: 8080\n"


def template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {}}, "spec": {"containers": [{"name": "service", "image": image}]}}


def made(kind: str, image: str = IMAGE, **status: Any) -> dict[str, Any]:
    """As `kubectl get -o json` has it, complete in three pods."""
    full = {
        "StatefulSet": {
            "replicas": 3,
            "updatedReplicas": 3,
            "availableReplicas": 3,
            "currentRevision": "b",
            "updateRevision": "b",
        },
        "DaemonSet": {
            "desiredNumberScheduled": 3,
            "updatedNumberScheduled": 3,
            "numberAvailable": 3,
            "numberMisscheduled": 0,
        },
    }[kind]
    return {
        "kind": kind,
        "metadata": {"name": "index", "uid": "u", "generation": 4, "annotations": {STAMP: image}},
        "spec": {**({"replicas": 3} if kind == "StatefulSet" else {}), "template": template(image)},
        "status": {"observedGeneration": 4, **full, **status},
    }  # fmt: skip


CASES = [
    ("complete", "StatefulSet", {}, State.HEALTHY, ""),
    ("unseen", "StatefulSet", {"observedGeneration": 3}, State.PROGRESSING, "its controller has not seen the change yet"),
    ("updating", "StatefulSet", {"updatedReplicas": 1}, State.PROGRESSING, "1 of 3 pods run the new release"),
    ("not-ready", "StatefulSet", {"availableReplicas": 2}, State.PROGRESSING, "2 of 3 pods are ready"),
    ("fewer", "StatefulSet", {"replicas": 4}, State.PROGRESSING, "pods above the wanted number are ending"),
    ("unwritten", "StatefulSet", {"currentRevision": "a"}, State.PROGRESSING, "its controller has not written yet that it is complete"),
    ("everywhere", "DaemonSet", {}, State.HEALTHY, ""),
    ("some-nodes", "DaemonSet", {"updatedNumberScheduled": 2}, State.PROGRESSING, "2 of 3 nodes run the new release"),
    ("node-not-ready", "DaemonSet", {"numberAvailable": 1}, State.PROGRESSING, "1 of 3 pods are ready"),
    ("leaving", "DaemonSet", {"numberMisscheduled": 1}, State.PROGRESSING, "pods are ending on nodes that they are not for"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status", "state", "message"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_a_status_is_judged(kind: str, status: dict[str, Any], state: State, message: str) -> None:
    found = judge(made(kind, **status), IMAGE, 0)
    assert (found.state, found.message, found.wanted) == (state, message, 3)
    assert judge(made(kind, OLD), IMAGE, 0).state is State.OTHER


def pod(ready: str, since: str, **metadata: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": since}
    head = {"name": "index-2", "creationTimestamp": "2026-11-21T11:00:00Z", **metadata}
    return {"metadata": head, "status": {"phase": "Running", "conditions": [condition] if since else []}}


def test_a_pod_that_is_not_ready_for_the_deadline_ends_the_waiting() -> None:
    under_way = Health(State.PROGRESSING, 2, 3, "2 of 3 pods are ready")
    late = [pod("True", "2026-11-21T11:00:00Z"), pod("False", "2026-11-21T11:54:00Z")]
    failed = stalled(under_way, late, 300, NOW)
    assert (failed.state, failed.message) == (
        State.FAILED,
        "no progress within its deadline: 2 of 3 pods are ready",
    )
    assert stalled(under_way, late, 600, NOW) == under_way
    assert stalled(under_way, [pod("False", "")], 300, NOW).state is State.FAILED, "never started"
    ending = pod("False", "2026-11-21T11:00:00Z", deletionTimestamp="2026-11-21T11:59:59Z")
    assert stalled(under_way, [ending], 300, NOW) == under_way
    healthy = Health(State.HEALTHY, 3, 3)
    assert stalled(healthy, late, 300, NOW) == healthy


def spec(clone: Clone, text: str, *, scaled: bool = True) -> Service:
    clone.edit(FRAUD, "port: 8080\n", text)
    if not scaled:
        clone.edit(FRAUD, "scaling: {min: 3}\n", "")
    return {each.name: each.spec for each in clone.desired("dev").services}["fraud"]


def test_a_stateful_set_compiles_to_one_pod_after_the_other(clone: Clone) -> None:
    service = spec(clone, KEPT)
    compiled = plan(service)
    assert (compiled.kind, compiled.is_set, compiled.by_argo, compiled.parts) == ("StatefulSet", True, False, 3)
    assert compiled.strategy == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    need = most(service)
    assert (need.pods, need.storage, need.shown["storage"]) == (3, 60 * 2**30, "60Gi"), "none above, each with its disk"


def test_a_daemon_set_is_on_every_node(clone: Clone) -> None:
    service = spec(clone, "workload: daemon-set\nport: 8080\n", scaled=False)
    compiled = plan(service)
    assert (compiled.kind, compiled.parts) == ("DaemonSet", 4)
    assert compiled.strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}
    assert nodes(clone.desired("dev").environment) == 9
    assert most(service, nodes=9).pods == 12


def test_disks_count_against_what_the_team_may_have(clone: Clone) -> None:
    clone.edit(FRAUD, "port: 8080\n", KEPT.replace("20Gi", "2Ti"))
    (problem, *_) = clone.problems()
    assert "team `growth` may need 6144Gi storage" in str(problem)
    assert "its limit is 1024Gi, the default" in str(problem)


def test_a_service_that_takes_the_name_for_its_pods_is_refused(clone: Clone) -> None:
    clone.edit(FRAUD, "port: 8080\n", KEPT)
    clone.write("manifests/growth/fraud-pods.yaml", (clone.root / FRAUD).read_text().replace("fraud\n", "fraud-pods\n"))
    found = [str(problem) for problem in clone.problems()]
    said = "manifests/growth/fraud-pods.yaml:2: the stateful-set of `fraud` makes a Service `fraud-pods`"
    assert f"{said}; give this service another name" in found


@pytest.mark.parametrize(
    ("now", "to"), [("Deployment", "StatefulSet"), ("StatefulSet", "Rollout"), ("DaemonSet", "Deployment")]
)
def test_one_does_not_become_the_other(now: str, to: str) -> None:
    taking = Taking(
        team="growth", name="index", kind=to, template=template(IMAGE), least=1, most=None, deadline=1, exclusive=False
    )
    with pytest.raises(FailedError, match=f"growth/index runs as a {now}, and `workload` would make it a {to}"):
        refuse(taking, [{"kind": now, "spec": {"template": template(IMAGE)}}])


def live(kind: str, outcomes: str = "hh", **status: Any) -> Live:
    """The set at its second revision, whose template it wants."""
    known = KINDS[kind]
    said = {"h": "healthy", "f": "failed", "-": None}
    kept = [
        {
            "metadata": {
                "name": name,
                "labels": {known.hash: name},
                "ownerReferences": [{"controller": True, "uid": "u"}],
                "annotations": {STAMP: image, ANNOTATION: f'[{{"of": "{name}", "revision": {number}, "outcome": "{said[letter]}"}}]'},
            },
            "revision": number,
            "data": {"spec": {"template": {"$patch": "replace", **template(image)}}},
        }
        for number, (name, image, letter) in enumerate(zip("ab", (OLD, IMAGE), outcomes, strict=True), 1)
    ]  # fmt: skip
    workload = made(kind, **status)
    return Live("growth/index", known.path("growth", "index"), workload, known, revisions(workload, kept))


UNDER_WAY = {"StatefulSet": {"currentRevision": "a"}, "DaemonSet": {"updatedNumberScheduled": 1}}


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_the_revisions_of_a_set_are_known(kind: str) -> None:
    found = live(kind)
    assert [(each.number, each.name, each.image) for each in found.revisions] == [(1, "a", OLD), (2, "b", IMAGE)]
    assert found.current
    assert found.current.number == 2
    pods = [pod("True", ""), pod("True", "2026-11-21T11:00:00Z"), pod("False", "2026-11-21T11:00:00Z")]
    for each in pods:
        each["metadata"]["labels"] = {"controller-revision-hash": "b"}
    assert [(each.pods, each.ready) for each in counted(found.revisions, pods, found.kind.hash)] == [(0, 0), (3, 1)]
    assert "$patch" not in found.current.template


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_set_goes_back_to_a_revision(kind: str) -> None:
    verbs = adapter(live(kind))
    decision = verbs.rollback(live(kind), None, steps=False)
    assert decision.target
    assert decision.target.number == 1
    (patch,) = decision.patches
    assert patch.path.endswith(f"/{kind.lower()}s/index")
    assert patch.body[0] == {"op": "replace", "path": "/spec/template", "value": template(OLD)}
    broken = live(kind, "hf", **UNDER_WAY[kind])
    aborted = verbs.abort(broken)
    assert aborted.target
    assert aborted.target.number == 1


REFUSALS = [
    ("pause", "cannot be paused: Kubernetes has no such switch for it; abort goes back"),
    ("resume", "cannot be paused"),
    ("abort", "nothing to abort: revision 2 is complete"),
]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
@pytest.mark.parametrize(("verb", "said"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_what_makes_no_sense_is_refused(kind: str, verb: str, said: str) -> None:
    with pytest.raises(FailedError, match=said):
        getattr(adapter(live(kind)), verb)(live(kind))


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_promote_and_retry_say_why_not(kind: str) -> None:
    verbs = adapter(live(kind))
    with pytest.raises(FailedError, match=f"a {kind} has no steps"):
        verbs.promote(live(kind), full=False)
    with pytest.raises(FailedError, match="nothing to try again: revision 2 is complete"):
        verbs.retry(live(kind), IMAGE)
    with pytest.raises(FailedError, match="its controller still tries by itself"):
        verbs.retry(live(kind, **UNDER_WAY[kind]), IMAGE)
    assert verbs.retry(live(kind), OLD).target


def test_a_stateful_set_is_scaled_and_a_daemon_set_is_not() -> None:
    (patch,) = scale(live("StatefulSet"), 5).patches
    assert patch.body["spec"] == {"replicas": 5}
    with pytest.raises(FailedError, match="one pod on each node"):
        scale(live("DaemonSet"), 5)

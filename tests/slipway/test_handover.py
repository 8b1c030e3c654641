"""When a workload of another kind may go: one look at a time, on a cluster that is a table of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from slipway.errors import FailedError
from slipway.handover import Taking, keep, others, pending, refuse
from slipway.operations.kinds import KINDS

if TYPE_CHECKING:
    from slipway.live import Cluster

IMAGE = "registry/ml/fraud:2@sha256:2"
HASH = "rollouts-pod-template-hash"


class Table:
    """Stands in for slipway.live.Cluster: objects by API path, and what was patched."""

    def __init__(self, **objects: dict[str, Any]) -> None:
        self.objects = {KINDS[kind].path("growth", "fraud"): item for kind, item in objects.items() if kind in KINDS}
        self.service = "/api/v1/namespaces/growth/services/fraud"
        self.objects[self.service] = {"spec": {"selector": objects.get("selector", {})}}
        self.patched: list[tuple[str, Any]] = []
        self.applied: list[dict[str, Any]] = []

    def get(self, path: str) -> dict[str, Any] | None:
        return self.objects.get(path)

    def patch(self, path: str, body: Any, *, manager: str) -> None:
        assert manager == "slipway-handover"
        self.patched.append((path, body))

    def apply(self, path: str, body: dict[str, Any], *, manager: str) -> None:
        assert (path, manager) == (KINDS[body["kind"]].path("growth", "fraud"), "slipway-handover")
        self.applied.append(body)

    def pods_of(self, namespace: str, name: str) -> list[dict[str, Any]]:
        del namespace, name
        return []

    def events(self, namespace: str) -> list[dict[str, Any]]:
        del namespace
        return []


def template(image: str = IMAGE) -> dict[str, Any]:
    return {"metadata": {"labels": {}}, "spec": {"containers": [{"image": image}]}}


def taking(kind: str = "Deployment", *, most: int | None = 9, exclusive: bool = False, image: str = IMAGE) -> Taking:
    return Taking(
        team="growth", name="fraud", kind=kind, template=template(image), least=3, most=most, deadline=60,
        exclusive=exclusive,
    )  # fmt: skip


def workload(kind: str, replicas: int, available: int, image: str = IMAGE, **status: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"labels": {"app.kubernetes.io/managed-by": "slipway"}, "generation": 2},
        "spec": {"replicas": replicas, "strategy": {}, "template": template(image)},
        "status": {"availableReplicas": available, "observedGeneration": 2, **status},
    }


def look(to: Taking, table: Table, waited: float = 0.0) -> str:
    return pending(cast("Cluster", table), to, waited)


@pytest.mark.parametrize(("runs", "kept"), [(5, 5), (1, 3), (0, 3), (12, 9)], ids=["kept", "least", "woken", "most"])
def test_what_is_left_to_an_autoscaler_keeps_its_pods(runs: int, kept: int) -> None:
    table = Table(Deployment={"apiVersion": "apps/v1", **workload("Deployment", runs, runs)})
    keep(cast("Cluster", table), taking())
    (applied,) = table.applied
    assert applied == {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "fraud", "namespace": "growth"},
        "spec": {"replicas": kept},
    }  # fmt: skip


def test_nothing_is_kept_where_there_is_nothing_or_git_says_the_number() -> None:
    empty, fixed = Table(), Table(Deployment=workload("Deployment", 3, 3))
    keep(cast("Cluster", empty), taking())
    keep(cast("Cluster", fixed), taking(most=None))
    assert (empty.applied, fixed.applied) == ([], [])


def test_nothing_to_hand_over() -> None:
    assert look(taking(), Table()) == ""
    foreign = workload("Rollout", 3, 3)
    foreign["metadata"]["labels"] = {}
    assert others(cast("Cluster", Table(Rollout=foreign)), taking()) == [], "not ours"
    ending = workload("Rollout", 3, 3)
    ending["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    assert look(taking(), Table(Rollout=ending)) == "", "on its way out"


def test_the_new_one_is_raised_to_what_the_old_one_runs_and_waited_for() -> None:
    table = Table(Rollout=workload("Rollout", 5, 5), Deployment=workload("Deployment", 1, 1))
    assert look(taking(), table) == "1 of 5 pods of the new Deployment are available"
    assert table.patched == [(taking().path, {"spec": {"replicas": 5}})]
    table = Table(Rollout=workload("Rollout", 5, 5), Deployment=workload("Deployment", 5, 5))
    assert look(taking(), table) == ""
    assert not table.patched
    table = Table(Rollout=workload("Rollout", 20, 20), Deployment=workload("Deployment", 9, 9))
    assert look(taking(), table) == "", "never more than its maximum"
    table = Table(Rollout=workload("Rollout", 5, 5), Deployment=workload("Deployment", 3, 3))
    assert look(taking(most=None), table) == "", "the number is the manifest's where nothing scales it"


def test_a_status_of_before_the_change_counts_for_nothing() -> None:
    table = Table(Rollout=workload("Rollout", 3, 3), Deployment=workload("Deployment", 3, 3, observedGeneration=1))
    assert look(taking(), table) == "3 of 3 pods of the new Deployment are available"


def test_a_new_one_that_does_not_come_up_ends_it() -> None:
    late = {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}
    table = Table(Rollout=workload("Rollout", 3, 3), Deployment=workload("Deployment", 3, 0, **late))
    with pytest.raises(FailedError, match=r"the new Deployment does not come up \(no progress within its deadline\)"):
        look(taking(), table)
    table = Table(Rollout=workload("Rollout", 3, 3), Deployment=workload("Deployment", 3, 2))
    assert look(taking(), table, 119)
    with pytest.raises(FailedError, match=r"still not there in time: .*; the Rollout before it still serves"):
        look(taking(), table, 121)
    with pytest.raises(FailedError, match="the new Deployment is not in the cluster"):
        look(taking(), Table(Rollout=workload("Rollout", 3, 3)))


def test_a_service_that_blue_green_narrowed_chooses_both_before_the_rollout_goes() -> None:
    rollout, deployment = workload("Rollout", 3, 3), workload("Deployment", 3, 3)
    table = Table(Rollout=rollout, Deployment=deployment, selector={"app": "fraud", HASH: "abc"})
    assert look(taking(), table) == ""
    assert [path for path, _ in table.patched] == [taking("Rollout").path, table.service]
    assert table.patched[0][1] == {"spec": {"paused": True}}, "else its controller narrows it again"
    assert table.patched[1][1]["spec"] == {"selector": {HASH: None}}
    table = Table(Rollout=rollout, Deployment=deployment, selector={"app": "fraud"})
    assert look(taking(), table) == ""
    assert not table.patched


MESH = "/apis/networking.istio.io/v1/namespaces/growth/virtualservices/fraud"
GATEWAY = "/apis/gateway.networking.k8s.io/v1/namespaces/growth/httproutes/fraud-canary"
WEIGHTED: list[tuple[dict[str, Any], str, Any]] = [
    (
        {"istio": {"virtualService": {"name": "fraud"}}},
        MESH,
        {"http": [{"name": "primary", "route": [{"destination": {"host": "fraud", "port": {"number": 80}}}]}]},
    ),
    (
        {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "fraud-canary"}}},
        GATEWAY,
        {
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [{"group": "", "kind": "Service", "name": "fraud", "port": 80, "weight": 1}],
                }
            ]
        },
    ),
]


@pytest.mark.parametrize(("routing", "path", "spec"), WEIGHTED, ids=["mesh", "gateway"])
def test_routes_lead_to_pods_of_both_before_the_rollout_goes(routing: Any, path: str, spec: Any) -> None:
    rollout, deployment = workload("Rollout", 3, 3), workload("Deployment", 3, 3)
    rollout["spec"]["strategy"] = {"canary": {"trafficRouting": routing}}
    table = Table(Rollout=rollout, Deployment=deployment)
    table.objects[path] = {}
    assert look(taking(), table) == ""
    assert table.patched == [(path, {"spec": spec})]
    assert look(taking(), Table(Rollout=rollout, Deployment=deployment)) == "", "somebody removed the route"
    unready = Table(Rollout=rollout, Deployment=workload("Deployment", 3, 2))
    unready.objects[path] = {}
    assert look(taking(), unready)
    assert not unready.patched


def test_what_would_break_the_strategys_promise_is_refused() -> None:
    old = [workload("Rollout", 3, 3)]
    refuse(taking(), old)
    with pytest.raises(FailedError, match="`recreate` never runs two at once; change it to rolling"):
        refuse(taking(exclusive=True), old)
    refuse(taking("Rollout"), [workload("Deployment", 3, 3)])
    with pytest.raises(FailedError, match="the first release of a Rollout skips its steps and checks"):
        refuse(taking("Rollout", image="registry/ml/fraud:3@sha256:3"), [workload("Deployment", 3, 3)])
    refuse(taking("Rollout", image="registry/ml/fraud:3@sha256:3"), [])

"""Waiting, with a cluster and a clock of the test's own: it ends, always, and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway.deadlines import ANNOTATION
from slipway.errors import FailedError
from slipway.health import State
from slipway.patience import POLL
from slipway.waiting import look, supervised, wait
from tests.slipway.test_health import ACCEPTED, deployment, event, part, pod, rollout, waiting
from tests.support.repositories import CHURN, FRAUD

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.desired import WantedService
    from slipway.operations.live import Live
    from tests.support.repositories import Clone

IMAGES = {"growth/churn": "churn", "growth/fraud": "fraud", "search/ranking": "ranking"}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds == POLL
        self.now += seconds


class FakeCluster:
    """Answers with what `live` says at the clock's time."""

    def __init__(self, clock: Clock, live: dict[str, Callable[[float], Any]]) -> None:
        self._clock, self._live = clock, live
        self.looks: list[str] = []
        self.way_in: Callable[[float], Any] = lambda _: None
        self.supervision: str | None = ""
        self.gone_back: Live | None = None
        self.listed: list[str] = []
        self.patched: list[str] = []

    def workload(self, service: WantedService) -> Any:
        self.looks.append(service.key)
        return self._live[service.key](self._clock.now)

    def autoscaler(self, service: WantedService) -> None:
        assert service.key in self._live

    def operated(self, service: WantedService) -> Live | None:
        assert service.key in self._live
        return self.gone_back

    def get(self, path: str, **query: str) -> dict[str, Any]:
        assert path.endswith("/replicasets")
        self.listed.append(query["labelSelector"])
        return {"items": [{"metadata": {"name": "old", "annotations": {ANNOTATION: "t"}}, "spec": {"replicas": 0}}]}

    def patch(self, path: str, body: Any, *, manager: str) -> None:
        assert (body, manager) == ({"metadata": {"annotations": {ANNOTATION: None}}}, "slipway")
        self.patched.append(path)

    def entrance(self, service: WantedService) -> list[Any]:
        return [self.way_in(self._clock.now)] if service.spec.expose else []

    def controller(self) -> str:
        if self.supervision is None:
            raise FailedError("forbidden")
        return self.supervision

    def pods(self, service: WantedService) -> list[Any]:
        return [pod(f"{service.name}-1", containerStatuses=[waiting("ErrImagePull", "not found")])]

    def events(self, namespace: str) -> list[Any]:
        assert namespace in {"growth", "search"}
        return []


def ready_at(workload: dict[str, Any], unready: dict[str, Any], seconds: float) -> Callable[[float], Any]:
    return lambda now: workload if now >= seconds else unready


def run(clone: Clone, live: dict[str, Callable[[float], Any]]) -> tuple[Any, Clock, FakeCluster, list[str]]:
    clock, notes = Clock(), list[str]()
    cluster = FakeCluster(clock, live)
    services = [service for service in clone.desired("dev").services if service.key in live]
    outcomes = wait(cluster, services, IMAGES, notes.append, clock=lambda: clock.now, sleep=clock.sleep)  # type: ignore[arg-type]
    return outcomes, clock, cluster, notes


def test_it_ends_when_all_are_well(clone: Clone) -> None:
    fraud = deployment("fraud")
    outcomes, clock, cluster, notes = run(
        clone,
        {
            "growth/churn": ready_at(rollout("churn"), rollout("churn", phase="Paused", currentStepIndex=1), 5),
            "growth/fraud": ready_at(fraud, deployment("fraud", availableReplicas=2), 2),
        },
    )
    assert [(outcome.service.key, outcome.health.state) for outcome in outcomes] == [
        ("growth/churn", State.HEALTHY),
        ("growth/fraud", State.HEALTHY),
    ]
    assert clock.now == 5
    assert notes[0] == "growth/churn 4/4: holding, step 1 of 2, weight 25 % and 1 more"
    assert notes[-1] == "growth/churn 4/4: holding, step 1 of 2, weight 25 %"
    assert cluster.looks.count("growth/fraud") == 3  # who is settled is not asked again


def test_nothing_to_wait_for_ends_at_once(clone: Clone) -> None:
    outcomes, clock, _, notes = run(clone, {"growth/fraud": lambda _: deployment("fraud")})
    assert (len(outcomes), clock.now, notes) == (1, 0, [])


def test_a_rollout_that_waits_for_a_person_is_an_end(clone: Clone) -> None:
    held = rollout("churn", phase="Paused", currentStepIndex=3)
    outcomes, clock, _, _ = run(clone, {"growth/churn": lambda _: held})
    assert (outcomes[0].health.state, clock.now) == (State.WAITING, 0)


def test_a_failure_is_explained_and_blocks_nobody(clone: Clone) -> None:
    failed = rollout("churn", phase="Degraded", abort=True, message="exceeded its deadline")
    outcomes, clock, _, _ = run(
        clone,
        {
            "growth/churn": lambda _: failed,
            "growth/fraud": ready_at(deployment("fraud"), deployment("fraud", availableReplicas=0), 3),
        },
    )
    assert [outcome.health.state for outcome in outcomes] == [State.FAILED, State.HEALTHY]
    assert outcomes[0].health.message == (
        "aborted, back on the old release: exceeded its deadline; pod churn-1: ErrImagePull: not found"
    )
    assert clock.now == 3


@pytest.mark.parametrize(
    ("key", "stuck", "limit"),
    [
        # rolling: its deadline of 10 m and a margin of one
        ("growth/fraud", deployment("fraud", observedGeneration=1), 600 + 60),
        # canary: pauses of 5 m and 10 m, a deadline for each of the three parts between them, and the margin
        ("growth/churn", rollout("churn", phase="Progressing"), 900 + 3 * 600 + 60),
    ],
)
def test_it_ends_in_any_case(clone: Clone, key: str, stuck: dict[str, Any], limit: int) -> None:
    outcomes, clock, cluster, _ = run(clone, {key: lambda _: stuck})
    assert outcomes[0].health.state is State.FAILED
    assert outcomes[0].health.message.startswith("still not there in time: ")
    path = "/apis/apps/v1/namespaces/growth/replicasets/old"
    assert set(cluster.patched) == ({path} if key == "growth/churn" else set()), (
        "what keeps a Rollout from its deadline"
    )
    assert outcomes[0].health.message.endswith("; pod " + key.split("/")[1] + "-1: ErrImagePull: not found")
    assert limit < clock.now <= limit + 2 * POLL


def test_the_limit_follows_the_manifest(clone: Clone) -> None:
    clone.edit(CHURN, "  strategy: canary", "  strategy: canary\n  deadline: 1m")
    _, clock, _, _ = run(clone, {"growth/churn": lambda _: rollout("churn", phase="Progressing")})
    assert 900 + 3 * 60 + 60 < clock.now <= 900 + 3 * 60 + 62


def test_a_service_that_is_gone_or_runs_something_else_is_an_end(clone: Clone) -> None:
    outcomes, clock, _, _ = run(
        clone, {"growth/churn": lambda _: None, "growth/fraud": lambda _: deployment("another")}
    )
    assert [outcome.health.state for outcome in outcomes] == [State.MISSING, State.OTHER]
    assert clock.now == 0


def silent(until: float) -> Callable[[float], Any]:
    def answer(now: float) -> Any:
        if 1 <= now < until:
            raise FailedError("the cluster does not answer")
        return deployment("fraud", availableReplicas=3 if now >= until else 2)

    return answer


def test_a_cluster_that_is_away_for_a_moment_is_waited_for(clone: Clone) -> None:
    outcomes, _, _, notes = run(clone, {"growth/fraud": silent(20)})
    assert outcomes[0].health.state is State.HEALTHY
    assert "the cluster does not answer" in notes


def test_a_cluster_that_stays_away_is_not_waited_for(clone: Clone) -> None:
    with pytest.raises(FailedError, match="does not answer"):
        run(clone, {"growth/fraud": silent(1000)})


@pytest.mark.parametrize("said", [[], [event("churn-7d4-a", "Scheduled", "no warning", "Normal")]])
def test_without_a_trace_of_the_cause_the_controller_s_word_stands(clone: Clone, said: list[Any]) -> None:
    class Silent(FakeCluster):
        def pods(self, service: WantedService) -> list[Any]:
            del service
            return []

        def events(self, namespace: str) -> list[Any]:
            del namespace
            return said

    failed = rollout("churn", phase="Degraded", currentPodHash="7d4" if said else None, message="it went wrong")
    cluster = Silent(Clock(), {"growth/churn": lambda _: failed})
    outcome = look(cluster, clone.desired("dev").team("growth")[:1], IMAGES)[0]  # type: ignore[arg-type]
    assert outcome.health.message == "it went wrong"


def test_pods_that_an_abort_took_away_are_told_by_their_events(clone: Clone) -> None:
    class Gone(FakeCluster):
        def pods(self, service: WantedService) -> list[Any]:
            del service
            return []

        def events(self, namespace: str) -> list[Any]:
            del namespace
            return [
                event("churn-69c7f9b8d4-x", "Failed", "of the release before"),
                event("churn-7d4-a", "Failed", "ErrImagePull"),
                event("churn-7d4-a", "Scheduled", "no warning", "Normal"),
            ]

    failed = rollout("churn", phase="Degraded", abort=True, currentPodHash="7d4", message="exceeded its deadline")
    clock = Clock()
    cluster = Gone(clock, {"growth/churn": lambda _: failed})
    services = clone.desired("dev").team("growth")[:1]
    outcome = look(cluster, services, IMAGES)[0]  # type: ignore[arg-type]
    assert outcome.health.message == (
        "aborted, back on the old release: exceeded its deadline; "
        "pod churn-7d4-a, gone by now (event Failed: ErrImagePull)"
    )


def test_an_exposed_service_is_waited_for_until_its_route_is_served(clone: Clone) -> None:
    clone.edit("environments/dev.yaml", "branch:", "gateway: {domain: ml.acme.example}\nbranch:")
    clone.edit(FRAUD, "port: 8080", "port: 8080\nexpose: {host: fraud, auth: none}")
    for name in ("local", "production"):
        (clone.root / "environments" / f"{name}.yaml").unlink()
    clock, notes = Clock(), list[str]()
    cluster = FakeCluster(clock, {"growth/fraud": lambda _: deployment("fraud")})
    cluster.way_in = lambda now: ACCEPTED if now >= 5 else part("HTTPRoute")
    services = [service for service in clone.desired("dev").services if service.key == "growth/fraud"]
    (outcome,) = wait(cluster, services, IMAGES, notes.append, clock=lambda: clock.now, sleep=clock.sleep)  # type: ignore[arg-type]
    assert (outcome.health.state, clock.now) == (State.HEALTHY, 5)
    assert "growth/fraud 3/3: no gateway has seen its HTTPRoute yet" in notes


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ("the controller is not available", [State.FAILED, State.HEALTHY]),
        ("", [State.HEALTHY, State.HEALTHY]),
        (None, [State.HEALTHY, State.HEALTHY]),
    ],
)
def test_a_rollout_without_its_controller_has_failed(clone: Clone, said: str | None, states: list[State]) -> None:
    live = {"growth/churn": lambda _: rollout("churn"), "growth/fraud": lambda _: deployment("fraud")}
    outcomes, _, cluster, _ = run(clone, live)
    cluster.supervision = said
    found = supervised(cluster, outcomes)  # type: ignore[arg-type]
    assert [outcome.health.state for outcome in found] == states
    assert found[0].health.message == (said or "")

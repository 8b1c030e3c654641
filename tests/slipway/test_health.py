"""Verdicts on live objects, in the shapes that the controllers really write."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

from typing import Any

import pytest

from slipway.diagnosis import diagnose
from slipway.health import Health, State, judge, reached

IMAGE, OLD = "europe-docker/ml/churn@sha256:new", "europe-docker/ml/churn@sha256:old"
STEPS = [
    {"setWeight": 25},
    {"pause": {"duration": "300s"}},
    {"setWeight": 50},
    {"pause": {}},
]


def deployment(image: str = IMAGE, *, replicas: int = 3, paused: bool = False, **status: Any) -> dict[str, Any]:
    """As `kubectl get deployment -o json` has it."""
    full = {"observedGeneration": 7, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "churn", "namespace": "growth", "generation": 7},
        "spec": {
            "replicas": replicas,
            "paused": paused,
            "template": {"spec": {"containers": [{"name": "service", "image": image}]}},
        },
        "status": {key: value for key, value in {**full, **status}.items() if value is not None},
    }


def rollout(image: str = IMAGE, *, paused: bool = False, **status: Any) -> dict[str, Any]:
    """As the Argo Rollouts controller 1.10 writes it: observedGeneration is a string."""
    full = {
        "observedGeneration": "7",
        "phase": "Healthy",
        "currentPodHash": "69c7f9b8d4",
        "stableRS": "69c7f9b8d4",
        "currentStepIndex": len(STEPS),
        "replicas": 4,
        "updatedReplicas": 4,
        "readyReplicas": 4,
        "availableReplicas": 4,
    }
    made = deployment(image, replicas=4, paused=paused)
    return {
        **made,
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "spec": {**made["spec"], "strategy": {"canary": {"steps": STEPS}}},
        "status": {key: value for key, value in {**full, **status}.items() if value is not None},
    }


def blue_green(*, active: str = "6c9", approved: bool = False, **status: Any) -> dict[str, Any]:
    """A blue-green Rollout from release 6c9 to 7d4."""
    built = rollout(**{"currentPodHash": "7d4", "stableRS": "6c9", "blueGreen": {"activeSelector": active}, **status})
    built["spec"]["strategy"] = {"blueGreen": {"activeService": "churn", "autoPromotionEnabled": not approved}}
    return built


DEADLINE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "..."}
PROGRESSING = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
CASES = [
    ("absent", None, State.MISSING, "it is not in the cluster"),
    ("complete", deployment(conditions=[PROGRESSING]), State.HEALTHY, ""),
    ("other-image", deployment(OLD), State.OTHER, f"the cluster wants {OLD}"),
    ("stale", deployment(observedGeneration=6), State.PROGRESSING, "its controller has not seen the change yet"),
    ("unseen", deployment(observedGeneration=None), State.PROGRESSING, "its controller has not seen the change yet"),
    ("no-status", {**deployment(), "status": {}}, State.PROGRESSING, "its controller has not seen the change yet"),
    ("updating", deployment(updatedReplicas=1), State.PROGRESSING, "1 of 3 pods run the new release"),
    ("not-ready", deployment(availableReplicas=2), State.PROGRESSING, "2 of 3 pods are ready"),
    ("none-ready", deployment(availableReplicas=None), State.PROGRESSING, "0 of 3 pods are ready"),
    ("deadline", deployment(updatedReplicas=1, conditions=[DEADLINE]), State.FAILED, "no progress within its deadline"),
    ("stale-deadline", deployment(observedGeneration=6, conditions=[DEADLINE]), State.PROGRESSING, "its controller has not seen the change yet"),
    ("paused", deployment(updatedReplicas=1, paused=True), State.WAITING, "it is paused"),
    ("below-minimum", deployment(replicas=2), State.PROGRESSING, "the autoscaler has not raised it from 2 yet"),
    ("scaled-up", deployment(replicas=5), State.PROGRESSING, "3 of 5 pods run the new release"),
    ("rollout", rollout(), State.HEALTHY, ""),
    ("rollout-other", rollout(OLD), State.OTHER, f"the cluster wants {OLD}"),
    ("rollout-stale", rollout(observedGeneration="6"), State.PROGRESSING, "its controller has not seen the change yet"),
    ("rollout-stale-number", rollout(observedGeneration=6), State.PROGRESSING, "its controller has not seen the change yet"),
    ("rollout-holds", rollout(phase="Paused", message="CanaryPauseStep", currentStepIndex=1), State.PROGRESSING, "holding, step 1 of 2, weight 25 %"),
    ("rollout-approval", rollout(phase="Paused", message="CanaryPauseStep", currentStepIndex=3), State.WAITING, "paused until somebody goes on, step 2 of 2, weight 50 %"),
    ("rollout-between", rollout(phase="Paused", message="inconclusive", currentStepIndex=2), State.PROGRESSING, "holding, step 2 of 2, weight 50 %"),
    ("rollout-stopped", rollout(phase="Paused", message="manually paused", currentStepIndex=1, paused=True), State.WAITING, "paused until somebody goes on, step 1 of 2, weight 25 %"),
    ("rollout-moves", rollout(phase="Progressing", message="more replicas need to be updated", currentStepIndex=0, currentPodHash="7d4"), State.PROGRESSING, "more replicas need to be updated, step 1 of 2, weight 25 %"),
    ("rollout-quiet", rollout(phase="Progressing", currentStepIndex=2), State.PROGRESSING, "rolling out, step 2 of 2, weight 50 %"),
    ("rollout-aborted", rollout(phase="Degraded", abort=True, message="RolloutAborted: exceeded its deadline"), State.FAILED, "aborted, back on the old release: RolloutAborted: exceeded its deadline"),
    ("rollout-degraded", rollout(phase="Degraded", message="ProgressDeadlineExceeded"), State.FAILED, "ProgressDeadlineExceeded"),
    ("rollout-degraded-quiet", rollout(phase="Degraded"), State.FAILED, "degraded"),
    ("rollout-healthy-of-before", rollout(currentPodHash="7d4"), State.PROGRESSING, "rolling out"),
    ("preview-holds", blue_green(phase="Paused"), State.PROGRESSING, "holding, `churn` leads to the old release"),
    ("preview-approval", blue_green(approved=True, phase="Paused"), State.WAITING, "paused until somebody goes on, `churn` leads to the old release"),
    ("switched", blue_green(active="7d4", phase="Progressing"), State.PROGRESSING, "rolling out, `churn` leads to the new release"),
    ("blue-green", blue_green(active="7d4", phase="Healthy", stableRS="7d4"), State.HEALTHY, ""),
    ("rollout-few", rollout(availableReplicas=3), State.PROGRESSING, "3 of 4 pods are ready"),
    ("rollout-first", rollout(phase=None, currentStepIndex=None, stableRS=None, availableReplicas=None), State.PROGRESSING, "rolling out, step 1 of 2, weight 25 %"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "workload", "state", "message"), CASES, ids=[case[0] for case in CASES])
def test_verdicts(name: str, workload: dict[str, Any] | None, state: State, message: str) -> None:
    del name
    found = judge(workload, IMAGE, 3)
    assert (found.state, found.message) == (state, message)
    assert found.settled == (state is not State.PROGRESSING)


def test_pods_of_the_old_release_that_end_are_waited_for() -> None:
    workload = deployment()
    workload["status"]["replicas"] = 4
    assert judge(workload, IMAGE, 3) == Health(State.PROGRESSING, 3, 3, "pods of the old release are ending")


def test_wanted_is_the_number_that_the_autoscaler_asks_for() -> None:
    workload = rollout()
    workload["spec"]["replicas"] = 9
    assert judge(workload, IMAGE, 3) == Health(State.PROGRESSING, 4, 9, "4 of 9 pods are ready")


def test_without_a_number_the_api_means_one() -> None:
    workload = deployment(updatedReplicas=1, replicas=1, availableReplicas=1)
    workload["status"]["replicas"] = 1
    del workload["spec"]["replicas"]
    assert judge(workload, IMAGE, 1) == Health(State.HEALTHY, 1, 1)


def pod(name: str, *, ready: bool = False, phase: str = "Pending", **more: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}, *more.pop("conditions", [])]
    metadata = {"name": name, **more.pop("metadata", {})}
    return {"metadata": metadata, "status": {"phase": phase, "conditions": conditions, **more}}


def waiting(reason: str, message: str = "", restarts: int = 0) -> dict[str, Any]:
    said = {"message": message} if message else {}
    return {"name": "service", "restartCount": restarts, "state": {"waiting": {"reason": reason, **said}}}


def event(name: str, reason: str, message: str, kind: str = "Warning") -> dict[str, Any]:
    return {"involvedObject": {"kind": "Pod", "name": name}, "type": kind, "reason": reason, "message": message}


UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/3 nodes are available: 3 Insufficient memory.",
}
DIAGNOSES = [
    ("well", pod("a", ready=True, phase="Running"), ""),
    ("going", pod("a", metadata={"deletionTimestamp": "2026-11-21T00:00:00Z"}), ""),
    ("image", pod("a", containerStatuses=[waiting("ErrImagePull", "not found")]), "pod a: ErrImagePull: not found"),
    ("model", pod("a", phase="Pending", initContainerStatuses=[waiting("CrashLoopBackOff", "back-off 10s", 2) | {"name": "model", "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "model: it is another\n"}}}]), "pod a: CrashLoopBackOff after 2 restarts: model ended with 1: model: it is another"),
    ("crash", pod("a", phase="Running", containerStatuses=[waiting("CrashLoopBackOff", "back-off 10s", 4)]), "pod a: CrashLoopBackOff after 4 restarts: back-off 10s"),
    ("init", pod("a", initContainerStatuses=[waiting("ImagePullBackOff")], containerStatuses=[waiting("PodInitializing")]), "pod a: ImagePullBackOff"),
    ("nowhere", pod("a", conditions=[UNSCHEDULABLE]), "pod a: Unschedulable: 0/3 nodes are available: 3 Insufficient memory."),
    ("not-ready", pod("a", phase="Running", containerStatuses=[{"state": {"running": {}}}]), "pod a: running but not ready"),
    ("pending", pod("a"), "pod a: Pending"),
    ("new", {"metadata": {"name": "a"}}, "pod a: not started"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "seen", "said"), DIAGNOSES, ids=[case[0] for case in DIAGNOSES])
def test_diagnoses(name: str, seen: dict[str, Any], said: str) -> None:
    del name
    assert diagnose([seen], []) == said


def test_the_last_warning_about_the_pod_is_told() -> None:
    events = [
        event("a", "Failed", "first"),
        event("b", "Failed", "of another pod"),
        event("a", "BackOff", "Back-off pulling image"),
        event("a", "Pulling", "no warning", "Normal"),
    ]
    said = diagnose([pod("a", containerStatuses=[waiting("ErrImagePull")])], events)
    assert said == "pod a: ErrImagePull (event BackOff: Back-off pulling image)"


def test_many_pods_are_counted() -> None:
    assert diagnose([pod(name) for name in "abcde"], []) == (
        "pod a: Pending; pod b: Pending; pod c: Pending; and 2 more pods"
    )


ROUTE_PARTS = ("HTTPRoute", "GCPBackendPolicy", "HealthCheckPolicy")


def part(kind: str, *conditions: dict[str, Any], generation: int = 3) -> dict[str, Any]:
    """A part of a service's way in, as a gateway's controller writes its status."""
    status = (
        {"parents": [{"conditions": list(conditions)}]} if kind == "HTTPRoute" else {"conditions": list(conditions)}
    )
    return {"kind": kind, "metadata": {"generation": generation}, "status": status}


def condition(type_: str, status: str = "True", reason: str = "Ok", generation: int = 3, **more: str) -> dict[str, Any]:
    return {"type": type_, "status": status, "reason": reason, "observedGeneration": generation, **more}


ACCEPTED = part("HTTPRoute", condition("Accepted"), condition("ResolvedRefs"))
WAYS_IN = [
    ("not-exposed", [], ""),
    ("served", [ACCEPTED, part("GCPBackendPolicy", condition("Attached")), part("HealthCheckPolicy")], ""),
    (
        "route-missing",
        [None, part("GCPBackendPolicy"), part("HealthCheckPolicy")],
        "a part of its way in is not in the cluster",
    ),
    ("policy-missing", [ACCEPTED, None, part("HealthCheckPolicy")], "a part of its way in is not in the cluster"),
    ("unseen", [part("HTTPRoute")], "no gateway has seen its HTTPRoute yet"),
    ("stale", [part("HTTPRoute", condition("Accepted", generation=2))], "no gateway has seen its HTTPRoute yet"),
    (
        "refused",
        [part("HTTPRoute", condition("Accepted", "False", "NotAllowedByListeners", message="not for growth"))],
        "its HTTPRoute is not served (Accepted is False: NotAllowedByListeners: not for growth)",
    ),
    (
        "no-backend",
        [part("HTTPRoute", condition("Accepted"), condition("ResolvedRefs", "False", "BackendNotFound"))],
        "its HTTPRoute is not served (ResolvedRefs is False: BackendNotFound)",
    ),
    (
        "policy-off",
        [ACCEPTED, part("GCPBackendPolicy", condition("Attached", "False", "TargetNotFound"))],
        "its GCPBackendPolicy is not served (Attached is False: TargetNotFound)",
    ),
    (
        "policy-stale",
        [ACCEPTED, part("GCPBackendPolicy", condition("Attached", "False", "TargetNotFound", generation=2))],
        "",
    ),
]


@pytest.mark.parametrize(("name", "entrance", "message"), WAYS_IN, ids=[case[0] for case in WAYS_IN])
def test_a_service_that_nobody_reaches_is_not_healthy(name: str, entrance: list[Any], message: str) -> None:
    del name
    healthy = Health(State.HEALTHY, 4, 4)
    expected = Health(State.PROGRESSING, 4, 4, message) if message else healthy
    assert reached(healthy, entrance) == expected
    for state in set(State) - {State.HEALTHY}:
        assert reached(Health(state, 1, 4, "as it was"), entrance) == Health(state, 1, 4, "as it was")

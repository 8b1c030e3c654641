"""How kwok plays pods: well, and ill on purpose."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import Kube, template, until, workload

if TYPE_CHECKING:
    from localcloud.controlplane import ControlPlane

pytestmark = pytest.mark.live

GOOD = "ml/echo@sha256:" + "1" * 64
MISSING = "ml/echo@sha256:" + "0" * 64


def condition(pod: dict[str, Any], kind: str) -> str:
    return next((c["status"] for c in pod["status"].get("conditions", []) if c["type"] == kind), "")


def waiting(pod: dict[str, Any]) -> str:
    state = pod["status"].get("containerStatuses", [{}])[0].get("state", {})
    return str(state.get("waiting", {}).get("reason", ""))


def one_pod(kube: Kube, namespace: str, name: str) -> dict[str, Any]:
    found = kube.pods(namespace, f"app={name}")
    return found[0] if found else {"status": {}}


@pytest.fixture(scope="module")
def namespace(kube: Kube) -> str:
    return kube.namespace("pods")


def test_a_deployment_becomes_available_after_a_moment(kube: Kube, namespace: str) -> None:
    began = time.monotonic()
    kube.apply(namespace, workload("Deployment", "good", 3, template("good", GOOD)))
    until(lambda: kube.get(namespace, "apps/v1", "deployments", "good")["status"].get("availableReplicas") == 3)
    assert 0.7 < time.monotonic() - began < 15
    pods = kube.pods(namespace, "app=good")
    assert len({pod["status"]["podIP"] for pod in pods}) == 3
    assert {pod["status"]["containerStatuses"][0]["imageID"] for pod in pods} == {GOOD}
    name = pods[0]["metadata"]["name"]
    began = time.monotonic()
    kube.delete(namespace, "v1", "pods", name)
    until(lambda: name not in {pod["metadata"]["name"] for pod in kube.pods(namespace, "app=good")})
    assert time.monotonic() - began < 10, "well before the grace period of 30 s"


def test_an_image_that_is_not_there(kube: Kube, namespace: str) -> None:
    kube.apply(namespace, workload("Deployment", "missing", 1, template("missing", MISSING)))
    until(lambda: waiting(one_pod(kube, namespace, "missing")) == "ErrImagePull")
    until(lambda: waiting(one_pod(kube, namespace, "missing")) == "ImagePullBackOff")
    pod = one_pod(kube, namespace, "missing")
    assert pod["status"]["phase"] == "Pending"
    assert condition(pod, "Ready") == "False"
    events = until(lambda: kube.events(namespace, pod["metadata"]["name"]))
    assert any(reason == "Failed" and "Failed to pull image" in message for reason, message in events)


def test_a_container_that_crashes(kube: Kube, namespace: str) -> None:
    pod_template = template("crash", GOOD, {"LOCALCLOUD_FAULT": "crash"})
    kube.apply(namespace, workload("Deployment", "crash", 1, pod_template))
    until(lambda: waiting(one_pod(kube, namespace, "crash")) == "CrashLoopBackOff")
    pod = one_pod(kube, namespace, "crash")
    assert pod["status"]["phase"] == "Running"
    assert condition(pod, "Ready") == "False"
    (container,) = pod["status"]["containerStatuses"]
    assert container["restartCount"] == 1
    assert container["lastState"]["terminated"]["exitCode"] == 1
    assert ("BackOff", "Back-off restarting failed container (LOCALCLOUD_FAULT=crash)") in kube.events(
        namespace, pod["metadata"]["name"]
    )
    until(lambda: one_pod(kube, namespace, "crash")["status"]["containerStatuses"][0]["restartCount"] == 2)


def test_a_container_that_is_never_ready(kube: Kube, namespace: str) -> None:
    pod_template = template("unready", GOOD, {"LOCALCLOUD_FAULT": "unready"})
    kube.apply(namespace, workload("Deployment", "unready", 1, pod_template))
    until(lambda: one_pod(kube, namespace, "unready")["status"].get("phase") == "Running")
    time.sleep(4)  # it stays so: no other stage takes it up
    pod = one_pod(kube, namespace, "unready")
    assert condition(pod, "Ready") == "False"
    assert pod["status"]["containerStatuses"][0]["ready"] is False
    assert "Unhealthy" in {reason for reason, _ in kube.events(namespace, pod["metadata"]["name"])}


def job(name: str, env: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": template(name, GOOD, env, restartPolicy="Never")},
    }


def test_a_job_completes_and_a_crashing_one_fails(kube: Kube, namespace: str) -> None:
    kube.apply(namespace, job("batch", {}))
    kube.apply(namespace, job("broken", {"LOCALCLOUD_FAULT": "crash"}))
    until(lambda: kube.get(namespace, "batch/v1", "jobs", "batch")["status"].get("succeeded") == 1)
    until(lambda: kube.get(namespace, "batch/v1", "jobs", "broken")["status"].get("failed") == 1)


def test_a_pod_marked_not_ready_by_the_node_controller_recovers(kube: Kube, namespace: str) -> None:
    """What the node controller writes while a node is away is undone when it is back."""
    kube.apply(namespace, workload("Deployment", "back", 1, template("back", GOOD)))
    pod = until(lambda: next((p for p in kube.pods(namespace, "app=back") if condition(p, "Ready") == "True"), None))
    path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}"
    patch = {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "NodeNotReady"}]}}
    kube.api.call("PATCH", f"{path}/status", patch, kind="application/strategic-merge-patch+json")
    assert condition(kube.api.call("GET", path), "Ready") == "False"
    until(lambda: condition(kube.api.call("GET", path), "Ready") == "True")


def test_a_restarted_kwok_takes_its_nodes_up_at_once(kube: Kube, control_plane: ControlPlane, namespace: str) -> None:
    """Its predecessor's leases last 40 s: they are not waited for."""
    control_plane._stop("kwok")
    control_plane.start()
    began = time.monotonic()
    kube.apply(namespace, workload("Deployment", "after", 1, template("after", GOOD)))
    until(lambda: kube.get(namespace, "apps/v1", "deployments", "after")["status"].get("availableReplicas") == 1)
    assert time.monotonic() - began < 15


def test_a_canary_steps(kube: Kube, rollouts: ControlPlane) -> None:
    assert rollouts.healthy()
    namespace = kube.namespace("canary")
    canary = {
        "canary": {
            "maxSurge": 1,
            "maxUnavailable": 0,
            "steps": [
                {"setWeight": 20},
                {"pause": {"duration": "3s"}},
                {"setWeight": 60},
                {"pause": {"duration": "1s"}},
            ],
        }
    }

    def read() -> dict[str, Any]:
        """Return the status, once the controller has seen the last change."""
        found = kube.get(namespace, "argoproj.io/v1alpha1", "rollouts", "web")
        status = dict(found.get("status", {}))
        return status if status.get("observedGeneration") == str(found["metadata"]["generation"]) else {}

    kube.apply(namespace, workload("Rollout", "web", 5, template("web", GOOD), strategy=canary))
    until(lambda: read().get("phase") == "Healthy")
    kube.apply(namespace, workload("Rollout", "web", 5, template("web", GOOD[:-1] + "2"), strategy=canary))
    seen: set[tuple[int | None, int | None]] = set()

    def sampled() -> bool:
        status = read()
        seen.add((status.get("currentStepIndex"), status.get("updatedReplicas")))
        return status.get("phase") == "Healthy" and status.get("updatedReplicas") == 5

    until(sampled, seconds=60)
    assert {(1, 1), (3, 3)} <= seen, "one pod of five, then three"


def test_stopping_the_rollouts_controller_stops_it_only(rollouts: ControlPlane) -> None:
    rollouts.stop_rollouts()
    states = {part.name: part.state for part in rollouts.status()}
    assert states.pop("rollouts-controller") == "stopped"
    assert set(states.values()) == {"running"}
    assert rollouts.start_rollouts()
    assert {part.name: part.state for part in rollouts.status()}["rollouts-controller"] == "running"


def test_a_model_that_is_another_one(kube: Kube, namespace: str) -> None:
    """The service waits for its step, which ends with 1, and is started again after a while."""
    arguments = ["/bucket/m/1", "/models/m/1", "sha256:" + "0" * 64]
    before = [
        {"name": "model", "image": GOOD, "args": arguments},
        {"name": "side", "image": GOOD, "restartPolicy": "Always"},
    ]
    kube.apply(namespace, workload("Deployment", "model", 1, template("model", GOOD, initContainers=before)))

    def step() -> dict[str, Any]:
        return dict((one_pod(kube, namespace, "model")["status"].get("initContainerStatuses") or [{}])[0])

    until(lambda: step().get("state", {}).get("waiting", {}).get("reason") == "CrashLoopBackOff")
    pod = one_pod(kube, namespace, "model")
    assert (pod["status"]["phase"], condition(pod, "Initialized"), condition(pod, "Ready")) == (
        "Pending",
        "False",
        "False",
    )
    assert waiting(pod) == "PodInitializing"
    ended = step()["lastState"]["terminated"]
    assert (ended["exitCode"], ended["message"].partition(" is ")[0]) == (1, "model: /bucket/m/1")
    until(lambda: step()["restartCount"] == 2)

"""Waiting until live: kinds, `waitFor`, timeouts, cancellation, and partial failures that heal."""

from __future__ import annotations

import copy
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.model import PartialFailureError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Resource  # pyright: ignore[reportMissingImports]

    from localcloud.providers.kubernetes.provider import Kubernetes

    Make = Callable[..., Resource]

pytestmark = pytest.mark.live

LABELS = {"app": "x"}
NOWHERE = {"nodeSelector": {"no": "where"}}


def deployment(namespace: str, **pod: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "c:1"}], **pod}}
    spec = {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x", "namespace": namespace},
        "spec": spec,
    }


def job(namespace: str, **spec: Any) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "c:1"}], **spec.pop("pod", {})}
    meta = {"name": "x", "namespace": namespace, **spec.pop("metadata", {})}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": {"spec": pod}, **spec}}


def service(namespace: str, **spec: Any) -> dict[str, Any]:
    meta = {"name": "x", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 80}], **spec}}


def annotate(obj: dict[str, Any], **notes: str) -> dict[str, Any]:
    result = copy.deepcopy(obj)
    result["metadata"]["annotations"] = {f"pulumi.com/{key}": value for key, value in notes.items()}
    return result


def test_a_rollout_that_cannot_finish_names_pod_and_event_and_heals(
    make: Make, provider: Kubernetes, namespace: str
) -> None:
    broken = deployment(namespace, **NOWHERE)
    resource = make(broken).create(broken, timeout=4)
    text = "; ".join(resource.problems)
    assert "failed to fully initialize or become live: 'x' timed out waiting to be Ready" in text
    assert f"[Pod {namespace}/x-" in text
    assert "FailedScheduling" in text or "Unschedulable" in text
    assert any("Pods ready" in line for line in provider.said)  # pyright: ignore[reportAttributeAccessIssue]
    assert resource.id == f"{namespace}/x"
    with pytest.raises(PartialFailureError):
        resource.refresh()
    resource.update(deployment(namespace))
    assert not resource.problems
    assert resource.outputs["status"]["readyReplicas"] == 1
    assert resource.refresh() is not None


def test_a_missed_progress_deadline_fails_at_once(make: Make, namespace: str) -> None:
    broken = deployment(namespace, **NOWHERE)
    broken["spec"]["progressDeadlineSeconds"] = 2
    start = time.monotonic()
    resource = make(broken).create(broken, timeout=60)
    assert time.monotonic() - start < 20
    assert "ProgressDeadlineExceeded" in "; ".join(resource.problems)


def test_skip_await_and_timeout_annotation(make: Make, namespace: str) -> None:
    skipped = annotate(deployment(namespace, **NOWHERE), skipAwait="true")
    assert not make(skipped).create(skipped).problems
    timed = annotate({**job(namespace, pod=NOWHERE)}, timeoutSeconds="1")
    start = time.monotonic()
    assert make(timed).create(timed, timeout=0).problems
    assert time.monotonic() - start < 10


def test_a_job_waits_for_its_success_and_its_failure_is_final(make: Make, namespace: str) -> None:
    good = job(namespace)
    assert make(good).create(good).outputs["status"]["succeeded"] == 1
    bad = job(namespace, metadata={"name": "bad"}, pod=NOWHERE, activeDeadlineSeconds=1)
    resource = make(bad).create(bad, timeout=60)
    assert "DeadlineExceeded" in "; ".join(resource.problems)


def test_replace_unready_makes_a_job_again_that_did_not_succeed(make: Make, namespace: str) -> None:
    bad = annotate(job(namespace, pod=NOWHERE, activeDeadlineSeconds=1), replaceUnready="true")
    resource = make(bad).create(bad)
    answer = resource.diff(bad)
    assert answer.replaces == ['.metadata.annotations["pulumi.com/replaceUnready"]']
    assert answer.delete_before_replace
    good = annotate(job(namespace, metadata={"name": "good"}), replaceUnready="true")
    assert not make(good).create(good).diff(good).replaces


def test_a_service_waits_for_endpoints(make: Make, namespace: str) -> None:
    lonely = service(namespace, selector=LABELS)
    resource = make(lonely).create(lonely, timeout=2)
    assert "Service does not target any Pods" in "; ".join(resource.problems)
    make(deployment(namespace)).create(deployment(namespace))
    assert not resource.update(lonely).problems
    balanced = service(namespace, selector=LABELS, type="LoadBalancer")
    assert "was not allocated an address" in "; ".join(resource.update(balanced, timeout=2).problems)


@pytest.mark.parametrize(
    "expression",
    [
        "jsonpath={.data.a}=1",
        "jsonpath={.metadata.uid}",
        '["jsonpath={.data.a}=1", "jsonpath={.data[\'b.c\']}"]',
        """jsonpath={.metadata.managedFields[?(@.operation=="Update")].manager}=pulumi-kubernetes""",
    ],
)
def test_wait_for_that_holds(make: Make, namespace: str, expression: str) -> None:
    meta = {"name": "x", "namespace": namespace, "annotations": {"pulumi.com/waitFor": expression}}
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "1", "b.c": "2"}}
    assert not make(obj).create(obj).problems


def test_wait_for_comes_before_the_kinds_own_wait(make: Make, namespace: str) -> None:
    broken = annotate(deployment(namespace, **NOWHERE), waitFor="condition=Available=False")
    assert not make(broken).create(broken).problems
    never = annotate(deployment(namespace), waitFor="condition=Nothing")
    never["metadata"]["name"] = "never"
    assert "Waiting for condition=Nothing" in "; ".join(make(never).create(never, timeout=1).problems)


@pytest.mark.parametrize(
    "expression", ["Ready", "jsonpath=.a=1", "jsonpath={.a}=", "jsonpath='{.a}'=1", "[]", "jsonpath={.a[?(}=1"]
)
def test_wait_for_that_is_not_understood_is_refused_before_anything_is_made(
    make: Make, namespace: str, expression: str
) -> None:
    meta = {"name": "x", "namespace": namespace, "annotations": {"pulumi.com/waitFor": expression}}
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
    with pytest.raises(ProviderError):
        make(obj).check(obj)


def test_cancelling_ends_a_wait_with_the_object_kept(make: Make, provider: Kubernetes, namespace: str) -> None:
    broken = deployment(namespace, **NOWHERE)
    threading.Timer(1.0, provider.cancelled.set).start()
    start = time.monotonic()
    resource = make(broken).create(broken, timeout=60)
    assert time.monotonic() - start < 10
    assert "was cancelled" in "; ".join(resource.problems)
    assert resource.id


def test_deletion_waits_for_finalizers_and_says_so(make: Make, namespace: str) -> None:
    meta = {"name": "x", "namespace": namespace, "finalizers": ["example.com/hold"]}
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
    resource = make(obj).create(obj)
    request = resource.request(timeout=1)
    with pytest.raises(ProviderError, match=r"example\.com/hold"):
        resource.provider.delete(request, resource.inputs, resource.outputs)


def test_deletion_propagation(make: Make, provider: Kubernetes, namespace: str) -> None:
    def pods() -> list[dict[str, Any]]:
        assert provider._cluster is not None
        from localcloud.providers.kubernetes.awaiting.pods import POD  # noqa: PLC0415

        return provider._cluster.list(POD, namespace, labelSelector="app=x")

    orphaning = annotate(deployment(namespace), deletionPropagationPolicy="orphan")
    resource = make(orphaning).create(orphaning)
    assert pods()
    resource.delete()
    assert pods()  # nobody's now
    plain = deployment(namespace)
    again = make(plain).create(plain)
    again.delete()  # foreground: it ends when its pods have gone
    assert again.refresh() is None


def test_namespace_deletion_waits_until_it_is_gone(make: Make, namespace: str) -> None:
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{namespace}-gone"}}
    resource = make(obj).create(obj)
    inner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": f"{namespace}-gone"}}
    child = make(inner).create(inner)
    resource.delete()
    assert resource.refresh() is None
    assert child.refresh() is None


def test_what_kubernetes_protects_is_left_without_our_fields(
    make: Make, kubeconfig: str, configure: Callable[..., Kubernetes]
) -> None:
    meta = {"name": "default", "labels": {"slipway-test": "1"}, "annotations": {"pulumi.com/patchForce": "true"}}
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
    resource = make(obj, by=configure(kubeconfig, upsertExistingObjects="true")).create(obj)
    resource.delete()
    found = resource.refresh()
    assert found is not None
    assert "slipway-test" not in found.outputs["metadata"].get("labels", {})

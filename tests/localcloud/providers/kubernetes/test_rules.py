"""The table of kind x property -> replace or update, without a cluster (`provider/pkg/provider/diff.go`)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from localcloud.providers.kubernetes.config import Settings
from localcloud.providers.kubernetes.provider import Kubernetes
from localcloud.providers.kubernetes.state import checkpoint
from localcloud.providers.model import Diff, DiffKind, Request

META = {"name": "x", "namespace": "n"}
POD = {"containers": [{"name": "c", "image": "a:1"}]}
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": POD}
SELECTOR = {"matchLabels": {"app": "x"}}
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}

UPDATE, REPLACE = DiffKind.UPDATE, DiffKind.UPDATE_REPLACE
ADD, ADD_REPLACE = DiffKind.ADD, DiffKind.ADD_REPLACE
DELETE, DELETE_REPLACE = DiffKind.DELETE, DiffKind.DELETE_REPLACE


def workload(kind: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "spec": {"selector": SELECTOR, "template": TEMPLATE, **spec}}


CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"a": "MQ=="}}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": TEMPLATE, "parallelism": 1, "backoffLimit": 1}}
CRON = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "spec": {"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": TEMPLATE}}},
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "spec": {"clusterIP": "None", "ports": [{"port": 80}], "selector": {"a": "b"}},
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "s", "resources": {"requests": {"storage": "1Gi"}}},
}
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}},
}
BINDING = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "roleRef": ROLE, "subjects": []}
CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "provisioner": "p",
    "reclaimPolicy": "Delete",
    "parameters": {"a": "b"},
}
PRIORITY = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1}
BUDGET = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"minAvailable": 1, "selector": SELECTOR}}
QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"pods": "1"}, "scopes": ["BestEffort"]}}
ROLLOUT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "spec": {"selector": SELECTOR, "template": TEMPLATE},
}
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"ingressClassName": "a"}}

CASES = [
    (CONFIG_MAP, "data.a", "2", {"data.a": REPLACE}),
    (CONFIG_MAP, "data.b", "2", {"data.b": ADD_REPLACE}),
    (CONFIG_MAP, "data.a", None, {"data": DELETE_REPLACE}),
    (CONFIG_MAP, "immutable", True, {"immutable": ADD}),
    (CONFIG_MAP, "metadata.labels.a", "b", {"metadata.labels": ADD}),
    (CONFIG_MAP, "metadata.name", "y", {"metadata.name": REPLACE}),
    (CONFIG_MAP, "metadata.namespace", "y", {"metadata.namespace": REPLACE}),
    (SECRET, "data.a", "Mg==", {"data.a": REPLACE}),
    (SECRET, "type", "other", {"type": REPLACE}),
    (SECRET, "metadata.annotations.k", "v", {"metadata.annotations": ADD}),
    (workload("Deployment", replicas=1), "spec.replicas", 2, {"spec.replicas": UPDATE}),
    (workload("Deployment", replicas=1), "spec.replicas", None, {"spec.replicas": DELETE}),
    (workload("Deployment"), "spec.selector.matchLabels.app", "y", {"spec.selector.matchLabels.app": REPLACE}),
    (workload("Deployment"), "spec.selector.matchLabels.b", "y", {"spec.selector.matchLabels.b": ADD_REPLACE}),
    (
        workload("Deployment"),
        "spec.template.spec.containers.0.image",
        "a:2",
        {"spec.template.spec.containers[0].image": UPDATE},
    ),
    (workload("Deployment"), "spec.template.metadata.labels.app", "y", {"spec.template.metadata.labels.app": UPDATE}),
    (workload("DaemonSet"), "spec.selector.matchLabels.app", "y", {"spec.selector.matchLabels.app": REPLACE}),
    (workload("DaemonSet"), "spec.minReadySeconds", 3, {"spec.minReadySeconds": ADD}),
    (workload("ReplicaSet"), "spec.selector.matchLabels.app", "y", {"spec.selector.matchLabels.app": UPDATE}),
    (workload("StatefulSet", serviceName="s"), "spec.serviceName", "t", {"spec.serviceName": REPLACE}),
    (workload("StatefulSet"), "spec.podManagementPolicy", "Parallel", {"spec.podManagementPolicy": ADD_REPLACE}),
    (
        workload("StatefulSet", revisionHistoryLimit=1),
        "spec.revisionHistoryLimit",
        2,
        {"spec.revisionHistoryLimit": REPLACE},
    ),
    (workload("StatefulSet", replicas=1), "spec.replicas", 2, {"spec.replicas": UPDATE}),
    (JOB, "spec.parallelism", 2, {"spec.parallelism": REPLACE}),
    (JOB, "spec.completions", 2, {"spec.completions": ADD_REPLACE}),
    (JOB, "spec.backoffLimit", 2, {"spec.backoffLimit": UPDATE}),
    (JOB, "spec.template.spec.containers.0.image", "a:2", {"spec.template.spec.containers[0].image": REPLACE}),
    (CRON, "spec.schedule", "0 2 * * *", {"spec.schedule": UPDATE}),
    (
        CRON,
        "spec.jobTemplate.spec.template.spec.containers.0.image",
        "b",
        {"spec.jobTemplate.spec.template.spec.containers[0].image": UPDATE},
    ),
    (SERVICE, "spec.clusterIP", None, {"spec.clusterIP": DELETE_REPLACE}),
    (SERVICE, "spec.type", "NodePort", {"spec.type": ADD}),
    (SERVICE, "spec.ports.0.port", 81, {"spec.ports[0].port": UPDATE}),
    (SERVICE, "spec.ports.0.name", "http", {"spec.ports[0].name": ADD}),
    (CLAIM, "spec.storageClassName", "t", {"spec.storageClassName": REPLACE}),
    (CLAIM, "spec.accessModes.0", "ReadOnlyMany", {"spec.accessModes[0]": REPLACE}),
    (CLAIM, "spec.resources.requests.storage", "2Gi", {"spec.resources.requests.storage": UPDATE}),
    (VOLUME, "spec.hostPath.path", "/b", {"spec.hostPath.path": REPLACE}),
    (VOLUME, "spec.capacity.storage", "2Gi", {"spec.capacity.storage": UPDATE}),
    (BINDING, "roleRef.name", "s", {"roleRef.name": REPLACE}),
    ({**BINDING, "kind": "ClusterRoleBinding"}, "roleRef.name", "s", {"roleRef.name": REPLACE}),
    (CLASS, "provisioner", "q", {"provisioner": REPLACE}),
    (CLASS, "parameters.a", "c", {"parameters.a": REPLACE}),
    (CLASS, "reclaimPolicy", "Retain", {"reclaimPolicy": UPDATE}),
    (PRIORITY, "value", 2, {"value": UPDATE}),
    (BUDGET, "spec.minAvailable", "50%", {"spec.minAvailable": UPDATE}),
    (QUOTA, "spec.scopes.0", "Terminating", {"spec.scopes[0]": REPLACE}),
    (QUOTA, "spec.hard.pods", "2", {"spec.hard.pods": UPDATE}),
    (ROLLOUT, "spec.selector.matchLabels.app", "y", {"spec.selector.matchLabels.app": UPDATE}),
    (INGRESS, "spec.ingressClassName", "b", {"spec.ingressClassName": UPDATE}),
    (
        {"apiVersion": "v1", "kind": "Pod", "spec": POD},
        "spec.containers.0.image",
        "b",
        {"spec.containers[0].image": REPLACE},
    ),
    (
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}]}]},
        },
        "spec.containers.0.env.0.value",
        "2",
        {"spec.containers[0].env[0].value": REPLACE},
    ),
    ({"apiVersion": "v1", "kind": "Pod", "spec": POD}, "spec.nodeName", "n", {"spec.nodeName": ADD_REPLACE}),
    (
        {"apiVersion": "v1", "kind": "Pod", "spec": POD},
        "spec.activeDeadlineSeconds",
        9,
        {"spec.activeDeadlineSeconds": ADD},
    ),
]


def changed(obj: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """`obj` with one value set, or with None removed."""
    result = copy.deepcopy(obj)
    *steps, last = path.split(".")
    holder: Any = result
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
    if isinstance(holder, list):
        holder[int(last)] = value
    elif value is None:
        del holder[last]
    else:
        holder[last] = value
    return result


def diff(old: dict[str, Any], new: dict[str, Any], ignore: tuple[str, ...] = (), **settings: Any) -> Diff:
    """The diff of a resource whose live object is its old inputs."""
    provider = Kubernetes()
    provider._settings = Settings(**settings)
    outputs = checkpoint(old, old, {}, str(old["apiVersion"]), "m")
    request = Request(f"urn:pulumi:s::p::kubernetes:{old['apiVersion']}:{old['kind']}::x", "n/x")
    return provider.diff(request, old, outputs, new, ignore)


@pytest.mark.parametrize(
    ("obj", "path", "value", "expected"), CASES, ids=[f"{case[0]['kind']}-{case[1]}" for case in CASES]
)
def test_kind_and_property(obj: dict[str, Any], path: str, value: Any, expected: dict[str, DiffKind]) -> None:
    old = {**obj, "metadata": META}
    answer = diff(old, changed(old, path, value))
    assert answer.detailed == expected
    assert list(answer.replaces or []) == [key for key, kind in expected.items() if kind.replaces]


def test_same_is_no_change() -> None:
    for obj, *_ in CASES:
        old = {**obj, "metadata": META}
        assert not diff(old, copy.deepcopy(old)).detailed


def test_a_fixed_name_is_deleted_first_and_an_automatic_one_last() -> None:
    old = {**CONFIG_MAP, "metadata": META}
    assert diff(old, changed(old, "data.a", "2")).delete_before_replace
    auto = {**CONFIG_MAP, "metadata": {**META, "annotations": {"pulumi.com/autonamed": "true"}}}
    assert not diff(auto, changed(auto, "data.a", "2")).delete_before_replace


def test_a_new_name_or_namespace_needs_no_deletion_first() -> None:
    old = {**CONFIG_MAP, "metadata": META}
    assert not diff(old, changed(old, "metadata.name", "y")).delete_before_replace
    assert not diff(old, changed(old, "metadata.namespace", "y")).delete_before_replace


def test_mutable_config_maps_and_secrets_update_unless_immutable() -> None:
    old = {**CONFIG_MAP, "metadata": META}
    assert diff(old, changed(old, "data.a", "2"), mutable_config_maps=True).detailed == {"data.a": UPDATE}
    fixed = {**old, "immutable": True}
    assert diff(fixed, changed(fixed, "data.a", "2"), mutable_config_maps=True).detailed == {"data.a": REPLACE}
    secret = {**SECRET, "metadata": META}
    assert diff(secret, changed(secret, "data.a", "Mg=="), mutable_secrets=True).detailed == {"data.a": UPDATE}
    assert diff(secret, changed(secret, "type", "t"), mutable_secrets=True).detailed == {"type": REPLACE}


def test_ignored_changes_are_no_changes() -> None:
    old = {**workload("Deployment", replicas=1), "metadata": META}
    new = changed(changed(old, "spec.replicas", 2), "spec.template.spec.containers.0.image", "b")
    assert not diff(old, new, ("spec",)).detailed
    assert diff(old, new, ("spec.replicas",)).detailed == {"spec.template.spec.containers[0].image": UPDATE}
    assert not diff(old, new, ("spec.replicas", "spec.template.spec.containers[*].image")).detailed


def test_fields_that_only_the_server_has_are_no_change() -> None:
    old = {**workload("Deployment", replicas=1), "metadata": META}
    live = changed(changed(old, "spec.paused", value=False), "status.replicas", 1)
    provider = Kubernetes()
    outputs = checkpoint(old, live, {}, "apps/v1", "m")
    request = Request("urn:pulumi:s::p::kubernetes:apps/v1:Deployment::x", "n/x")
    assert not provider.diff(request, old, outputs, old, ()).detailed


def test_drift_of_a_field_of_the_program_is_a_change() -> None:
    old = {**workload("Deployment", replicas=1), "metadata": META}
    outputs = checkpoint(old, changed(old, "spec.replicas", 5), {}, "apps/v1", "m")
    request = Request("urn:pulumi:s::p::kubernetes:apps/v1:Deployment::x", "n/x")
    assert Kubernetes().diff(request, old, outputs, old, ()).detailed == {"spec.replicas": UPDATE}


def test_list_elements_added_and_removed() -> None:
    old = {**workload("Deployment"), "metadata": META}
    two = copy.deepcopy(old)
    two["spec"]["template"]["spec"]["containers"].append({"name": "d", "image": "d"})
    assert diff(old, two).detailed == {"spec.template.spec.containers[1]": ADD}
    assert diff(two, old).detailed == {"spec.template.spec.containers[1]": DELETE}


def test_a_key_with_dots_is_quoted() -> None:
    old = {**CONFIG_MAP, "metadata": {**META, "annotations": {"a.b/c": "1"}}}
    new = {**CONFIG_MAP, "metadata": {**META, "annotations": {"a.b/c": "2"}}}
    assert diff(old, new).detailed == {'metadata.annotations["a.b/c"]': UPDATE}


def test_quantities_and_empty_fields_are_no_change() -> None:
    old = {**workload("Deployment"), "metadata": META}
    old = changed(old, "spec.template.spec.containers.0.resources", {"requests": {"cpu": "1", "memory": "1Gi"}})
    new = changed(old, "spec.template.spec.containers.0.resources", {"requests": {"cpu": "1000m", "memory": "1024Mi"}})
    assert not diff(old, changed(new, "spec.paused", value=False)).detailed


def test_a_patch_replaces_for_its_identity_only() -> None:
    old = {**CONFIG_MAP, "metadata": META}
    outputs = checkpoint(old, old, {}, "v1", "m")
    request = Request("urn:pulumi:s::p::kubernetes:core/v1:ConfigMapPatch::x", "n/x")
    answer = Kubernetes().diff(request, old, outputs, changed(old, "data.a", "2"), ())
    assert answer.detailed == {"data.a": UPDATE}

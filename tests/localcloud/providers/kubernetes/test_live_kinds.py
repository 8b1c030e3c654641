"""Every kind that Slipway's users are likely to declare: preview, create, no change, edit, refresh, delete."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.model import DiffKind, ProviderError
from localcloud.providers.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Resource  # pyright: ignore[reportMissingImports]

    from localcloud.providers.kubernetes.provider import Kubernetes

    Make = Callable[..., Resource]

pytestmark = pytest.mark.live

LABELS = {"app": "x"}
POD = {"containers": [{"name": "c", "image": "c:1", "resources": {"requests": {"cpu": "50m", "memory": "0.5Gi"}}}]}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": POD}
RULE = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
SUBJECT = [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}]


def reference(kind: str) -> dict[str, str]:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "view"}


SPECS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    # apiVersion, kind, body, edit (merged over the body)
    (
        "apps/v1",
        "StatefulSet",
        {"spec": {"serviceName": "x", "replicas": 1, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}},
        {"spec": {"replicas": 2}},
    ),
    (
        "apps/v1",
        "DaemonSet",
        {"spec": {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}},
        {"spec": {"minReadySeconds": 1}},
    ),
    (
        "apps/v1",
        "ReplicaSet",
        {"spec": {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}},
        {"spec": {"replicas": 2}},
    ),
    ("v1", "Pod", {"spec": POD}, {"metadata": {"labels": {"a": "b"}}}),
    (
        "v1",
        "ResourceQuota",
        {"spec": {"hard": {"pods": "10", "requests.cpu": "4000m"}}},
        {"spec": {"hard": {"pods": "20", "requests.cpu": "4"}}},
    ),
    (
        "v1",
        "LimitRange",
        {"spec": {"limits": [{"type": "Container", "default": {"cpu": "0.5"}}]}},
        {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}},
    ),
    (
        "networking.k8s.io/v1",
        "NetworkPolicy",
        {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
        {"spec": {"podSelector": {"matchLabels": LABELS}}},
    ),
    ("rbac.authorization.k8s.io/v1", "Role", {"rules": RULE}, {"rules": [{**RULE[0], "verbs": ["get", "list"]}]}),
    (
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        {"roleRef": reference("ClusterRole"), "subjects": SUBJECT},
        {"subjects": [{**SUBJECT[0], "name": "other"}]},
    ),
    (
        "v1",
        "Service",
        {"spec": {"clusterIP": "None", "ports": [{"port": 80}]}},
        {"spec": {"ports": [{"port": 80, "targetPort": 81}]}},
    ),
    (
        "v1",
        "Service",
        {"spec": {"type": "ExternalName", "externalName": "example.com"}},
        {"spec": {"externalName": "example.org"}},
    ),
    ("v1", "ServiceAccount", {"automountServiceAccountToken": False}, {"automountServiceAccountToken": True}),
    (
        "v1",
        "PersistentVolumeClaim",
        {
            "metadata": {"annotations": {"pulumi.com/skipAwait": "true"}},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
        },
        {"metadata": {"labels": {"a": "b"}}},
    ),
    (
        "networking.k8s.io/v1",
        "Ingress",
        {
            "metadata": {"annotations": {"pulumi.com/skipAwait": "true"}},
            "spec": {"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}},
        },
        {"spec": {"defaultBackend": {"service": {"port": {"number": 81}}}}},
    ),
    ("coordination.k8s.io/v1", "Lease", {"spec": {"leaseDurationSeconds": 10}}, {"spec": {"leaseDurationSeconds": 20}}),
]
CLUSTER_WIDE: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("rbac.authorization.k8s.io/v1", "ClusterRole", {"rules": RULE}, {"rules": [{**RULE[0], "verbs": ["list"]}]}),
    (
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        {"roleRef": reference("ClusterRole"), "subjects": SUBJECT},
        {"subjects": [{**SUBJECT[0], "name": "other"}]},
    ),
    ("scheduling.k8s.io/v1", "PriorityClass", {"value": 10}, {"description": "d"}),
    (
        "storage.k8s.io/v1",
        "StorageClass",
        {"provisioner": "example.com/p", "reclaimPolicy": "Delete"},
        {"metadata": {"labels": {"a": "b"}}},
    ),
    (
        "v1",
        "PersistentVolume",
        {
            "spec": {
                "capacity": {"storage": "1.5Gi"},
                "accessModes": ["ReadWriteOnce"],
                "hostPath": {"path": "/srv/x"},
                "storageClassName": "none",
            }
        },
        {"metadata": {"labels": {"a": "b"}}},
    ),
]


def merged(base: dict[str, Any], edit: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(base)
    for key, value in edit.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def walk(resource: Resource, obj: dict[str, Any], edit: dict[str, Any]) -> None:
    """The whole life of one resource."""
    said = resource.preview(obj)
    assert said["kind"] == obj["kind"]
    assert "status" not in said
    resource.create(obj)
    assert not resource.problems
    assert not resource.diff(obj).detailed
    changed = merged(obj, edit)
    answer = resource.diff(changed)
    assert answer.detailed
    assert not answer.replaces
    resource.preview(changed)
    resource.update(changed)
    assert not resource.problems
    assert not resource.diff(changed).detailed
    found = resource.refresh()
    assert found is not None
    assert found.inputs == resource.inputs
    resource.delete()
    assert resource.refresh() is None
    resource.delete()  # gone already is no error


@pytest.mark.parametrize(
    ("version", "kind", "body", "edit"), SPECS, ids=[f"{spec[1]}-{number}" for number, spec in enumerate(SPECS)]
)
def test_namespaced_kind(
    make: Make, namespace: str, version: str, kind: str, body: dict[str, Any], edit: dict[str, Any]
) -> None:
    meta = {"name": "x", "namespace": namespace, **body.get("metadata", {})}
    obj = {"apiVersion": version, "kind": kind, **body, "metadata": meta}
    walk(make(obj), obj, edit)


@pytest.mark.parametrize(("version", "kind", "body", "edit"), CLUSTER_WIDE, ids=[spec[1] for spec in CLUSTER_WIDE])
def test_cluster_wide_kind(
    make: Make, namespace: str, version: str, kind: str, body: dict[str, Any], edit: dict[str, Any]
) -> None:
    obj = {"apiVersion": version, "kind": kind, **body, "metadata": {"name": f"x-{namespace}"}}
    resource = make(obj)
    walk(resource, obj, edit)
    assert resource.id == f"x-{namespace}"


def crd(group: str) -> dict[str, Any]:
    schema = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [version],
            "preserveUnknownFields": False,
        },
    }


def test_definition_and_custom_resource_in_one_program(make: Make, namespace: str) -> None:
    group = f"{namespace}.example.com"
    widget = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": namespace},
        "spec": {"a": 1},
    }
    definition, custom = make(crd(group)), make(widget)
    definition.check(crd(group))
    # in a preview neither exists: the inputs stand for the outcome
    assert custom.preview(widget)["spec"] == {"a": 1}
    definition.create(crd(group))
    schema = definition.outputs["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema["x_kubernetes_preserve_unknown_fields"] is True
    assert not definition.diff(crd(group)).detailed
    custom.create(widget)
    assert not custom.diff(widget).detailed
    more = crd(group)
    more["spec"]["names"]["shortNames"] = ["wd"]
    assert definition.diff(more).detailed == {"spec.names.shortNames": DiffKind.ADD}
    definition.update(more)
    assert not definition.problems
    custom.update(merged(widget, {"spec": {"a": 2}}))
    assert custom.outputs["spec"] == {"a": 2}
    definition.delete()
    assert custom.refresh() is None  # its kind is gone
    custom.delete()


def test_custom_resource_without_a_definition_says_so(make: Make, provider: Kubernetes, namespace: str) -> None:
    obj = {"apiVersion": "none.example.com/v1", "kind": "Nothing", "metadata": {"name": "x", "namespace": namespace}}
    provider.cancelled.set()  # no retries
    with pytest.raises(ProviderError, match="Verify that any required CRDs have been created"):
        make(obj).create(obj)


def test_immutable_fields_fail_in_preview_with_the_servers_words(make: Make, namespace: str) -> None:
    cases = [
        ("scheduling.k8s.io/v1", "PriorityClass", {"value": 10}, {"value": 11}, "value: Forbidden: may not be changed"),
        (
            "storage.k8s.io/v1",
            "StorageClass",
            {"provisioner": "example.com/p", "reclaimPolicy": "Delete"},
            {"reclaimPolicy": "Retain"},
            "field is immutable",
        ),
    ]
    for version, kind, body, edit, words in cases:
        obj = {"apiVersion": version, "kind": kind, **body, "metadata": {"name": f"fixed-{namespace}"}}
        resource = make(obj).create(obj)
        with pytest.raises(ProviderError, match=words):
            resource.preview({**obj, **edit})
        resource.delete()


def test_rolling_update_to_recreate_is_refused_in_preview(make: Make, namespace: str) -> None:
    obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x", "namespace": namespace},
        "spec": {"selector": {"matchLabels": LABELS}, "template": TEMPLATE},
    }
    resource = make(obj).create(obj)
    with pytest.raises(ProviderError, match="may not be specified when strategy `type` is 'Recreate'"):
        resource.preview(merged(obj, {"spec": {"strategy": {"type": "Recreate"}}}))


def test_a_ports_number_changes_in_an_update_but_not_in_a_preview(make: Make, namespace: str) -> None:
    """The dry run does not take the creation's fields over, so it sees both ports; the plugin has it so, too."""
    meta = {"name": "x", "namespace": namespace}
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"clusterIP": "None", "ports": [{"port": 80}]},
    }
    resource, other = make(obj).create(obj), merged(obj, {"spec": {"ports": [{"port": 81}]}})
    with pytest.raises(ProviderError, match="Required value"):
        resource.preview(other)
    resource.update(other)
    assert [port["port"] for port in resource.outputs["spec"]["ports"]] == [81]
    resource.preview(obj)  # from now on one manager owns them


def test_unknown_values_are_not_previewed(make: Make, namespace: str) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": namespace},
        "data": {"a": UNKNOWN, "b": "1"},
    }
    resource = make(obj)
    assert resource.preview(obj)["data"]["a"] is UNKNOWN
    known = merged(obj, {"data": {"a": "1"}})
    resource.create(known)
    assert resource.diff(obj).detailed == {"data.a": DiffKind.UPDATE_REPLACE}


def test_namespace_still_to_come_is_no_failure_of_a_preview(make: Make) -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "later"}, "data": {"a": "1"}}
    assert make(obj).preview(obj)["data"] == {"a": "1"}


def test_invalid_object_fails_in_preview(make: Make, namespace: str) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x", "namespace": namespace},
        "spec": {"ports": []},
    }
    with pytest.raises(ProviderError, match="was not successfully created by the Kubernetes API server"):
        make(obj).preview({**obj, "spec": {"ports": [{"port": 70000}]}})


def test_objects_that_exist_are_refused_or_adopted(
    make: Make, namespace: str, kubeconfig: str, configure: Callable[..., Kubernetes]
) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": namespace},
        "data": {"a": "1"},
    }
    make(obj).create(obj)
    with pytest.raises(ProviderError, match="already exists"):
        make(obj).create(obj)
    assert make(obj).preview(obj)["data"] == {"a": "1"}  # it may be the one that is to be replaced
    adopting = configure(kubeconfig, upsertExistingObjects="true", enablePatchForce="true")
    taken = make(obj, by=adopting).create(merged(obj, {"data": {"a": "2"}}))
    assert taken.outputs["data"] == {"a": "2"}

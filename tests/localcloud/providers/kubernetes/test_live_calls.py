"""Read, import, Patch, ignoreChanges, conflicts, client-side apply, YAML: on a real API server, without the engine."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.kubernetes.client import MERGE_PATCH
from localcloud.providers.model import DiffKind, ProviderError, Request
from localcloud.providers.values import Secret, reveal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Resource  # pyright: ignore[reportMissingImports]

    from localcloud.providers.kubernetes.provider import Kubernetes

    Make = Callable[..., Resource]

pytestmark = pytest.mark.live


def config_map(namespace: str, name: str = "x", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def scaled(namespace: str, replicas: int) -> dict[str, Any]:
    labels = {"app": "x"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "c:1"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": "x", "namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def behind_the_back(
    provider: Kubernetes, obj: dict[str, Any], patch: dict[str, Any], manager: str = "kubectl-edit"
) -> None:
    """Somebody else changes an object."""
    assert provider._cluster is not None
    query = {"fieldManager": manager}
    provider._cluster.call("PATCH", obj, obj["metadata"]["name"], query, patch, MERGE_PATCH)


def test_refresh_shows_drift_and_the_next_update_repairs_it(make: Make, provider: Kubernetes, namespace: str) -> None:
    obj = scaled(namespace, 1)
    resource = make(obj).create(obj)
    behind_the_back(provider, obj, {"spec": {"replicas": 3, "minReadySeconds": 1}})
    found = resource.refresh()
    assert found is not None
    assert found.inputs is not None
    assert found.inputs["spec"]["replicas"] == 3
    assert "minReadySeconds" not in found.inputs["spec"]  # no input of ours
    resource.inputs, resource.outputs = found.inputs, found.outputs
    assert resource.diff(obj).detailed == {"spec.replicas": DiffKind.UPDATE}


def test_import_makes_inputs_of_the_live_object(make: Make, provider: Kubernetes, namespace: str) -> None:
    obj = config_map(namespace, a="1")
    obj["metadata"]["labels"] = {"l": "1"}
    make(obj).create(obj)
    request = Request("urn:pulumi:t::t::kubernetes:core/v1:ConfigMap::x", f"{namespace}/x")
    found = provider.read(request, {}, {})
    assert found is not None
    assert found.id == f"{namespace}/x"
    assert found.inputs == obj
    assert found.outputs["__inputs"] == obj
    assert found.outputs["__initialApiVersion"] == "v1"
    assert found.outputs["__fieldManager"].startswith("pulumi-kubernetes-")
    taken = make(obj)
    taken.id, taken.inputs, taken.outputs = found.id, found.inputs, found.outputs
    assert not taken.diff(obj).detailed


def test_reading_a_secret_keeps_it_secret(make: Make, provider: Kubernetes, namespace: str) -> None:
    meta = {"name": "x", "namespace": namespace}
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"a": "hunter2"}}
    resource = make(obj).create(obj)
    assert resource.inputs["data"] == Secret({"a": "aHVudGVyMg=="})
    assert resource.outputs["data"] == resource.outputs["__inputs"]["data"] == Secret({"a": "aHVudGVyMg=="})
    request = Request("urn:pulumi:t::t::kubernetes:core/v1:Secret::x", f"{namespace}/x")
    found = provider.read(request, {}, {})
    assert found is not None
    assert isinstance(found.outputs["data"], Secret)
    assert isinstance((found.inputs or {})["data"], Secret)
    assert not resource.diff(obj).detailed


def test_reading_what_is_not_there(provider: Kubernetes, namespace: str) -> None:
    for token in ("kubernetes:core/v1:ConfigMap", "kubernetes:example.com/v1:Nothing"):
        assert provider.read(Request(f"urn:pulumi:t::t::{token}::x", f"{namespace}/none"), {}, {}) is None


def test_a_secret_value_is_marked_wherever_the_program_marked_it(make: Make, namespace: str) -> None:
    obj = config_map(namespace, a="1", b="2")
    obj["data"]["a"] = Secret("hidden")
    resource = make(obj).create(obj)
    assert resource.outputs["data"] == {"a": Secret("hidden"), "b": "2"}
    assert resource.outputs["__inputs"]["data"]["a"] == Secret("hidden")
    assert resource.diff({**obj, "data": {"a": "hidden", "b": "2"}}).detailed == {}


def test_an_automatic_name_is_kept_and_a_replacement_gets_another(make: Make, namespace: str) -> None:
    obj = config_map(namespace, a="1")
    del obj["metadata"]["name"]
    resource = make(obj, "auto").create(obj)
    name = resource.inputs["metadata"]["name"]
    assert name.startswith("auto-")
    assert len(name) == len("auto-") + 8
    assert resource.inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert resource.check(obj)["metadata"]["name"] == name
    answer = resource.diff({**obj, "data": {"a": "2"}})
    assert answer.replaces == ["data.a"]
    assert not answer.delete_before_replace
    # naming the object as it is called already is no replacement
    fixed = copy.deepcopy(obj)
    fixed["metadata"]["name"] = name
    assert not resource.diff(fixed).replaces


def test_the_providers_namespace_goes_to_what_has_none(
    make: Make, kubeconfig: str, namespace: str, configure: Callable[..., Kubernetes]
) -> None:
    obj = config_map(namespace, a="1")
    del obj["metadata"]["namespace"]
    own = configure(kubeconfig, namespace=namespace)
    assert make(obj, by=own).create(obj).id == f"{namespace}/x"
    assert make(obj).check(obj)["metadata"]["namespace"] == "default"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}, "rules": []}
    assert "namespace" not in make(role, by=own).check(role)["metadata"]


def test_an_ignored_field_stays_with_its_owner(make: Make, provider: Kubernetes, namespace: str) -> None:
    obj = scaled(namespace, 1)
    resource = make(obj, ignore=("spec.replicas",)).create(obj)
    behind_the_back(provider, obj, {"spec": {"replicas": 4}}, "autoscaler")
    edited = copy.deepcopy(obj)
    edited["spec"]["minReadySeconds"] = 1
    edited["spec"]["replicas"] = 2
    assert resource.diff(edited).detailed == {"spec.minReadySeconds": DiffKind.ADD}
    resource.update(edited)
    assert not resource.problems
    assert resource.outputs["spec"]["replicas"] == 4


def test_a_conflict_names_the_other_manager_and_can_be_forced(make: Make, provider: Kubernetes, namespace: str) -> None:
    obj = scaled(namespace, 1)
    resource = make(obj).create(obj)
    resource.update({**obj, "spec": {**obj["spec"], "minReadySeconds": 1}})
    behind_the_back(provider, obj, {"spec": {"replicas": 4}}, "autoscaler")
    two = {**obj, "spec": {**obj["spec"], "replicas": 2}}
    resource.update(two)
    text = "; ".join(resource.problems)
    assert "Server-Side Apply field conflict detected" in text
    assert '"autoscaler"' in text
    assert ".spec.replicas" in text
    forced = copy.deepcopy(two)
    forced["metadata"]["annotations"]["pulumi.com/patchForce"] = "true"
    assert not resource.update(forced).problems
    assert resource.outputs["spec"]["replicas"] == 2


def test_another_field_manager_takes_over(make: Make, namespace: str) -> None:
    obj = config_map(namespace, a="1")
    resource = make(obj).create(obj)
    first = resource.outputs["__fieldManager"]
    renamed = {**obj, "metadata": {**obj["metadata"], "annotations": {"pulumi.com/patchFieldManager": "mine"}}}
    resource.update(renamed)
    assert resource.outputs["__fieldManager"] == "mine"
    found = resource.refresh()
    assert found is not None
    managers = {entry["manager"] for entry in found.outputs["metadata"]["managedFields"]}
    assert managers == {"mine"}
    assert first not in managers


def test_a_patch_adds_its_fields_and_gives_them_up(make: Make, provider: Kubernetes, namespace: str) -> None:
    obj = config_map(namespace, a="1")
    make(obj).create(obj)
    patch = config_map(namespace, b="2")
    resource = make(patch)
    resource.token = "kubernetes:core/v1:ConfigMapPatch"
    assert resource.preview(patch)["data"] == {"b": "2"}
    resource.create(patch)
    assert resource.outputs["data"] == {"a": "1", "b": "2"}
    assert not resource.diff(patch).detailed
    resource.update(config_map(namespace, c="3"))
    assert resource.outputs["data"] == {"a": "1", "c": "3"}
    found = resource.refresh()
    assert found is not None
    assert (found.inputs or {})["data"] == {"c": "3"}
    resource.delete()
    assert provider._cluster is not None
    assert provider._cluster.get(obj, "x")["data"] == {"a": "1"}
    nameless = {**patch, "metadata": {"namespace": namespace}}
    with pytest.raises(ProviderError, match=r"require the `\.metadata\.name` field"):
        make(nameless, "n").provider.check(Request(f"urn:pulumi:t::t::{resource.token}::n"), {}, nameless, b"")


def test_client_side_apply(make: Make, kubeconfig: str, namespace: str, configure: Callable[..., Kubernetes]) -> None:
    provider = configure(kubeconfig, enableServerSideApply="false")
    obj = scaled(namespace, 1)
    obj["spec"]["minReadySeconds"] = 1
    resource = make(obj, by=provider).create(obj)
    assert resource.inputs["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "pulumi"}
    assert resource.outputs["__fieldManager"] == "pulumi-kubernetes"
    edited = scaled(namespace, 2)
    resource.update(edited)
    assert not resource.problems
    assert resource.outputs["spec"]["replicas"] == 2
    assert resource.outputs["spec"].get("minReadySeconds", 0) == 0
    patch = config_map(namespace)
    with pytest.raises(ProviderError, match="patch resources require Server-Side Apply mode"):
        provider.check(Request("urn:pulumi:t::t::kubernetes:core/v1:ConfigMapPatch::n"), {}, patch, b"")


def test_yaml_is_decoded_and_namespaced(provider: Kubernetes) -> None:
    text = """
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {when: 2020-01-01}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}}
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: c}
"""
    found = provider.invoke("kubernetes:yaml:decode", {"text": text, "defaultNamespace": "n"})["result"]
    assert [obj["kind"] for obj in found] == ["CustomResourceDefinition", "ConfigMap", "ClusterRole"]
    assert found[1]["metadata"]["namespace"] == "n"
    assert found[1]["data"]["when"] == "2020-01-01"
    assert "namespace" not in found[2]["metadata"]
    with pytest.raises(ProviderError, match="yaml: line 3"):
        provider.invoke("kubernetes:yaml:decode", {"text": "a: 1\nb: [\n"})


def test_what_is_not_offered_is_refused_with_the_reason(provider: Kubernetes) -> None:
    for token in ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart", "kubernetes:kustomize/v2:Directory"):
        with pytest.raises(ProviderError, match="not offered by this stand-in"):
            provider.check(Request(f"urn:pulumi:t::t::{token}::x"), {}, {}, b"")
    for token in ("kubernetes:helm:template", "kubernetes:kustomize:directory"):
        with pytest.raises(ProviderError, match="not offered by this stand-in"):
            provider.invoke(token, {})
    request = Request("urn:pulumi:t::t::kubernetes:core/v1:ConfigMapList::x")
    with pytest.raises(ProviderError, match="list resources exist for compatibility"):
        provider.check(request, {}, {"apiVersion": "v1", "kind": "ConfigMapList", "items": []}, b"")


def test_a_version_that_is_no_longer_served_is_told(make: Make, provider: Kubernetes, namespace: str) -> None:
    obj = {"apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": {"name": "x", "namespace": namespace}}
    make(obj).check(obj)
    said = "".join(provider.warned)  # pyright: ignore[reportAttributeAccessIssue]
    assert 'Use "networking.k8s.io/v1/Ingress" instead' in said


def test_quantities_are_spelled_as_the_server_spells_them(make: Make, namespace: str) -> None:
    spellings = ["1000m", "0.5", "1000", "1500m", "2", "0.1", "1024Mi", "1.5Gi", "1e3", "100000k", "0", "1Ki", "1023"]
    hard = {f"requests.example.com/r{index}": text for index, text in enumerate(spellings)}
    whole = {key: text for key, text in hard.items() if text not in {"0.5", "0.1", "1500m"}}
    meta = {"name": "x", "namespace": namespace}
    obj = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": whole}}
    resource = make(obj).create(obj)
    assert resource.outputs["spec"]["hard"] == resource.inputs["spec"]["hard"]
    parts = {"cpu": "0.5", "memory": "1.5Gi", "ephemeral-storage": "1e3"}
    limits = [{"type": "Container", "default": parts, "defaultRequest": {"cpu": "100m"}}]
    obj = {"apiVersion": "v1", "kind": "LimitRange", "metadata": meta, "spec": {"limits": limits}}
    resource = make(obj).create(obj)
    assert resource.outputs["spec"]["limits"][0]["default"] == resource.inputs["spec"]["limits"][0]["default"]
    assert reveal(resource.inputs)["spec"]["limits"][0]["default"]["cpu"] == "500m"

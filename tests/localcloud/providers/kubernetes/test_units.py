"""The small rules, each on plain values."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.providers.kubernetes import kinds, names, propertypath
from localcloud.providers.kubernetes.awaiting import jsonpath
from localcloud.providers.kubernetes.difference import equal, merge_patch
from localcloud.providers.kubernetes.normalize import normalize
from localcloud.providers.kubernetes.objects import GroupVersionKind
from localcloud.providers.kubernetes.ownership import owned_by_others_only, take_over
from localcloud.providers.kubernetes.prune import prune
from localcloud.providers.kubernetes.quantity import canonical
from localcloud.providers.kubernetes.secretness import conceal
from localcloud.providers.kubernetes.state import checkpoint, split, to_object
from localcloud.providers.model import Autonaming, ProviderError
from localcloud.providers.values import UNKNOWN, Secret

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab.", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("abc", max_size=2), JSON, max_size=4)


def applied(target: Any, patch: Any) -> Any:
    """RFC 7386, as the RFC writes it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = applied(result.get(key), value)
    return result


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_leads_to_the_new_object(old: dict[str, Any], new: dict[str, Any]) -> None:
    one, other = without_nulls(old), without_nulls(new)
    assert equal(applied(one, merge_patch(one, other)), other)
    assert merge_patch(one, one) == {}


@given(OBJECTS, OBJECTS)
def test_pruning_keeps_the_shape_and_nothing_else(live: dict[str, Any], shape: dict[str, Any]) -> None:
    pruned = prune(live, shape)
    assert pruned.keys() == live.keys() & shape.keys()
    assert prune(live, live) == live
    assert prune(pruned, shape) == pruned


@given(st.integers(0, 10**12), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_a_canonical_quantity_stays_as_it_is(number: int, suffix: str) -> None:
    once = canonical(f"{number}{suffix}")
    assert canonical(once) == once


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "1KiB", "1 Gi", "--1", "0x10", "1e"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        canonical(text)


def test_a_value_of_the_wrong_type_leaves_the_object_for_the_server_to_refuse() -> None:
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": "two"}}
    assert normalize(obj) == obj


def test_inputs_in_normal_form() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x", "uid": "u", "resourceVersion": "1", "labels": {}},
        "spec": {
            "hostNetwork": False,
            "nonsense": 1,
            "containers": [{"name": "c", "env": [{"name": "A", "value": ""}]}],
        },
    }
    assert normalize(obj) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x"},
        "spec": {"containers": [{"name": "c", "env": [{"name": "A"}]}]},
    }
    custom = {"apiVersion": "example.com/v1", "kind": "A", "metadata": {"name": "x"}, "spec": {"a": False, "b": {}}}
    assert normalize(custom) == custom


def test_secret_data_has_one_encoding() -> None:
    base = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}
    both = normalize({**base, "stringData": {"a": "1"}, "data": {"a": "Mg==", "b": "Mg=="}})
    assert both == {**base, "data": {"a": "MQ==", "b": "Mg=="}}
    assert normalize({**base, "data": {"a": "MQ\n==\n"}})["data"] == {"a": "MQ=="}
    assert normalize({**base, "data": {"a": "no base64!"}})["data"] == {"a": "no base64!"}
    assert normalize({**base, "stringData": {"a": UNKNOWN}})["stringData"] == {"a": UNKNOWN}


def test_names() -> None:
    obj: dict[str, Any] = {"metadata": {}}
    names.assign(obj, "train", b"seed")
    assert re.fullmatch(r"train-[0-9a-f]{8}", obj["metadata"]["name"])
    again: dict[str, Any] = {}
    names.assign(again, "train", b"seed")
    assert again == obj
    for given_one in (
        {"metadata": {"name": "x"}},
        {"metadata": {"generateName": "x-"}},
        {"metadata": {"name": UNKNOWN}},
    ):
        before = repr(given_one)
        names.assign(given_one, "train", b"")
        assert repr(given_one) == before
    proposed: dict[str, Any] = {}
    names.assign(proposed, "train", b"", Autonaming("fixed"))
    assert proposed["metadata"]["name"] == "fixed"
    with pytest.raises(ProviderError, match="autonaming is disabled"):
        names.assign({}, "train", b"", Autonaming(disabled=True))


def test_a_field_manager_comes_from_annotation_state_or_chance() -> None:
    noted = {"metadata": {"annotations": {"pulumi.com/patchFieldManager": "mine"}}}
    assert names.field_manager(True, {"__fieldManager": "old"}, noted) == "mine"
    assert names.field_manager(True, {"__fieldManager": "old"}, {}) == "old"
    assert re.fullmatch(r"pulumi-kubernetes-[0-9a-f]{8}", names.field_manager(True, {}, {}))
    assert names.field_manager(False, {"__fieldManager": "old"}, noted) == "pulumi-kubernetes"


def test_secrets_are_marked_where_they_were_and_in_whole_lists() -> None:
    plain = {"a": {"b": 1, "c": 2}, "d": [1, 2], "e": {"f": 3}}
    marked = {"a": {"b": Secret(1)}, "d": [1, Secret(2)], "e": Secret({"f": 3})}
    assert conceal(plain, marked) == {"a": {"b": Secret(1), "c": 2}, "d": Secret([1, 2]), "e": Secret({"f": 3})}
    secret = {"kind": "Secret", "data": {"a": "b"}, "metadata": {"labels": {"l": "v"}}}
    concealed = conceal(secret, {"metadata": {"labels": {"l": Secret("v")}}})
    assert concealed["data"] == Secret({"a": "b"})
    assert concealed["metadata"]["labels"]["l"] == Secret("v")


def test_state_and_back() -> None:
    live = {"kind": "A", "spec": {"x-kubernetes-list-type": "map", "none": None}, "status": {"n": None}}
    outputs = checkpoint({"kind": "A"}, live, {}, "v1", "m")
    assert outputs["spec"]["x_kubernetes_list_type"] == "map"
    assert outputs["status"] == {"n": None}  # outputs are what the server said
    assert split(outputs) == ({"kind": "A"}, {"kind": "A", "spec": {"x-kubernetes-list-type": "map"}, "status": {}})
    assert to_object({"a": Secret({"b": None, "c": [Secret(1)]})}) == {"a": {"c": [1]}}


@pytest.mark.parametrize(
    ("text", "obj", "holds"),
    [
        ("jsonpath={.status.phase}=Running", {"status": {"phase": "Running"}}, True),
        ("jsonpath={.status.phase}=Running", {"status": {"phase": "Failed"}}, False),
        ("jsonpath={.a}=1", {"a": {"b": 1}}, False),
        ("jsonpath={.status.phase}", {"status": {}}, False),
        ("jsonpath={.status.ready}=3", {"status": {"ready": 3}}, True),
        ("jsonpath={.status.on}=true", {"status": {"on": True}}, True),
        ("jsonpath={.a[0].b}=1", {"a": [{"b": 1}]}, True),
        ("jsonpath={.a[-1].b}=2", {"a": [{"b": 1}, {"b": 2}]}, True),
        ("jsonpath={.a[*].b}=1", {"a": [{"b": 1}, {"b": 2}]}, True),
        ('jsonpath={.a["b.c"]}=1', {"a": {"b.c": 1}}, True),
        (r"jsonpath={.a.b\.c}=1", {"a": {"b.c": 1}}, True),
        ('jsonpath={.c[?(@.type=="Ready")].status}=True', {"c": [{"type": "Ready", "status": "True"}]}, True),
        ('jsonpath={.c[?(@.type!="Ready")].status}=True', {"c": [{"type": "Ready", "status": "True"}]}, False),
        ("jsonpath={.c[?(@.n>=2)].n}=2", {"c": [{"n": 1}, {"n": 2}]}, True),
        ("jsonpath={.c[?(@.n<=1)].n}=1", {"c": [{"n": 1}, {"n": 2}]}, True),
        ("jsonpath={.c[?(@.n)].n}=2", {"c": [{}, {"n": 2}]}, True),
        ("jsonpath={..n}=2", {"c": [{}, {"n": 2}]}, True),
        ("jsonpath={.a}", {"a": {"b": 1}}, True),
    ],
)
def test_jsonpath(text: str, obj: dict[str, Any], *, holds: bool) -> None:
    assert jsonpath.parse(text).holds(obj) is holds


def test_property_paths() -> None:
    assert propertypath.parse('spec.ports[0].port["a.b"][*]') == ("spec", "ports", 0, "port", "a.b", "*")
    assert propertypath.contains(("spec", "*"), ("spec", "ports", 0))
    assert not propertypath.contains(("spec", "ports"), ("spec",))
    with pytest.raises(ProviderError, match="failed to parse ignore path"):
        propertypath.parse("spec[")


def test_kinds() -> None:
    assert kinds.of_type("kubernetes:core/v1:Service") == GroupVersionKind("", "v1", "Service")
    assert kinds.of_type("kubernetes:a.example.com/v1:B") == GroupVersionKind("a.example.com", "v1", "B")
    for token in ("aws:s3/bucket:Bucket", "kubernetes:core:Service", "kubernetes"):
        with pytest.raises(ProviderError, match="unrecognized resource type"):
            kinds.of_type(token)
    assert kinds.is_list("kubernetes:core/v1:ServiceList")
    assert not kinds.is_list("kubernetes:example.com/v1:AllowList")
    assert kinds.is_patch("kubernetes:core/v1:ServicePatch", "Service")
    assert not kinds.is_patch("kubernetes:example.com/v1:Patch", "Patch")
    assert kinds.removed(GroupVersionKind("policy", "v1beta1", "PodDisruptionBudget")) == (25, "policy/v1")
    assert kinds.removed(GroupVersionKind("policy", "v1", "PodDisruptionBudget")) is None


def live(*managers: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    entries = [
        {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}
        for manager, operation, fields in managers
    ]
    return {"metadata": {"resourceVersion": "7", "managedFields": entries}}


def test_the_fields_of_the_creation_go_to_the_manager_of_the_updates() -> None:
    created = live(
        ("pulumi-kubernetes", "Update", {"f:spec": {"f:a": {}}}), ("controller", "Update", {"f:status": {"f:b": {}}})
    )
    fields, version = take_over(created, "mine")
    assert [(entry["manager"], entry["operation"]) for entry in fields["value"]] == [
        ("mine", "Apply"),
        ("controller", "Update"),
    ]
    assert fields["value"][0]["fieldsV1"] == {"f:spec": {"f:a": {}}}
    assert version == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    both = live(("mine", "Apply", {"f:spec": {"f:b": {}}}), ("kubectl", "Update", {"f:spec": {"f:a": {}}}))
    (merged,) = take_over(both, "mine")[0]["value"]
    assert merged["fieldsV1"] == {"f:spec": {"f:a": {}, "f:b": {}}}
    assert take_over(live(("mine", "Apply", {})), "mine") == []


def test_who_owns_a_field() -> None:
    obj = live(("hpa", "Update", {"f:spec": {"f:replicas": {}}}), ("mine", "Apply", {"f:spec": {"f:paused": {}}}))
    assert owned_by_others_only(obj, "mine", ("spec", "replicas"))
    assert not owned_by_others_only(obj, "mine", ("spec", "paused"))
    assert not owned_by_others_only(obj, "mine", ("spec",))
    assert not owned_by_others_only(obj, "mine", ("spec", "none"))

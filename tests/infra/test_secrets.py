"""Secrets of a service: files read by the pod's own identity, pinned by version, and no value anywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra.kubernetes.secrets import SecretsArgs
from slipway.tools.definitions import definitions
from tests.support.repositories import FRAUD
from tests.support.schema import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

STACK = "dev.growth"


@pytest.fixture(autouse=True)
def secret(clone: Clone) -> None:
    clone.edit(
        FRAUD,
        "port: 8080",
        "port: 8080\nsecrets:\n  API_KEY: {name: payments, version: 7}\n  TOKEN: {name: t, version: 1}",
    )


def pod(found: dict[str, Declared]) -> dict[str, Any]:
    return dict(found["fraud-deployment"].inputs["spec"]["template"]["spec"])


def class_of(found: dict[str, Declared]) -> str:
    return str(found["fraud-secrets"].inputs["metadata"]["name"])


def test_the_class_names_the_pinned_versions(declared: Declare) -> None:
    found = declared(STACK)["fraud-secrets"].inputs
    assert (found["apiVersion"], found["kind"], found["spec"]["provider"]) == (
        "secrets-store.csi.x-k8s.io/v1",
        "SecretProviderClass",
        "gke",
    )
    assert yaml.safe_load(found["spec"]["parameters"]["secrets"]) == [
        {"resourceName": "projects/acme-dev/secrets/growth-payments/versions/7", "path": "API_KEY"},
        {"resourceName": "projects/acme-dev/secrets/growth-t/versions/1", "path": "TOKEN"},
    ]
    (definition,) = [
        item for item in definitions(("secrets-store-crds",)) if item["spec"]["names"]["kind"] == "SecretProviderClass"
    ]
    assert problems(definition, found) == []


def test_the_pod_reads_them_as_files(declared: Declare) -> None:
    found = declared(STACK)
    (volume,) = [each for each in pod(found)["volumes"] if each["name"] == "secrets"]
    assert volume["csi"] == {
        "driver": "secrets-store-gke.csi.k8s.io",
        "readOnly": True,
        "volumeAttributes": {"secretProviderClass": class_of(found)},
    }
    (container,) = pod(found)["containers"]
    assert {"name": "secrets", "mountPath": "/var/run/secrets/slipway", "readOnly": True} in container["volumeMounts"]
    variables = {each["name"]: each["value"] for each in container["env"]}
    assert variables["API_KEY_FILE"] == "/var/run/secrets/slipway/API_KEY"
    assert "API_KEY" not in variables
    assert pod(found)["serviceAccountName"] == "fraud"


def test_a_new_version_is_a_rollout_and_going_back_is_the_old_class_again(clone: Clone, declared: Declare) -> None:
    before = declared(STACK)
    clone.edit(FRAUD, "version: 7", "version: 8")
    after = declared(STACK)
    assert class_of(after) != class_of(before)
    assert pod(after) != pod(before)
    assert {name for name in before if after[name].inputs != before[name].inputs} == {
        "fraud-secrets",
        "fraud-deployment",
    }
    clone.edit(FRAUD, "version: 8", "version: 7")
    assert declared(STACK) == before


def test_the_class_comes_by_a_provider_that_takes_over_what_was_kept(declared: Declare) -> None:
    found = declared(STACK)
    by = {name: found[name].provider.rpartition("::")[2] for name in ("fraud-secrets", "fraud-account")}
    assert by == {"fraud-secrets": "cluster-adopting", "fraud-account": "cluster"}
    assert found["cluster-adopting"].inputs["upsertExistingObjects"] == "true"
    assert "upsertExistingObjects" not in found["cluster"].inputs


def test_without_secrets_there_is_no_class(declared: Declare) -> None:
    found = declared("dev.search")
    assert not [item for item in found.values() if item.inputs.get("kind") == "SecretProviderClass"]


versions = st.dictionaries(
    st.from_regex(r"[A-Z]{1,8}", fullmatch=True),
    st.from_regex(r"projects/p/secrets/[a-z]{1,5}/versions/[1-9]", fullmatch=True),
)


@given(one=versions, other=versions)
def test_the_name_is_its_content_s_and_nothing_else_s(one: dict[str, str], other: dict[str, str]) -> None:
    shuffled = SecretsArgs("a", dict(reversed(one.items())))
    assert shuffled.class_name == SecretsArgs("a", one).class_name
    assert (SecretsArgs("a", one).class_name == SecretsArgs("a", other).class_name) is (one == other)
    assert json.loads(shuffled.spec["parameters"]["secrets"]) == [
        {"resourceName": one[name], "path": name} for name in sorted(one)
    ]

"""Configuration of a service: a map named after its content, so that it is released, and goes back, with the pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.kubernetes.config import ConfigArgs
from tests.support.repositories import DIGEST, FRAUD

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

STACK = "dev.growth"
CONFIG = 'config: {path: /etc/fraud, files: {limits.yaml: "above: 0.9"}}'


@pytest.fixture(autouse=True)
def config(clone: Clone) -> None:
    side = f"sidecars: {{proxy: {{image: ml/proxy@{DIGEST}}}}}"
    clone.edit(FRAUD, "port: 8080", f"port: 8080\n{CONFIG}\n{side}")


def pod(found: dict[str, Declared]) -> dict[str, Any]:
    return dict(found["fraud-deployment"].inputs["spec"]["template"]["spec"])


def test_the_pod_and_its_sidecars_find_the_files(declared: Declare) -> None:
    found = declared(STACK)
    made = found["fraud-config"].inputs
    assert (made["data"], made["immutable"]) == ({"limits.yaml": "above: 0.9"}, True)
    assert made["metadata"]["namespace"] == "growth"
    assert {"name": "config", "configMap": {"name": made["metadata"]["name"]}} in pod(found)["volumes"]
    for container in (pod(found)["containers"][0], pod(found)["initContainers"][0]):
        assert {"name": "config", "mountPath": "/etc/fraud", "readOnly": True} in container["volumeMounts"]


def test_another_content_is_another_map_and_going_back_is_the_old_one(clone: Clone, declared: Declare) -> None:
    before = declared(STACK)
    clone.edit(FRAUD, "above: 0.9", "above: 0.8")
    after = declared(STACK)
    changed = {name for name in before if after[name].inputs != before[name].inputs}
    assert changed == {"fraud-config", "fraud-deployment"}
    assert after["fraud-config"].inputs["metadata"]["name"] != before["fraud-config"].inputs["metadata"]["name"]
    clone.edit(FRAUD, "above: 0.8", "above: 0.9")
    assert declared(STACK) == before


def test_it_comes_by_a_provider_that_takes_over_what_was_kept(declared: Declare) -> None:
    found = declared(STACK)
    assert found["fraud-config"].provider.rpartition("::")[2] == "cluster-adopting"


files = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=20), min_size=1)


@given(one=files, other=files)
def test_the_name_is_its_content_s_and_nothing_else_s(one: dict[str, str], other: dict[str, str]) -> None:
    name = ConfigArgs("a", "/etc/a", one).map_name
    assert ConfigArgs("a", "/etc/b", dict(reversed(one.items()))).map_name == name
    assert (ConfigArgs("a", "/etc/a", other).map_name == name) is (one == other)

"""What a program declares, written down without an engine."""

from __future__ import annotations

import pulumi
import pytest
from google.protobuf import json_format, struct_pb2

from slipway.engine.recorder import SECRET, UNKNOWN, plain, record
from slipway.errors import FailedError
from stacks import declare_stack
from tests.support.repositories import CHURN, Clone


class Thing(pulumi.CustomResource):
    def __init__(self, name: str, props: dict[str, object], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Thing", name, props, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("test:index:Group", name)
        self.inner = Thing(f"{name}-inner", {}, pulumi.ResourceOptions(parent=self, protect=True))
        self.register_outputs({})


def test_resources_are_written_as_providers_see_them() -> None:
    def program() -> None:
        group = Group("g")
        Thing(
            "t",
            {
                "text": "a",
                "number": 3,
                "fraction": 1.5,
                "yes": True,
                "none": None,
                "list": [1, {"deep": "b"}],
                "secret": pulumi.Output.secret("hunter2"),
                "inside": {"secret": pulumi.Output.secret({"a": "hunter2"})},
                "unknown": group.inner.id,
            },
        )

    found = {item.name: item for item in record("test", program)}
    assert list(found) == ["g", "g-inner", "t"]
    assert found["t"].inputs == {
        "text": "a",
        "number": 3,
        "fraction": 1.5,
        "yes": True,
        "list": [1, {"deep": "b"}],
        "secret": SECRET,
        "inside": {"secret": SECRET},
        "unknown": UNKNOWN,
    }
    assert "hunter2" not in repr(found)
    inner = found["g-inner"]
    assert inner.urn == "urn:pulumi:test::slipway::test:index:Group$test:index:Thing::g-inner"
    assert (inner.parent, inner.protect, inner.custom) == (found["g"].urn, True, True)
    assert (found["g"].custom, found["g"].protect, found["t"].protect) == (False, False, False)
    assert found["t"].parent == "urn:pulumi:test::slipway::pulumi:pulumi:Stack::slipway-test"


def test_an_explicit_provider_is_told_by_its_urn() -> None:
    def program() -> None:
        provider = pulumi.ProviderResource("test", "p", {"region": "eu"})
        Thing("t", {}, pulumi.ResourceOptions(provider=provider))

    provider, thing = record("test", program)
    assert thing.provider == provider.urn == "urn:pulumi:test::slipway::pulumi:providers:test::p"


def test_a_function_is_not_answered() -> None:
    said: list[str] = []

    def program() -> None:
        try:
            pulumi.runtime.invoke("test:index:ask", {})
        except Exception as error:  # noqa: BLE001 - what the SDK raises
            said.append(str(error))

    assert record("test", program) == []
    assert "test:index:ask: nothing is read without an engine" in said[0]


def test_a_program_that_fails_is_told_in_its_own_words() -> None:
    def program() -> None:
        raise pulumi.RunError("the cluster has no pool; add one")

    with pytest.raises(FailedError) as failed:
        record("test", program)
    assert "the cluster has no pool; add one" in str(failed.value)
    assert "Traceback" not in str(failed.value)


def test_bad_input_is_told_by_the_program_without_a_traceback(clone: Clone) -> None:
    clone.edit(CHURN, "512Mi", "512MB")
    with pytest.raises(FailedError) as failed:
        record("dev.growth", lambda: declare_stack(clone.root, "dev.growth"))
    assert f"{CHURN}:13: resources.memory: `512MB` is no amount of memory" in str(failed.value)
    assert "Traceback" not in str(failed.value)


def test_an_unknown_stack_names_those_that_exist(clone: Clone) -> None:
    with pytest.raises(FailedError, match=r"there is no stack `dev.nope`; environment `dev` has dev\.platform, "):
        record("dev.nope", lambda: declare_stack(clone.root, "dev.nope"))


def test_programs_one_after_the_other_leave_each_other_alone() -> None:
    first = record("one", lambda: Thing("a", {}) and None)
    second = record("two", lambda: Thing("b", {}) and None)
    assert [(item.stack, item.name) for item in first + second] == [("one", "a"), ("two", "b")]


def test_plain_values_of_the_wire() -> None:
    value = {"large": 2**53, "minus": -1, "half": 0.5, "empty": {}, "list": [], "null": None, "text": ""}
    struct = json_format.ParseDict(value, struct_pb2.Struct())
    assert plain(struct) == value
    assert isinstance(plain(struct)["large"], int)

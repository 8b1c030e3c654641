"""The engine's events, in the shape in which the CLI writes them, as steps and messages."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation import EngineEvent

from slipway.engine.events import Collector, shown, value_at
from slipway.engine.results import PropertyChange, StackResult, Step, operation

STACK = "local.growth"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": '"hunter2"'}
BUCKET = "gcp:storage/bucket:Bucket"


def urn(name: str, kind: str = BUCKET) -> str:
    return f"urn:pulumi:{STACK}::slipway::slipway:gcp:Bucket${kind}::{name}"


def step(op: str, name: str, old: Any = None, new: Any = None, kind: str = BUCKET, **more: Any) -> dict[str, Any]:
    def state(inputs: Any) -> Any:
        return None if inputs is None else {
            "urn": urn(name, kind), "type": kind, "id": "x", "inputs": inputs, "outputs": inputs, "provider": "",
        }  # fmt: skip

    return {
        "op": op, "urn": urn(name, kind), "type": kind, "provider": "", "old": state(old), "new": state(new), **more,
    }  # fmt: skip


def planned(op: str, name: str, **more: Any) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": step(op, name, **more), "planning": True}}


def diagnostic(message: str, severity: str = "error", about: str = "", *, ephemeral: bool = False) -> dict[str, Any]:
    return {
        "diagnosticEvent": {
            "message": message,
            "severity": severity,
            "urn": about,
            "color": "never",
            "ephemeral": ephemeral,
        }
    }


def collect(*events: dict[str, Any], error: str | None = None) -> tuple[StackResult, list[str]]:
    notes: list[str] = []
    collector = Collector(STACK, notes.append)
    for number, event in enumerate(events):
        collector.take(EngineEvent.from_json({"sequence": number, "timestamp": 1, **event}))
    return collector.result(error, 1.5), notes


def test_steps_by_operation() -> None:
    result, notes = collect(
        planned("create", "a", new={"name": "a"}),
        planned("update", "b", old={"name": "b"}, new={"name": "b"}),
        planned("delete", "c", old={"name": "c"}),
        planned("same", "d", old={}, new={}),
        planned("read", "e", new={}),
        planned("refresh", "f", old={}, new={}),
    )
    assert [(item.operation, item.name, item.type) for item in result.steps] == [
        ("create", "a", BUCKET),
        ("update", "b", BUCKET),
        ("delete", "c", BUCKET),
    ]
    assert (result.unchanged, result.counts, result.seconds) == (3, {"create": 1, "update": 1, "delete": 1}, 1.5)
    assert notes == ["create Bucket a", "update Bucket b", "delete Bucket c"]


def test_a_replacement_is_one_step_that_says_what_forces_it() -> None:
    detail = {"location": {"diffKind": "update-replace", "inputDiff": True}}
    result, _ = collect(
        planned("create-replacement", "a", old={"location": "EU"}, new={"location": "US"}, detailedDiff=detail),
        planned("replace", "a", old={"location": "EU"}, new={"location": "US"}),
        planned("delete-replaced", "a", old={"location": "EU"}),
    )
    assert [item.operation for item in result.steps] == ["replace"]
    assert result.steps[0].changes == (PropertyChange("location", "EU", "US", replaces=True),)


def test_changes_without_detail_come_from_the_keys() -> None:
    result, _ = collect(planned("update", "a", old={"x": 1, "y": 2}, new={"x": 3, "y": 4}, diffs=["y", "x"]))
    assert result.steps[0].changes == (PropertyChange("x", 1, 3), PropertyChange("y", 2, 4))


def test_changes_deep_inside() -> None:
    detail = {
        'spec.ports[0]["a.b"]': {"diffKind": "update", "inputDiff": True},
        "new": {"diffKind": "add", "inputDiff": True},
    }
    result, _ = collect(
        planned(
            "update",
            "a",
            old={"spec": {"ports": [{"a.b": 1}]}},
            new={"spec": {"ports": [{"a.b": 2}]}, "new": True},
            detailedDiff=detail,
        )
    )
    assert result.steps[0].changes == (
        PropertyChange("new", None, True),
        PropertyChange('spec.ports[0]["a.b"]', 1, 2),
    )


def test_no_secret_leaves_the_events() -> None:
    detail = {path: {"diffKind": "update", "inputDiff": True} for path in ("a", "b", "c.value", "d")}
    old = {"a": SECRET, "b": {"deep": [SECRET]}, "c": SECRET, "d": "[secret]"}
    result, notes = collect(
        planned("update", "x", old=old, new=old, detailedDiff=detail),
        planned("update", "y", old=old, new=old, diffs=["a", "b"]),
    )
    assert "hunter2" not in repr(result) + repr(notes)
    assert [change.before for change in result.steps[0].changes] == [
        "[secret]",
        {"deep": ["[secret]"]},
        "[secret]",
        "[secret]",
    ]


def test_a_refresh_says_at_its_end_what_it_found() -> None:
    detail = {"labels": {"diffKind": "update", "inputDiff": True}}
    changed = step("update", "a", old={"labels": {}}, new={"labels": {"x": "y"}}, detailedDiff=detail)
    result, notes = collect(
        *(planned("refresh", name, old={}, new={}) for name in ("a", "b", "c")),
        {"resOutputsEvent": {"metadata": changed}},
        {"resOutputsEvent": {"metadata": step("delete", "b", old={})}},
        {"resOutputsEvent": {"metadata": step("refresh", "c", old={}, new={})}},
    )
    assert [(item.operation, item.name) for item in result.steps] == [("update", "a"), ("delete", "b")]
    assert result.steps[0].changes == (PropertyChange("labels", {}, {"x": "y"}),)
    assert (result.unchanged, notes) == (1, [])


def test_components_are_steps_but_no_news() -> None:
    result, notes = collect(planned("create", "a", new={}, kind="slipway:gcp:Bucket"))
    assert (len(result.steps), notes) == (1, [])


def test_the_stack_itself_is_no_step_and_carries_the_outputs() -> None:
    stack = step("update", "slipway-local.growth", old={}, new={}, kind="pulumi:pulumi:Stack")
    stack["new"]["outputs"] = {"contract": {"version": 1}}
    result, _ = collect({"resourcePreEvent": {"metadata": stack}}, {"resOutputsEvent": {"metadata": stack}})
    assert (result.steps, result.outputs) == ((), {"contract": {"version": 1}})


def test_messages() -> None:
    result, notes = collect(
        diagnostic("<{%fg 1%}>error:<{%reset%}> refused\n", about=urn("a")),
        diagnostic("error: refused", about=urn("a")),
        diagnostic("slow", "warning"),
        diagnostic("said", "info", urn("a")),
        diagnostic("quiet", "debug"),
        diagnostic("  "),
        diagnostic("3 of 4 nodes", "info", ephemeral=True),
        error="code 255",
    )
    assert result.messages == ("a: error: refused", "slow", "said")
    assert result.error == "code 255"
    assert notes == ["3 of 4 nodes"]


def test_a_resource_that_failed_is_remembered() -> None:
    collector = Collector(STACK, lambda _: None)
    failed = {"resOpFailedEvent": {"metadata": step("create", "a", new={}), "status": 1, "steps": 1}}
    collector.take(EngineEvent.from_json({"sequence": 1, "timestamp": 1, **failed}))
    assert collector.failed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", 1),
        ("b.c", [1, {"d": 2}]),
        ("b.c[1].d", 2),
        ("b.c[0]", 1),
        ("b.c[9]", None),
        ("b.c.d", None),
        ("b[0]", None),
        ("missing.deep", None),
        ('["a.b"]', 3),
        ('b["x[0]"]', 4),
        ('b["q\\"q"].z', 5),
        ("a.b", None),
        ("n.x", None),
    ],
)
def test_value_at(path: str, value: object) -> None:
    tree = {"a": 1, "b": {"c": [1, {"d": 2}], "x[0]": 4, 'q"q': {"z": 5}}, "a.b": 3, "n": None}
    assert value_at(tree, path) == value


def test_shown_leaves_plain_values_alone() -> None:
    tree = {"a": [1, "b", None, {"c": True}]}
    assert shown(tree) == tree


@pytest.mark.parametrize(
    ("engine", "ours"),
    [("import", "create"), ("discard-replaced", "replace"), ("discard", "delete"), ("something-new", "something-new")],
)
def test_operations_in_our_words(engine: str, ours: str) -> None:
    assert operation(engine) == ours


def test_names_with_colons() -> None:
    assert Step("create", "urn:pulumi:s::p::a:b:C$d:e/f:G::ns/name::x").name == "ns/name::x"
    assert Step("create", "urn:pulumi:s::p::a:b:C$d:e/f:G::x").type == "d:e/f:G"

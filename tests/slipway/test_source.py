"""YAML as people mean it, with the line of every key."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from slipway.errors import Problem, Refused
from slipway.source import parse

plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf"]), max_size=10)
scalars = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | plain
trees = st.dictionaries(
    plain,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3)),
    min_size=1,
    max_size=4,
)


class Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.2 takes for a number and PyYAML, which knows 1.1, does not."""


Dumper.add_implicit_resolver("number of 1.2", re.compile(r"[-+]?(0o[0-7]+|[0-9.]+([eE][-+]?[0-9]+)?)"), None)


@given(trees)
@example({"": "0E0"})
@example({"a": "0o7"})
@example({"a": "1."})
def test_what_is_written_is_read(tree: dict[str, Any]) -> None:
    assert parse(yaml.dump(tree, Dumper=Dumper, allow_unicode=True, width=1000), "a.yaml").value == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("2026-11-01", "2026-11-01"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("010", 10),
        (".inf", ".inf"),
        ("1.5", 1.5),
        ("-3", -3),
        ("~", None),
        ("", None),
        ("Null", None),
        ("TRUE", True),
        ("False", False),
        ('"true"', "true"),
        ("1e3", 1000.0),
        ("|-\n  two\n  lines", "two\nlines"),
    ],
)
def test_scalars_of_the_core_schema(text: str, value: object) -> None:
    found = parse(f"key: {text}\n", "a.yaml").value["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_always_text() -> None:
    assert parse("1: a\ntrue: b\n~: c\n", "a.yaml").value == {"1": "a", "true": "b", "~": "c"}


def test_lines() -> None:
    document = parse("# top\na: 1\nb:\n  c: 2\n  d:\n    - x\n    - e: 3\n", "a.yaml")
    assert document.line(("a",)) == 2
    assert document.line(("b", "c")) == 4
    assert document.line(("b", "d", 0)) == 6
    assert document.line(("b", "d", 1, "e")) == 7


def test_a_key_that_is_not_there_is_told_at_its_block() -> None:
    document = parse("a: 1\nb:\n  c: 2\n", "a.yaml")
    assert document.line(("b", "missing", "deeper")) == 2
    assert document.line(("nowhere",)) == 1
    assert str(document.problem(("b", "c"), "is odd", "make it even")) == "a.yaml:3: is odd; make it even"


def test_every_duplicate_is_told() -> None:
    with pytest.raises(Refused) as refused:
        parse("a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n", "a.yaml")
    assert [problem.line for problem in refused.value.problems] == [2, 3, 4]


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse("\ufeffa: 1\n", "a.yaml").value == {"a": 1}


def test_problems_read_in_the_order_of_the_file() -> None:
    later, first, whole = Problem("a.yaml", 9, "is odd"), Problem("a.yaml", 2, "is odd"), Problem("a.yaml", 0, "is odd")
    assert Refused([later, first, whole, first]).problems == [whole, first, later]
    assert str(Refused([later, first])) == "a.yaml:2: is odd\na.yaml:9: is odd"
    assert str(whole) == "a.yaml: is odd"

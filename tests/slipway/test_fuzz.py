"""Whatever is written into a manifest or an environment, the answer is a typed value or a `Refused`, never a crash."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway import source
from slipway.errors import Refused
from slipway.schema.environment import Environment
from slipway.schema.manifest import Service
from slipway.schema.reading import validate
from tests.support.repositories import CHURN, DEV, FILES, make

JARGON = re.compile(
    r"pydantic|pattern|regex|\^\[|function-|constrained|\[key\]|Traceback|NoneType|should ", re.IGNORECASE
)
MODELS: dict[str, type[Any]] = {CHURN: Service, DEV: Environment}

words = st.sampled_from(
    ["strategy", "canary", "rolling", "name", "25%", "1e9", "~", "&a", "*a", "!!int", "\t", "- a", "<<"]
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words, st.text(max_size=20))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a tree that a value can be put at."""
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return found + [place for key, value in items for place in places(value, (*path, key))]


def told(file: str, text: str) -> list[str]:
    """What the core says about a file; anything but Refused gets out of here and fails the test."""
    try:
        validate(MODELS[file], source.parse(text, file))
    except Refused as refused:
        problems = refused.problems
    else:
        return []
    assert problems
    assert all(problem.file == file and 0 <= problem.line <= len(text.split("\n")) + 1 for problem in problems)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("file", MODELS)
@quick
@given(data=st.data())
def test_any_value_at_any_place(file: str, data: st.DataObject) -> None:
    tree = yaml.safe_load(FILES[file])
    *above, last = data.draw(st.sampled_from(places(tree)))
    block = tree
    for key in above:
        block = block[key]
    if data.draw(st.booleans()) and isinstance(block, dict):
        block[data.draw(words | st.text(max_size=8))] = block.pop(last)
    else:
        block[last] = data.draw(values)
    for problem in told(file, yaml.safe_dump(tree, allow_unicode=True)):
        where, _, said = problem.partition(": ")
        assert where.startswith(file)
        ours = re.sub(r"`[^`]*`", "", said)  # what people wrote may hold any word
        assert not JARGON.search(ours), problem


@pytest.mark.parametrize("file", MODELS)
@quick
@given(data=st.data())
def test_any_text_at_any_place(file: str, data: st.DataObject) -> None:
    text = FILES[file]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    put = data.draw(st.text(max_size=20) | st.lists(words, max_size=4).map(" ".join))
    told(file, text[:start] + put + text[end:])


@quick
@given(st.text())
def test_any_text_at_all(text: str) -> None:
    told(CHURN, text)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_in_a_file(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = make(Path(folder) / "clone")
        clone.write(CHURN, content)
        assert all(problem.file == CHURN for problem in clone.problems())

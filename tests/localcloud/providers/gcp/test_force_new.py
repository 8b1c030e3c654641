"""Every field of every type: a change replaces the resource exactly where the source says force_new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.gcp import catalog
from localcloud.providers.gcp.difference import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.providers.gcp.schema import Field

_VALUES: dict[str, tuple[Any, Any]] = {"string": ("a", "b"), "int": (1, 2), "float": (0.5, 1.5), "bool": (True, False)}


def _changes(fields: Mapping[str, Field]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], bool]]:
    """(path, before, after, whether it replaces) of a change of each scalar that a program may set."""
    for name, field in fields.items():
        if not field.settable or (field.type == "set" and field.fields):
            continue
        if field.type in _VALUES:
            before, after = _VALUES[field.type]
            yield name, {name: before}, {name: after}, field.force_new
        elif field.type == "map":
            yield f"{name}.key", {name: {"key": "a"}}, {name: {"key": "b"}}, field.force_new
        elif field.is_block:
            for path, old, new, replaces in _changes(field.fields):
                inside = (lambda value: value) if field.type == "object" else (lambda value: [value])
                yield f"{name}.{path}", {name: inside(old)}, {name: inside(new)}, replaces
        else:
            yield f"{name}[0]", {name: ["a"]}, {name: ["b"]}, field.force_new


@pytest.mark.parametrize("token", sorted(catalog.HOME))
def test_a_change_replaces_exactly_where_the_source_says_so(token: str) -> None:
    fields = catalog.find(token).schema.fields
    seen = list(_changes(fields))
    assert seen
    wrong: list[str] = []
    for path, before, after, replaces in seen:
        comparison = Comparison()
        comparison.fields(fields, before, after)
        if not comparison.found or any(how.replaces is not replaces for how in comparison.found.values()):
            wrong.append(f"{path}: {comparison.found}, force_new {replaces}")
    assert not wrong

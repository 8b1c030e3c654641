"""Holds an object against the schema of its custom resource definition, as far as ours go: structure and bounds.

The API server does the same and more (CEL rules), in the live tests. Source: OpenAPI v3 schema as Kubernetes documents
it for CustomResourceDefinitions ("Specifying a structural schema"); unknown fields are refused, as server-side apply
and `kubectl --validate=strict` do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
}

_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "enum": lambda value, known: value in known,
    "pattern": lambda value, pattern: re.search(pattern, value) is not None,
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    **dict.fromkeys(("minLength", "minItems", "minProperties"), lambda value, bound: len(value) >= bound),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), lambda value, bound: len(value) <= bound),
}


def problems(definition: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
    """What the API server would say of `item`, by the version that it names."""
    group, _, version = item["apiVersion"].rpartition("/")
    assert group == definition["spec"]["group"]
    (served,) = [each for each in definition["spec"]["versions"] if each["name"] == version and each["served"]]
    schema = served["schema"]["openAPIV3Schema"]
    return list(_look(schema["properties"]["spec"], item["spec"], "spec"))


def _look(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool))):
        yield f"{path}: {value!r} is no {kind}"
        return
    yield from (f"{path}: {value!r} breaks {key} {schema[key]}" for key in _BOUNDS if _breaks(key, schema, value))
    if kind == "array":
        for index, each in enumerate(value):
            yield from _look(schema["items"], each, f"{path}[{index}]")
    elif kind == "object":
        yield from _inside(schema, value, path)


def _inside(schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[str]:
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    yield from (f"{path}: {name} is missing" for name in schema.get("required", []) if name not in value)
    for name, each in value.items():
        if name in known:
            yield from _look(known[name], each, f"{path}.{name}")
        elif isinstance(more, dict):
            yield from _look(more, each, f"{path}.{name}")
        elif not schema.get("x-kubernetes-preserve-unknown-fields"):
            yield f"{path}: unknown field {name}"


def _breaks(key: str, schema: Mapping[str, Any], value: Any) -> bool:
    return key in schema and not _BOUNDS[key](value, schema[key])

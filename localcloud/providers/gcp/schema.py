"""The fields of a resource type, as `tools/gcp_schema.py` wrote them to `schema/*.json`."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent / "schema"


@dataclass(frozen=True)
class Field:
    """One field under its Pulumi name; the flags are those of the Terraform schema.

    `type` is string, int, float, bool, map, list, set or object (a block that may stand once). A block and a list
    of blocks have `fields`; a list, set or map of scalars has `element`.
    """

    name: str
    type: str
    required: bool = False
    optional: bool = False
    computed: bool = False
    force_new: bool = False
    sensitive: bool = False
    default: Any = None
    element: str = ""
    min_items: int = 0
    max_items: int = 0
    conflicts_with: tuple[str, ...] = ()
    exactly_one_of: tuple[str, ...] = ()
    required_with: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def settable(self) -> bool:
        """Whether a program may give it; the others are only answers of the API."""
        return self.required or self.optional

    @property
    def is_block(self) -> bool:
        """Whether its elements have fields of their own."""
        return bool(self.fields) or self.type == "object"


@dataclass(frozen=True)
class Schema:
    """A resource type: its fields by Pulumi name, and where they were taken from."""

    token: str
    source: str
    fields: Mapping[str, Field]
    #: properties that the SDK has and the source does not: refused, since nothing says how they behave
    unsourced: frozenset[str] = frozenset()

    def at(self, path: str) -> Field:
        """The field at a dotted path without indexes; raises KeyError."""
        first, *rest = path.split(".")
        found = self.fields[first]
        for name in rest:
            found = found.fields[name]
        return found


@functools.cache
def load(token: str) -> Schema | None:
    """The schema of a type token, None when there is no file for it."""
    path = FOLDER / (token.split(":")[1].replace("/", ".") + ".json")
    if not path.exists():
        return None
    plain = json.loads(path.read_text(encoding="utf-8"))
    return Schema(plain["token"], plain["source"], _fields(plain["fields"]), frozenset(plain["unsourced"]))


def available() -> list[str]:
    """The type tokens with a schema file."""
    return [json.loads(path.read_text(encoding="utf-8"))["token"] for path in sorted(FOLDER.glob("*.json"))]


def _fields(plain: dict[str, Any]) -> dict[str, Field]:
    return {name: _field(name, facts) for name, facts in plain.items()}


def _field(name: str, facts: dict[str, Any]) -> Field:
    known: dict[str, Any] = {key: value for key, value in facts.items() if key not in {"terraform", "fields"}}
    known |= {key: tuple(value) for key, value in known.items() if isinstance(value, list)}
    return Field(name, fields=_fields(facts.get("fields", {})), **known)

"""From a document to a typed value, with each error at its line and in words of the field."""

from __future__ import annotations

import difflib
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

from pydantic import BaseModel, ValidationError

from slipway.errors import Problem, Refused
from slipway.schema.base import WrongAtError
from slipway.schema.manifest import LATER_TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from slipway.source import Document, KeyPath

ModelT = TypeVar("ModelT", bound=BaseModel)

_WANTED: Final = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "no_probe": "a path or a command",
}
_REMEDY: Final = {
    "a whole number": "write digits, without quotes and without a unit",
    "true or false": "write true or false, without quotes",
    "a list": "write a list, such as [a, b], or one item to a line, each after a dash",
    "a mapping": "write keys and values below it",
    "a path or a command": "write a path such as /readyz, or {exec: [PROGRAM, ARGUMENT]}",
}
_LATER: Final = LATER_TARGETS
_SHOWN: Final = 60
"""Characters of a wrong value that a message repeats."""


def validate(model: type[ModelT], document: Document) -> ModelT:
    """The typed value of `document`; raises Refused with every problem in it."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        found = [_problem(model, document, item) for item in error.errors()]
        raise Refused([problem for problem in found if problem]) from None


def near(word: str, known: Sequence[str]) -> str:
    """A remedy that names the key that was probably meant, or all of them."""
    if not known:
        return "there is none yet to name here"
    if match := _match(word, known):
        return f"did you mean `{match}`?"
    return _choice(known)


def _choice(known: Sequence[str]) -> str:
    return f"use `{known[0]}`" if len(known) == 1 else f"use one of: {', '.join(sorted(known))}"


def _match(word: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else ""


def _problem(model: type[BaseModel], document: Document, error: ErrorDetails) -> Problem | None:
    kind, context = error["type"], error.get("ctx", {})
    path, place = _follow(model, error["loc"])
    name = _name(path[:-1] if "[key]" in error["loc"] else path)
    if kind == "extra_forbidden":
        return document.problem(path, f"unknown key `{name}`", near(str(path[-1]), _keys(place)))
    if kind == "missing":
        return _missing(document, path, _keys(_follow(model, error["loc"][:-1])[1]))
    if kind == "value_error":
        wrong = context["error"]
        what, _, remedy = str(wrong).replace("\n", "\\n").partition("; ")
        below: KeyPath = wrong.path if isinstance(wrong, WrongAtError) else ()
        return document.problem((*path, *below), f"{name}: {what}" if name else what, remedy)
    if kind == "literal_error":
        return _unknown_word(document, path, str(error["input"]), str(context["expected"]))
    if kind == "union_tag_invalid":
        return _unknown_word(document, (*path, "strategy"), str(context["tag"]), str(context["expected_tags"]))
    if kind == "union_tag_not_found":
        remedy = "add the strategy, such as `strategy: rolling` or `strategy: canary`"
        return document.problem(path, f"the key `strategy` is missing under `{name}`", remedy)
    if kind in _WANTED:
        return document.problem(path, *_wrong_type(name, error["input"], _WANTED[kind]))
    return document.problem(path, *_out_of_bounds(name, error, place))


def _missing(document: Document, path: KeyPath, known: list[str]) -> Problem | None:
    """A key that is missing; None when it is there with a slip of the pen, which is a problem of its own."""
    block: Any = document.value
    for part in path[:-1]:
        block = block[part]
    key = str(path[-1])
    if any(_match(str(other), known) == key for other in block if other not in known):
        return None
    below = f" to `{_name(path[:-1])}`" if len(path) > 1 else ""
    return document.problem(path, f"the key `{key}` is missing", f"add it{below}")


def _unknown_word(document: Document, path: KeyPath, word: str, expected: str) -> Problem:
    known = [item.strip(" '\"") for item in expected.replace(" or ", ", ").split(",")]
    if word in _LATER:
        return document.problem(path, f"{path[-1]} `{word}` is not offered yet", _choice(known))
    return document.problem(path, f"unknown {path[-1]} `{_cut(word)}`", near(word, known))


def _wrong_type(name: str, found: Any, wanted: str) -> tuple[str, str]:
    remedy = _REMEDY.get(wanted, "put it in quotes if it is meant as text")
    if found is None:
        remedy = "write a value, or remove the key"
    elif wanted == "text" and isinstance(found, (list, dict)):
        remedy = "write one value"
    return f"`{name}` is {_described(found)}, not {wanted}", remedy


def _out_of_bounds(name: str, error: ErrorDetails, place: list[Any]) -> tuple[str, str]:
    """What is wrong with a number or a length, with both of its bounds in the remedy."""
    limits = _limits(place)
    if error["type"] == "too_short":
        return f"`{name}` is empty", "write at least one"
    if error["type"] == "too_long":
        return f"`{name}` has {len(error['input'])} entries", f"write at most {limits.get('max_length', 1)}"
    if {"ge", "le"} <= limits.keys():
        return f"`{name}` is {_cut(error['input'])}", f"write a whole number from {limits['ge']} to {limits['le']}"
    return f"`{name}` is {_described(error['input'])}: {error['msg']}", "docs/reference says what is allowed"


def _described(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {_cut(value)}"
    if isinstance(value, str):
        return f"the text `{_cut(value)}`" if value else "an empty text"
    return "a list" if isinstance(value, list) else "a mapping"


def _cut(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _name(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _follow(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[KeyPath, list[Any]]:
    """Pydantic's location as a path of the file, and the types of its end; of its block where the key is unknown.

    Left out are pydantic's own parts: which member of a union it tried, and that a key of a map was wrong.
    """
    path: KeyPath = ()
    place: list[Any] = [model]
    for part in location:
        if part == "[key]":
            continue
        members = _members(place)
        if len(members) > 1 and (tagged := [member for member in members if _tag(member) == part]):
            place = tagged
            continue
        path = (*path, part)
        place = _below(members, part) or place
    return path, place


def _members(place: list[Any]) -> list[Any]:
    """The types that a value may have, without `None` and with unions taken apart."""
    found: list[Any] = []
    for annotation in place:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            found += _members([typing.get_args(annotation)[0]])
        elif origin in {typing.Union, types.UnionType}:
            found += _members(list(typing.get_args(annotation)))
        elif annotation is not type(None):
            found.append(annotation)
    return found


def _tag(member: Any) -> str:
    """What pydantic calls a member of a union of ours: its strategy, or how it is written."""
    if not _is_block(member):
        return "path"
    strategy = member.model_fields.get("strategy")
    return str(typing.get_args(strategy.annotation)[0]) if strategy else str(member.__name__)


def _below(members: list[Any], part: int | str) -> list[Any]:
    found: list[Any] = []
    for member in members:
        if _is_block(member):
            for name, field in cast("type[BaseModel]", member).model_fields.items():
                if part == (field.alias or name):
                    found.append(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
        elif typing.get_origin(member) in {dict, list}:
            found.append(typing.get_args(member)[-1])
    return found


def _is_block(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _keys(place: list[Any]) -> list[str]:
    """The keys that a block may have."""
    blocks = [cast("type[BaseModel]", member) for member in _members(place) if _is_block(member)]
    return sorted({field.alias or name for block in blocks for name, field in block.model_fields.items()})


def _limits(place: list[Any]) -> dict[str, int]:
    """Bounds of a number or of a length, wherever the annotation carries them."""
    found: dict[str, int] = {}
    for annotation in place:
        items = typing.get_args(annotation)
        if typing.get_origin(annotation) is Annotated:
            for bound in (each for item in items[1:] for each in (item, *getattr(item, "metadata", ()))):
                known = {name: getattr(bound, name, None) for name in ("ge", "le", "min_length", "max_length")}
                found |= {name: value for name, value in known.items() if value is not None}
            found |= _limits([items[0]])
        elif typing.get_origin(annotation) in {typing.Union, types.UnionType}:
            found |= _limits(list(items))
    return found

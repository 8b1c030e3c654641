"""From a document to a typed value, with each error at its line and in words of the field."""

from __future__ import annotations

import difflib
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError

from slipway.errors import Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from slipway.source import Document, KeyPath

ModelT = TypeVar("ModelT", bound=BaseModel)

_TYPES = {
    "string_type": ("text", "put it in quotes if it is meant as text"),
    "int_type": ("a whole number", "write digits without quotes"),
    "bool_type": ("true or false", "write true or false"),
    "list_type": ("a list", "start each item with a dash"),
    "dict_type": ("a mapping", "write keys and values below it"),
    "model_type": ("a mapping", "write keys and values below it"),
    "model_attributes_type": ("a mapping", "write keys and values below it"),
}


def validate(model: type[ModelT], document: Document) -> ModelT:
    """The typed value of `document`; raises Refused with every problem in it."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise Refused([_problem(model, document, item) for item in error.errors()]) from None


def near(word: str, known: Sequence[str]) -> str:
    """A remedy that names the key that was probably meant, or all of them."""
    match = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean `{match[0]}`?" if match else f"use one of: {', '.join(sorted(known))}"


def _problem(model: type[BaseModel], document: Document, error: ErrorDetails) -> Problem:
    path = _path(document, error["loc"])
    kind, context = error["type"], error.get("ctx", {})
    name = _name(path)
    if kind == "extra_forbidden":
        return document.problem(path, f"unknown key `{name}`", near(str(path[-1]), _keys(model, path[:-1])))
    if kind == "missing":
        return document.problem(path, f"the key `{error['loc'][-1]}` is missing", f"add it{_below(path[:-1])}")
    if kind == "value_error":
        what, _, remedy = str(context["error"]).partition("; ")
        return document.problem(path, f"{name}: {what}" if name else what, remedy)
    if kind in {"union_tag_invalid", "literal_error"}:
        return _unknown_word(document, path, error)
    if kind == "union_tag_not_found":
        return document.problem(path, f"`{name}` has no `strategy`", "add `strategy: rolling`, `recreate` or `canary`")
    if kind in _TYPES:
        wanted, remedy = _TYPES[kind]
        found = _kind_of(error["input"])
        return document.problem(path, f"`{name}` is {found}, not {wanted}", remedy)
    return document.problem(path, f"`{name}` is {error['input']!r}: {error['msg'].lower()}", _bounds(kind, context))


def _unknown_word(document: Document, path: KeyPath, error: ErrorDetails) -> Problem:
    from slipway.schema.manifest import LATER_KINDS  # noqa: PLC0415 - manifest imports nothing of reading
    from slipway.schema.rollout import LATER_STRATEGIES  # noqa: PLC0415

    context = error.get("ctx", {})
    if error["type"] == "union_tag_invalid":
        field, word, expected = "strategy", str(context["tag"]), str(context["expected_tags"])
        path = (*path, "strategy")
    else:
        field, word, expected = str(path[-1]), str(error["input"]), str(context["expected"])
    known = [item.strip(" '\"") for item in expected.replace(" or ", ", ").split(",")]
    if word in LATER_KINDS or word in LATER_STRATEGIES:
        return document.problem(path, f"{field} `{word}` is not offered yet", f"use one of: {', '.join(known)}")
    return document.problem(path, f"unknown {field} `{word}`", near(word, known))


def _bounds(kind: str, context: dict[str, Any]) -> str:
    if kind == "string_pattern_mismatch":
        return f"write it in the form {context['pattern']}"
    limits = [
        f"{word} {context[key]}"
        for key, word in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most"))
        if key in context
    ]
    return f"use a number {' and '.join(limits)}" if limits else "see docs/reference for what is allowed"


def _path(document: Document, location: tuple[int | str, ...]) -> KeyPath:
    """pydantic's location without its own parts (union tags), as far as the file goes; the missing key stays."""
    path: KeyPath = ()
    for index, part in enumerate(location):
        if (*path, part) in document.lines or (index == len(location) - 1 and not _is_tag(part, path, document)):
            path = (*path, part)
    return path


def _is_tag(part: int | str, path: KeyPath, document: Document) -> bool:
    del path, document
    text = str(part)
    return text in {"rolling", "recreate", "canary", "Command", "str"} or text.startswith(("function-", "constrained-"))


def _name(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _below(path: KeyPath) -> str:
    return f" under `{_name(path)}`" if path else ""


def _kind_of(value: Any) -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(value), "empty")


def _keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys that the block at `path` of `model` may have."""
    blocks: list[type[BaseModel]] = [model]
    for part in path:
        following: list[type[BaseModel]] = []
        for block in blocks:
            for name, field in block.model_fields.items():
                if part in {name, field.alias}:
                    following += _blocks(field.annotation)
        blocks = following or blocks  # an index or a key of a map stays in the block it leads to
    return sorted({field.alias or name for block in blocks for name, field in block.model_fields.items()})


def _blocks(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin = typing.get_origin(annotation)
    if origin in {Annotated, typing.Union, types.UnionType, list, dict}:
        return [block for item in typing.get_args(annotation) for block in _blocks(item)]
    return []

"""The `smoke:` block of a service: one request that a new release has to answer, and what the answer must look like."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, cast

from pydantic import Field, model_validator

from slipway import units
from slipway.schema.base import Duration, Strict, WrongAtError, checked, form

TYPES: Final = ("number", "text", "boolean", "list", "mapping")
RULE: Final = frozenset({"min", "max", "type"})
"""Keys of a mapping that says what a value is like, instead of standing for itself."""
_MOST: Final = 60


def _short(text: str) -> None:
    if units.seconds(text) > _MOST:
        raise ValueError(f"`{text}` is long for one answer; write at most {_MOST}s")


def _known(value: Any, path: tuple[str | int, ...]) -> None:
    """Raises WrongAtError for a rule that is none."""
    if isinstance(value, dict):
        block = cast("dict[str, Any]", value)
        if block and block.keys() <= RULE:
            _rule(block, path)
            return
        for key, below in block.items():
            _known(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(cast("list[Any]", value)):
            _known(below, (*path, index))


def _rule(block: dict[str, Any], path: tuple[str | int, ...]) -> None:
    for key in ("min", "max"):
        bound = block.get(key, 0)
        if isinstance(bound, bool) or not isinstance(bound, (int, float)):
            raise WrongAtError((*path, key), f"`{bound}` is no bound; write a number")
    if block.get("min", 0) > block.get("max", block.get("min", 0)):
        raise WrongAtError((*path, "min"), f"min {block['min']} is above max {block['max']}; swap them")
    if block.get("type", TYPES[0]) not in TYPES:
        raise WrongAtError((*path, "type"), f"`{block['type']}` is no type; use one of {', '.join(TYPES)}")
    if block.get("type", "number") != "number" and block.keys() != {"type"}:
        raise WrongAtError((*path, "type"), f"{block['type']} has no min or max; drop them")


class Expected(Strict):
    """What the answer must look like. What is not named may be anything."""

    status: Annotated[int, Field(ge=200, le=299)] = Field(default=200, description="HTTP status.")
    json_: Any = Field(
        default=None,
        alias="json",
        description="What the JSON answer has at least. A value stands for itself; `{min: 0, max: 1}` for a number in "
        "this range; `{type: number}` for any of that type (number, text, boolean, list, mapping).",
    )

    @model_validator(mode="after")
    def _rules(self) -> Self:
        _known(self.json_, ("json",))
        return self


class Smoke(Strict):
    """One request after every update; a release that answers otherwise has failed."""

    path: Annotated[str, form(r"/[!-~]*", "no path", "write one that starts with a slash, such as /predict")] = Field(
        description="Path that is asked."
    )
    method: Literal["GET", "POST", "PUT"] | None = Field(
        default=None, description="POST where there is a `payload`, GET without, if not said."
    )
    payload: Any = Field(default=None, description="What is sent, as JSON.")
    expect: Expected = Field(default=Expected(), description="What the answer must look like.")
    timeout: Annotated[Duration, checked(_short)] = Field(default="10s", description="How long an answer may take.")

    @model_validator(mode="after")
    def _sendable(self) -> Self:
        if self.payload is not None and self.method == "GET":
            raise WrongAtError(("method",), "a GET carries no payload; use POST, or drop the payload")
        return self

    @property
    def verb(self) -> str:
        """The method that is used."""
        return self.method or ("GET" if self.payload is None else "POST")

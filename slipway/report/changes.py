"""A preview or an update in text: per stack what is created, changed, replaced and deleted, property by property."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from slipway.engine.results import CREATE, DELETE, REPLACE, UPDATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slipway.engine.results import PropertyChange, StackResult, Step

_SIGN: Final = {CREATE: "+", UPDATE: "~", REPLACE: "±", DELETE: "-"}
_ORDER: Final = (REPLACE, DELETE, UPDATE, CREATE)
"""Dangerous things first."""
_PAST: Final = {CREATE: "created", UPDATE: "updated", REPLACE: "replaced", DELETE: "deleted"}
_WIDTH: Final = 60
_COMPONENT: Final = "slipway:"


def changes(results: Sequence[StackResult], *, planned: bool, details: bool = True) -> str:
    """The report. `planned` says that nothing happened yet; without `details` only the counts are told."""
    return "\n".join(line for result in results for line in _stack(result, planned=planned, details=details))


def summary(result: StackResult, *, planned: bool) -> str:
    """The counts of one stack in one line, components left out."""
    steps = _resources(result)
    if not steps:
        return "no change"
    counts = [(kind, sum(step.operation == kind for step in steps)) for kind in _ORDER]
    verbs = [f"{count} {'to ' + kind if planned else _PAST[kind]}" for kind, count in counts if count]
    return ", ".join(verbs)


def any_change(results: Sequence[StackResult]) -> bool:
    """Whether anything at all changes."""
    return any(result.steps for result in results)


def _resources(result: StackResult) -> list[Step]:
    steps = [step for step in result.steps if not step.type.startswith((_COMPONENT, "pulumi:providers:"))]
    return sorted(steps, key=lambda step: (_ORDER.index(step.operation) if step.operation in _ORDER else 9, step.urn))


def _stack(result: StackResult, *, planned: bool, details: bool) -> Iterator[str]:
    yield f"{result.stack}: {'failed' if result.error else summary(result, planned=planned)}"
    if details:
        for step in _resources(result):
            yield f"  {_SIGN.get(step.operation, '?')} {step.type.rsplit(':', 1)[-1]} {step.name}"
            if step.operation in {UPDATE, REPLACE}:
                yield from (f"      {_property(change)}" for change in step.changes)
    yield from (f"  ! {line}" for message in result.messages for line in message.splitlines())
    if result.error and not result.messages:
        yield from (f"  ! {line}" for line in result.error.splitlines())


def _property(change: PropertyChange) -> str:
    forces = "  (forces the replacement)" if change.replaces else ""
    return f"{change.path}: {_short(change.before)} -> {_short(change.after)}{forces}"


def _short(value: Any) -> str:
    if value is None:
        return "(none)"
    text = value if isinstance(value, str) and value and value.isprintable() else json.dumps(value, sort_keys=True)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH // 2]}…{text[-_WIDTH // 2 :]}"

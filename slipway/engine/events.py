"""Collects the engine's events into a `StackResult`, and tells about progress while they come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from slipway.engine.results import READ, REPLACE, SAME, PropertyChange, StackResult, Step, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi.automation import EngineEvent, StepEventMetadata

_STACK_TYPE = "pulumi:pulumi:Stack"
_UNKNOWN_PROVIDER = "provider for this resource has inputs that are not known"
"""The engine says it for every resource above a cluster that does not exist yet; once is enough."""
_COLOUR = re.compile(r"<\{%[^%]*%\}>")
_PATH_PART = re.compile(r'[^.\[\]"]+|\["(?:[^"\\]|\\.)*"\]|\[[0-9]+\]')


class Collector:
    """Give `take` to the Automation API as `on_event`; `note` is told a line for each resource that changes."""

    def __init__(self, stack: str, note: Callable[[str], None]) -> None:
        self._stack, self._note = stack, note
        self._steps: dict[str, Step] = {}
        self._unchanged = 0
        self._outputs: dict[str, Any] = {}
        self._messages: list[str] = []
        self.failed = False

    def take(self, event: EngineEvent) -> None:
        """One event of the engine."""
        if event.resource_pre_event:
            self._planned(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._done(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            self.failed = True
        elif event.diagnostic_event:
            self._message(event.diagnostic_event)

    def result(self, error: str | None, seconds: float) -> StackResult:
        """Everything collected."""
        return StackResult(
            stack=self._stack,
            steps=tuple(self._steps.values()),
            unchanged=self._unchanged,
            outputs=self._outputs,
            messages=tuple(dict.fromkeys(self._messages)),
            error=error,
            seconds=seconds,
        )

    def _planned(self, metadata: StepEventMetadata) -> None:
        kind = operation(str(metadata.op.value if hasattr(metadata.op, "value") else metadata.op))
        if metadata.type == _STACK_TYPE:
            return
        if kind in {SAME, READ}:
            self._unchanged += 1
            return
        known = self._steps.get(metadata.urn)
        if known and known.operation == REPLACE:
            return  # a replacement comes as several events: the first says what changes
        self._steps[metadata.urn] = step = Step(kind, metadata.urn, tuple(_changes(metadata)))
        if not metadata.type.startswith("slipway:"):
            self._note(f"{kind} {step.type.rsplit(':', 1)[-1]} {step.name}")

    def _done(self, metadata: StepEventMetadata) -> None:
        if metadata.type == _STACK_TYPE and metadata.new is not None:
            self._outputs = dict(metadata.new.outputs or {})

    def _message(self, event: Any) -> None:
        text = _COLOUR.sub("", event.message).strip()
        if event.severity == "debug" or not text:
            return
        if event.ephemeral:
            self._note(text)
            return
        if _UNKNOWN_PROVIDER in text:
            text = "the cluster is not known yet, so its objects are not checked against it"
            self._messages.append(text)
            return
        name = event.urn.split("::", 3)[3] if event.urn and event.urn.count("::") > 2 else ""  # noqa: PLR2004 - URN parts
        self._messages.append(f"{name}: {text}" if name and event.severity in {"error", "warning"} else text)


def _changes(metadata: StepEventMetadata) -> list[PropertyChange]:
    old = metadata.old.inputs if metadata.old else {}
    new = metadata.new.inputs if metadata.new else {}
    changes: list[PropertyChange] = []
    for path, diff in sorted((metadata.detailed_diff or {}).items()):
        replaces = "replace" in str(diff.diff_kind.value).lower()
        changes.append(PropertyChange(path, value_at(old or {}, path), value_at(new or {}, path), replaces))
    if not changes:
        changes = [
            PropertyChange(key, (old or {}).get(key), (new or {}).get(key)) for key in sorted(metadata.diffs or [])
        ]
    return changes


def value_at(tree: Any, path: str) -> Any:
    """The value at a property path such as `spec.ports[0].port` or `a["b.c"]`; None where there is none."""
    for part in _PATH_PART.findall(path):
        key: Any = part
        if part.startswith('["'):
            key = part[2:-2].replace('\\"', '"')
        elif part.startswith("["):
            key = int(part[1:-1])
        if isinstance(tree, dict):
            tree = tree.get(key)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):  # pyright: ignore[reportUnknownArgumentType]
            tree = tree[key]  # pyright: ignore[reportUnknownVariableType]
        else:
            return None
    return tree

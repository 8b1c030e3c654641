"""Collects the engine's events into a `StackResult`, and tells about progress while they come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from slipway.engine.results import (
    DELETE,
    READ,
    REPLACE,
    SAME,
    UPDATE,
    PropertyChange,
    StackResult,
    Step,
    operation,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi.automation import EngineEvent, StepEventMetadata

_REMEMBERED = {"gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"}
"""Types whose size is told even where nothing changes."""
_STACK_TYPE = "pulumi:pulumi:Stack"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks a special value of the engine; secrets carry it (pulumi, `sdk/go/common/resource/sig`)."""
_SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret
_UNKNOWN_VALUE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that only an update makes known (pulumi, `sdk/go/common/resource/plugin/rpc.go`)."""
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
        self._refreshed: set[str] = set()
        self._outputs: dict[str, Any] = {}
        self._messages: list[str] = []
        self._before: dict[str, Any] = {}
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
            before=self._before,
        )

    def _planned(self, metadata: StepEventMetadata) -> None:
        kind = _operation(metadata)
        if metadata.type == _STACK_TYPE:
            return
        if metadata.type in _REMEMBERED and metadata.old:
            self._before.setdefault(metadata.urn, shown(dict(metadata.old.inputs or {})))
        if kind in {SAME, READ}:
            self._unchanged += 1
            if _engine_name(metadata) == "refresh":
                self._refreshed.add(metadata.urn)
            return
        known = self._steps.get(metadata.urn)
        if known and known.operation == REPLACE and known.changes:
            return  # a replacement comes as several events: the first that compares says what changes
        self._steps[metadata.urn] = step = Step(kind, metadata.urn, tuple(_changes(metadata)))
        if not metadata.type.startswith("slipway:") and not known:
            self._note(f"{kind} {step.type.rsplit(':', 1)[-1]} {step.name}")

    def _done(self, metadata: StepEventMetadata) -> None:
        if metadata.type == _STACK_TYPE and metadata.new is not None:
            self._outputs = dict(metadata.new.outputs or {})
        if metadata.urn in self._refreshed and (found := _operation(metadata)) in {UPDATE, DELETE}:
            # a refresh says only at its end what it found: changed, or gone
            self._refreshed.discard(metadata.urn)
            self._unchanged -= 1
            self._steps[metadata.urn] = Step(found, metadata.urn, tuple(_changes(metadata)))

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


def _operation(metadata: StepEventMetadata) -> str:
    return operation(_engine_name(metadata))


def _engine_name(metadata: StepEventMetadata) -> str:
    return str(metadata.op.value if hasattr(metadata.op, "value") else metadata.op)


def _changes(metadata: StepEventMetadata) -> list[PropertyChange]:
    old: Any = (metadata.old.inputs if metadata.old else None) or {}
    new: Any = (metadata.new.inputs if metadata.new else None) or {}
    changes: list[PropertyChange] = []
    for path, diff in sorted((metadata.detailed_diff or {}).items()):
        replaces = "replace" in str(diff.diff_kind.value).lower()
        changes.append(PropertyChange(path, shown(value_at(old, path)), shown(value_at(new, path)), replaces))
    if not changes:
        forcing: set[str] = set(metadata.keys or [])
        keys = sorted(forcing.union(metadata.diffs or [])) if metadata.new else []
        changes = [PropertyChange(key, shown(old.get(key)), shown(new.get(key)), key in forcing) for key in keys]
    return changes


def shown(value: Any) -> Any:
    """`value` for people: the engine blanks secrets in its events, and what it should miss is blanked here."""
    if value == _UNKNOWN_VALUE:
        return "(not known yet)"
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        if items.get(_SIGNATURE) == _SECRET_VALUE:
            return "[secret]"
        return {key: shown(item) for key, item in items.items()}
    return [shown(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def value_at(tree: Any, path: str) -> Any:
    """The value at a property path such as `spec.ports[0].port` or `a["b.c"]`; None where there is none.

    A secret on the way is the value: what is inside it is nobody's to see.
    """
    for part in _PATH_PART.findall(path):
        key: Any = part
        if part.startswith('["'):
            key = part[2:-2].replace('\\"', '"')
        elif part.startswith("["):
            key = int(part[1:-1])
        if isinstance(tree, dict):
            block = cast("dict[Any, Any]", tree)
            if block.get(_SIGNATURE) == _SECRET_VALUE:
                return block
            tree = block.get(key)
        elif isinstance(tree, list) and isinstance(key, int):
            items = cast("list[Any]", tree)
            tree = items[key] if key < len(items) else None
        else:
            return None
    return tree

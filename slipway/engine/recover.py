"""Recovers the states of an environment: looks every stack up, platform first, and writes what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.engine.lookup import Found, Lookup
from slipway.engine.stack import Stack
from slipway.engine.workspace import program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.desired import Desired
    from slipway.engine.workspace import Workspace
    from slipway.progress import Progress

_READ_OBJECT = "gcp:storage/getBucketObjectContent:getBucketObjectContent"


class Recover:
    """The chosen stacks of one environment. `scratch` is a workspace whose state is nobody's."""

    def __init__(self, desired: Desired, workspace: Workspace, scratch: Workspace, progress: Progress) -> None:
        self._desired, self._workspace, self._scratch, self._progress = desired, workspace, scratch, progress
        self._objects: dict[tuple[str, str], str] = {}

    def look(self, stacks: Sequence[str]) -> list[Found]:
        """What exists of each of the stacks. Writes nothing but the scratch state. Raises FailedError."""
        platform = f"{self._desired.name}.platform"
        found: list[Found] = []
        for name in self._desired.stacks:
            if name in stacks or name == platform:  # what the upper stacks read comes from the platform
                found.append(self._one(name, len(found) + 1))
                self._objects |= found[-1].objects
        return [one for one in found if one.stack in stacks]

    def write(self, found: Found) -> None:
        """Make `found` the state of its stack; one write, so that it is there or is not. Raises FailedError."""
        stack = Stack(found.stack, self._workspace)
        if stack.existing() is None:
            stack.create()
        stack.restore(found.deployment)

    def plan(self, found: Found) -> Stack:
        """The scratch stack with that state, for a preview of what would still change."""
        stack = Stack(found.stack, self._scratch)
        stack.restore(found.deployment)
        return stack

    def _one(self, name: str, index: int) -> Found:
        with self._progress.step(f"looking up {name}", index, len(self._desired.stacks)) as step:
            scratch = Stack(name, self._scratch, step.note)
            scratch.create()
            defaults = self._desired.environment.google.model_dump()
            lookup = Lookup(scratch, program(self._workspace.root), defaults, self._function)
            return lookup.run(Stack(name, self._workspace).existing())

    def _function(self, token: str, args: Mapping[str, Any]) -> Mapping[str, Any] | None:
        content = self._objects.get((str(args.get("bucket")), str(args.get("name"))))
        return {"content": content} if token == _READ_OBJECT and content is not None else None

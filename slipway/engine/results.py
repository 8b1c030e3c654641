"""What a run of the engine did or would do, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CREATE, UPDATE, REPLACE, DELETE, SAME, READ = "create", "update", "replace", "delete", "same", "read"

_OPERATIONS: Final = {
    "create": CREATE,
    "import": CREATE,
    "update": UPDATE,
    "replace": REPLACE,
    "create-replacement": REPLACE,
    "import-replacement": REPLACE,
    "delete-replaced": REPLACE,
    "read-replacement": REPLACE,
    "discard-replaced": REPLACE,
    "delete": DELETE,
    "discard": DELETE,
    "same": SAME,
    "refresh": SAME,
    "read": READ,
}


def operation(engine_name: str) -> str:
    """The engine's operation in the words of a report."""
    return _OPERATIONS.get(engine_name, engine_name)


@dataclass(frozen=True)
class PropertyChange:
    """One property: its path, its value before and after; None where there was or will be none."""

    path: str
    before: Any
    after: Any
    replaces: bool = False


@dataclass(frozen=True)
class Step:
    """One resource that changes."""

    operation: str
    urn: str
    changes: tuple[PropertyChange, ...] = ()

    @property
    def type(self) -> str:
        """Type token without the parents'."""
        return self.urn.split("::")[2].rsplit("$", 1)[-1]

    @property
    def name(self) -> str:
        """Logical name."""
        return self.urn.split("::", 3)[3]


@dataclass(frozen=True)
class StackResult:
    """One stack after one command. `error` is None when the engine succeeded."""

    stack: str
    steps: tuple[Step, ...] = ()
    unchanged: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    messages: tuple[str, ...] = ()
    """Warnings and errors of the engine and of the providers, in order."""
    error: str | None = None
    seconds: float = 0.0
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Any])
    """By URN, the inputs that the state has of node pools and clusters, also of those that stay as they are."""

    @property
    def counts(self) -> dict[str, int]:
        """Resources by operation, without those that stay."""
        found: dict[str, int] = {}
        for step in self.steps:
            found[step.operation] = found.get(step.operation, 0) + 1
        return found

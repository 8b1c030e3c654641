"""The variables that a Pulumi program runs with where the engine's process has more than this one.

An inline program runs in this process, the engine and its plugins in others, with variables of their workspace. Under
the plain CLI all have the same, and there is nothing to hand on.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Final[ContextVar[Mapping[str, str]]] = ContextVar("variables", default={})  # noqa: B039 - never changed

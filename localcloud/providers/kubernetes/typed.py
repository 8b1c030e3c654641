"""Placeholder until the types are in."""

from __future__ import annotations

from typing import Any


def convert(obj: dict[str, Any]) -> dict[str, Any]:
    """As it is."""
    return obj

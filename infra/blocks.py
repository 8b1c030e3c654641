"""Nested inputs in the provider's own spelling."""

from __future__ import annotations

from typing import Any


def block(value: dict[str, Any]) -> Any:
    """`value` as an input. The SDKs type nested inputs in snake case; ours are as the provider spells them."""
    return value

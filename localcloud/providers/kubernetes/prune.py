"""Cutting a live object down to the shape of the inputs that made it.

Source: pulumi-kubernetes `provider/pkg/provider/util.go` (`pruneMap`, `pruneSlice`): fields that the server or
other controllers added are no difference, fields that the program set are.
"""

from __future__ import annotations

import copy
from typing import Any


def _category(value: Any) -> str:
    """The kind of a value as Go sees it, numbers being one kind once they went through JSON."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return type(value).__name__


def prune(live: Any, shape: Any) -> Any:
    """`live` with only those map keys and list places that `shape` has too."""
    if isinstance(live, dict) and isinstance(shape, dict):
        return {key: prune(value, shape[key]) for key, value in live.items() if key in shape}
    if isinstance(live, list) and isinstance(shape, list):
        return _prune_list(live, shape)
    return copy.deepcopy(live)


def _prune_list(live: list[Any], shape: list[Any]) -> list[Any]:
    if not live or not shape:
        return []
    if _category(live[0]) != _category(shape[0]):
        return copy.deepcopy(live)
    return [prune(value, wanted) for value, wanted in zip(live, shape, strict=False)]

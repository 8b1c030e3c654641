"""The Argo Rollouts custom resource definitions of the pinned release, as plain values."""

from __future__ import annotations

from typing import Any, cast

import yaml

from slipway.progress import NullProgress
from slipway.tools import ensure, pins


def rollouts_definitions() -> list[dict[str, Any]]:
    """The definitions, sorted by name; fetched once into the tool cache."""
    folder = next(iter(ensure(pins.CRDS, NullProgress()).values()))
    found = [
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in sorted(folder.glob("*.yaml"))
    ]
    return sorted((_brief(item) for item in found), key=lambda item: item["metadata"]["name"])


def _brief(schema: Any, *, names: bool = False) -> Any:
    """`schema` without its descriptions: three quarters of the bytes, which every save of the state would write again.

    `names` says that the keys are names of properties, one of which may be called `description`.
    """
    if isinstance(schema, list):
        items = cast("list[Any]", schema)
        return [_brief(item) for item in items]
    if not isinstance(schema, dict):
        return schema
    pairs = cast("dict[str, Any]", schema)
    return {
        key: _brief(value, names=key == "properties" and not names)
        for key, value in pairs.items()
        if names or key != "description" or not isinstance(value, str)
    }

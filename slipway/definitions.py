"""The Argo Rollouts custom resource definitions of the pinned release, as plain values."""

from __future__ import annotations

from typing import Any

import yaml

from localcloud.tools import ensure, pins
from slipway.progress import NullProgress


def rollouts_definitions() -> list[dict[str, Any]]:
    """The definitions, sorted by name; fetched once into the tool cache."""
    folder = next(iter(ensure(pins.CRDS, NullProgress()).values()))
    found = [
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in sorted(folder.glob("*.yaml"))
    ]
    return sorted(found, key=lambda item: item["metadata"]["name"])

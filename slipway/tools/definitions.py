"""Custom resource definitions of pinned releases, as plain values: parsed once, then kept beside the files."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from slipway.progress import NullProgress
from slipway.tools import ensure, pins

if TYPE_CHECKING:
    from collections.abc import Sequence


def rollouts_definitions() -> list[dict[str, Any]]:
    """The definitions of Argo Rollouts, sorted by name; fetched once into the tool cache."""
    return definitions(pins.CRDS)


def definitions(names: Sequence[str]) -> list[dict[str, Any]]:
    """What the files of these pins define, sorted by name, without descriptions.

    Parsing YAML of megabytes takes most of a second, at each preview: what it came to is kept as JSON in the pins'
    folders of the tool cache, which have new names when a pin changes.

    Args:
        names: as in tools/pins.toml, such as `pins.CRDS`.

    Raises:
        FailedError: they cannot be fetched.
    """
    folders = ensure(names, NullProgress()).values()
    return sorted((item for folder in folders for item in _parsed(folder)), key=lambda item: item["metadata"]["name"])


def _parsed(folder: Path) -> list[dict[str, Any]]:
    """The definitions of one pin, from the JSON beside them when there is one of this very code."""
    kept = folder / f"parsed-{_version()}.json"
    with contextlib.suppress(OSError, ValueError):
        return list(json.loads(kept.read_text(encoding="utf-8")))
    found = [
        _brief(item)
        for path in sorted(folder.glob("*.yaml"))
        for item in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if item
    ]
    with contextlib.suppress(OSError):  # a cache that cannot be written costs the time again, and nothing else
        _write(kept, json.dumps(found, separators=(",", ":")))
    return found


@lru_cache(maxsize=1)
def _version() -> str:
    """What this module does, in short: another way to trim is another file."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all: several stacks read it side by side."""
    handle, name = tempfile.mkstemp(prefix=".parsed-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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

"""Backups of an environment's states: one file with a manifest, checked before anything is made of it.

States are kept as the engine exports them, so that secrets in them stay encrypted by the environment's own key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT: Final = 1
_WHAT: Final = "slipway state backup"
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Backup:
    """A file's content. `stacks` has each stack's export: `version` and `deployment`."""

    environment: str
    time: str
    stacks: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """A stack's present state against the one of a backup; both as exports, the present one None where it is lost."""

    stack: str
    lost: bool
    newer: bool
    """Whether the present state was written after the backup's: going back would forget what was done since."""
    only_now: tuple[str, ...]
    """URNs that the present state has and the backup has not: they would be forgotten, not deleted."""
    only_then: tuple[str, ...]
    """URNs that the backup has and the present state has not: deleted since, or lost."""

    @property
    def same(self) -> bool:
        """Whether nothing was written since the backup."""
        return not (self.lost or self.newer or self.only_now or self.only_then)


def write(path: Path, environment: str, stacks: Mapping[str, Mapping[str, Any]], version: str) -> Backup:
    """Write a backup file, readable by its owner alone, at once or not at all. `version` is Slipway's."""
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    manifest = {
        "what": _WHAT,
        "format": FORMAT,
        "environment": environment,
        "time": now,
        "slipway": version,
        "stacks": {
            name: {"sha256": digest(export), "resources": len(resources(export)), "written": written(export)}
            for name, export in stacks.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"manifest": manifest, "stacks": stacks}, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return Backup(environment, now, stacks)


def read(path: Path, environment: str) -> Backup:
    """Read a backup of `environment`. Raises FailedError that says why the file is none, or not a whole one."""
    manifest, stacks = _parts(path)
    if manifest.get("format") != FORMAT:
        told = f"has format {manifest.get('format')}, and this Slipway reads {FORMAT}"
        raise FailedError(f"{path}: {told}; restore it with Slipway {manifest.get('slipway')}")
    if manifest.get("environment") != environment:
        told = f"is a backup of environment `{manifest.get('environment')}`, not of `{environment}`"
        raise FailedError(f"{path}: {told}; name the right file or the right environment")
    known: Mapping[str, Mapping[str, Any]] = manifest["stacks"]
    for name in sorted(known.keys() | stacks.keys()):
        if name not in stacks or name not in known or digest(stacks[name]) != known[name].get("sha256"):
            raise FailedError(
                f"{path}: the state of {name} is not what was backed up (its digest differs); nothing done"
            )
    return Backup(environment, str(manifest.get("time")), stacks)


def _parts(path: Path) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """Manifest and states of a file that says that it is a backup."""
    content: Any = None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FailedError(f"{path}: cannot be read ({error.strerror}); name a file of `slipway state backup`") from None
    except ValueError:
        pass  # cut off, or no text at all: said below
    manifest, stacks = _block(content, "manifest"), _block(content, "stacks")
    if manifest is None or stacks is None or _block(manifest, "stacks") is None or manifest.get("what") != _WHAT:
        raise FailedError(f"{path}: is no backup, or only a part of one; name a file that `slipway state backup` wrote")
    return manifest, stacks


def _block(value: Any, key: str) -> dict[str, Any] | None:
    """The mapping under `key` of `value`, None where either is something else."""
    found: Any = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def compare(stack: str, then: Mapping[str, Any], now: Mapping[str, Any] | None) -> Comparison:
    """The present export `now` of a stack against the backup's, `then`."""
    if now is None or not resources(now):
        return Comparison(stack, lost=True, newer=False, only_now=(), only_then=tuple(sorted(resources(then))))
    mine, theirs = resources(now), resources(then)
    newer = written(now) > written(then)
    return Comparison(
        stack, lost=False, newer=newer, only_now=tuple(sorted(mine - theirs)), only_then=tuple(sorted(theirs - mine))
    )


def digest(export: Mapping[str, Any]) -> str:
    """SHA-256 of an export, whatever its layout in the file."""
    return hashlib.sha256(json.dumps(export, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def resources(export: Mapping[str, Any]) -> set[str]:
    """URNs of an export."""
    found: list[dict[str, Any]] = _deployment(export).get("resources") or []
    return {item["urn"] for item in found}


def written(export: Mapping[str, Any]) -> str:
    """When the engine wrote the state, as text that sorts by time (UTC); empty for a stack without one."""
    manifest: Mapping[str, Any] = _deployment(export).get("manifest") or {}
    return _sortable(str(manifest.get("time") or ""))


def _deployment(export: Mapping[str, Any]) -> Mapping[str, Any]:
    return export.get("deployment") or {}


def _sortable(text: str) -> str:
    """Go's RFC 3339 time as UTC with nine digits of fraction: Go leaves out zeros at the end, and may name a zone."""
    match = _TIME.fullmatch(text)
    if not match:
        return ""
    seconds, fraction, zone = match.groups()
    parsed = dt.datetime.fromisoformat(seconds + zone.replace("Z", "+00:00")).astimezone(dt.UTC)
    return f"{parsed.replace(tzinfo=None).isoformat(timespec='seconds')}.{fraction or '':0<9}"

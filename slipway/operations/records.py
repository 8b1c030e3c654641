"""What is remembered of a revision: by whom, when, from which commit, and how it ended.

It is an annotation of the object that keeps the revision's template (ReplicaSet): it lives exactly
as long as the revision can be gone back to, and the engine, whose that object is not, never sees it. Controllers copy a
workload's annotations to its newest revision, so an entry says which revision it is about, and is ignored on another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ANNOTATION: Final = "slipway.dev/history"
_MOST: Final = 5
"""Entries of one revision: each return to an old one gives it a new number and an entry more."""
_LONGEST: Final = 500
"""Characters of a reason: an object's annotations have 256 KiB together."""


@dataclass(frozen=True)
class Record:
    """One time that a revision became the wanted one. None stands for what nobody recorded."""

    of: str
    """The revision's pod template hash, or its name."""
    revision: int
    what: str | None = None
    """`up`, `rollback`, `abort` or `retry`."""
    by: str | None = None
    at: str | None = None
    commit: str | None = None
    outcome: str | None = None
    why: str | None = None


def read(annotations: Mapping[str, str], of: str) -> list[Record]:
    """The entries about the revision `of`, oldest first; what is no entry of ours is ignored."""
    try:
        found: Any = json.loads(annotations.get(ANNOTATION, "[]"))
        entries = [Record(**each) for each in found]
    except (ValueError, TypeError):
        return []
    return [entry for entry in entries if entry.of == of]


def written(entries: list[Record], new: Record) -> str:
    """The annotation after `new`: it fills in what is there of the same number, or comes after the others."""
    if new.why and len(new.why) > _LONGEST:
        new = replace(new, why=f"{new.why[: _LONGEST - 3]}...")
    same = next((entry for entry in entries if entry.revision == new.revision), None)
    if same:
        said = {key: value for key, value in asdict(new).items() if value is not None}
        if new.outcome:
            said["why"] = new.why
        kept = [replace(entry, **said) if entry is same else entry for entry in entries]
    else:
        kept = [*entries, new]
    return json.dumps([_told(entry) for entry in kept[-_MOST:]], sort_keys=True)


def _told(entry: Record) -> dict[str, Any]:
    return {key: value for key, value in asdict(entry).items() if value is not None}

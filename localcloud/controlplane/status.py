"""What can be said of each part at a moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from localcloud.controlplane import processes

if TYPE_CHECKING:
    from pathlib import Path

State = Literal["running", "stopped", "crashed", "foreign"]


@dataclass(frozen=True)
class PartStatus:
    """One part: `foreign` means that its recorded pid is somebody else's process by now (which is left alone)."""

    name: str
    state: State
    pid: int | None
    address: str
    """host:port; empty for a part that does not listen."""
    log: Path
    since: dt.datetime | None
    """When it was started (UTC), while it runs."""


def of(name: str, record: processes.Record | None, address: str, log: Path) -> PartStatus:
    """Look at one part's process."""
    if record is None:
        return PartStatus(name, "stopped", None, address, log, None)
    process = processes.find(record)
    if process is not None:
        since = dt.datetime.fromtimestamp(process.create_time(), dt.UTC)
        return PartStatus(name, "running", process.pid, address, log, since)
    if processes.is_foreign(record):
        return PartStatus(name, "foreign", record.pid, address, log, None)
    processes.reap(record)
    return PartStatus(name, "crashed", record.pid or None, address, log, None)

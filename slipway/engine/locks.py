"""Locks that a killed engine left behind.

Pulumi's self-managed backends lock a stack by a file that only the same process removes (pulumi/pulumi,
`pkg/backend/diy/lock.go`). On a `file://` backend the file names host and process, so a dead owner can be told.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.engine.workspace import Workspace


def release_stale(workspace: Workspace, stack: str) -> list[str]:
    """Remove the locks of `stack` whose owner is a process of this machine that no longer runs; says which."""
    released: list[str] = []
    for path in _locks(workspace, stack):
        try:
            owner = json.loads(path.read_text(encoding="utf-8"))
            pid = int(owner["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # half written, or no lock of a kind that is known here
        if owner.get("hostname") == socket.gethostname() and not _is_engine(pid):
            path.unlink(missing_ok=True)
            released.append(f"{stack}: released the lock of process {pid}, which ended without doing so")
    return released


def _locks(workspace: Workspace, stack: str) -> Iterator[Path]:
    backend = workspace.variables.get("PULUMI_BACKEND_URL", "")
    if backend.startswith("file://"):
        folder = Path(backend.removeprefix("file://").partition("?")[0]) / ".pulumi" / "locks"
        yield from folder.glob(f"**/{stack}/*.json")


def _is_engine(pid: int) -> bool:
    """Whether `pid` runs and is a Pulumi engine: the number may be another process's by now."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("pulumi")
    except psutil.Error:
        return False

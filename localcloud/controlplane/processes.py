"""Background processes that outlive the command, and that are told from strangers.

A process is one that this root started only if its pid, its executable, its whole command line (which names this
root's files and ports) and, roughly, its start time are those in the record. So a stale or reused pid is never
signalled.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psutil

from localcloud.controlplane.layout import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOG_BYTES = 20 << 20
"""A log that is larger when its part starts is set aside as NAME.log.1."""

# the boot time that psutil derives a start time from moves when a clock is set; the command line does not
_CLOCK_SECONDS = 60.0


@dataclass(frozen=True)
class Record:
    """What is remembered of a process."""

    argv: tuple[str, ...]
    fingerprint: str
    """A digest of the command and of the files it reads; a part whose digest changed is started anew."""
    pid: int = 0
    """0 from just before the process is started until just after."""
    created: float = 0.0
    """Start time, in seconds since 1970."""
    executable: str = ""


class Book:
    """The records of one root, written through at each change."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> Record | None:
        """Return what is recorded of a part."""
        known = self._read().get(name)
        return Record(**{**known, "argv": tuple(known["argv"])}) if known else None

    def put(self, name: str, record: Record) -> None:
        """Remember a part's process."""
        write_json(self._path, {**self._read(), name: asdict(record)})

    def drop(self, name: str) -> None:
        """Forget a part's process."""
        known = self._read()
        if known.pop(name, None) is not None:
            write_json(self._path, known)

    def _read(self) -> dict[str, Any]:
        return read_json(self._path)


def find(record: Record) -> psutil.Process | None:
    """Return the process of a record, if it still runs."""
    if record.pid == 0:  # whoever started it was killed before it could note the pid
        return _by_command(record.argv)
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(record.pid)
        if _same(process, record):
            return process
    return None


def is_foreign(record: Record) -> bool:
    """Say whether the recorded pid now belongs to somebody else's process."""
    return record.pid != 0 and psutil.pid_exists(record.pid) and find(record) is None and not _zombie(record.pid)


def _same(process: psutil.Process, record: Record) -> bool:
    return (
        process.status() != psutil.STATUS_ZOMBIE
        and abs(process.create_time() - record.created) < _CLOCK_SECONDS
        and process.exe().removesuffix(" (deleted)") == record.executable
        and tuple(process.cmdline()) == record.argv
    )


def _zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def _by_command(argv: tuple[str, ...]) -> psutil.Process | None:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if tuple(process.cmdline()) == argv and process.status() != psutil.STATUS_ZOMBIE:
                return process
    return None


def spawn(
    book: Book, name: str, argv: Sequence[str], log: Path, environment: Mapping[str, str], fingerprint: str
) -> psutil.Process:
    """Start a background process in a session of its own, and record it.

    What is to be started is recorded first, so that even an interruption between start and record loses nothing.

    Raises:
        OSError: the executable cannot be run.
    """
    command = tuple(argv)
    book.put(name, Record(command, fingerprint))
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        pid = os.posix_spawn(
            command[0],
            command,
            dict(environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,  # a Ctrl-C in the terminal is not meant for it
            setsigmask=[],
        )
    except OSError:
        book.drop(name)
        raise
    process = psutil.Process(pid)
    created, executable = process.create_time(), command[0]
    with contextlib.suppress(psutil.Error):  # gone already: its log says why
        executable = process.exe()
    book.put(name, Record(command, fingerprint, pid, created, executable))
    return process


def end(record: Record, patience: float) -> bool:
    """Ask a recorded process to end, and kill it when it does not.

    Args:
        record: whose process; one that is not the recorded one is left alone.
        patience: seconds between the two.

    Returns:
        Whether it ended by itself.
    """
    process = find(record)
    if process is None:
        reap(record)
        return True
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(patience)
            return False
    return True


def reap(record: Record) -> None:
    """Take note of the death of a process that this very process started, so that it leaves no zombie."""
    if record.pid:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(record.pid, os.WNOHANG)

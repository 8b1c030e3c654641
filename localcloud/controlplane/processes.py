"""Background processes that outlive the command, and that are told from strangers.

A process is one that this root started only if its pid, its executable, its whole command line (which names this
root's files and ports) and, roughly, its start time are those in the record. So a stale or reused pid is never
signalled.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psutil

from localcloud.controlplane.layout import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from localcloud.controlplane.parts import Part

LOG_BYTES = 20 << 20
"""A log that is larger when its part starts is set aside as NAME.log.1."""

# the boot time that psutil derives a start time from moves when a clock is set; the command line does not
_CLOCK_SECONDS = 60.0

_EXEC_SECONDS = 5.0

# Python's posix_spawn cannot change the working directory; the shell does it and becomes the program
_IN_FOLDER = ("/bin/sh", "-c", 'cd "$0" && exec "$@"')

_children: set[int] = set()
"""What this very process started: nobody else takes note when they end."""


@dataclass(frozen=True)
class Record:
    """What is remembered of a process."""

    argv: tuple[str, ...]
    """Its command line."""
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
    if record.pid == 0 or find(record) is not None:
        return False
    try:
        return not _is_dead(psutil.Process(record.pid))
    except psutil.Error:  # there is none
        return False


def _same(process: psutil.Process, record: Record) -> bool:
    if abs(process.create_time() - record.created) >= _CLOCK_SECONDS:
        return False
    if process.status() == psutil.STATUS_ZOMBIE:
        # a process whose first thread has ended looks dead, and names neither executable nor command any more, while
        # its other threads still hold its ports and files
        return process.num_threads() > 1
    return process.exe().removesuffix(" (deleted)") == record.executable and tuple(process.cmdline()) == record.argv


def _is_dead(process: psutil.Process) -> bool:
    return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1


def _by_command(argv: tuple[str, ...]) -> psutil.Process | None:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if tuple(process.cmdline()) == argv and not _is_dead(process):
                return process
    return None


def spawn(book: Book, part: Part, log: Path, environment: Mapping[str, str]) -> None:
    """Start a part as a background process in a session of its own, and record it.

    What is to be started is recorded first, so that even an interruption between start and record loses nothing.

    Raises:
        OSError: the executable cannot be run.
    """
    command, fingerprint = part.argv, part.fingerprint
    started = (*_IN_FOLDER, str(part.folder), *command) if part.folder else command
    book.put(part.name, Record(command, fingerprint))
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        pid = os.posix_spawn(
            started[0],
            started,
            dict(environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                *((os.POSIX_SPAWN_CLOSE, number) for number in _inherited()),
            ],
            setsid=True,  # a Ctrl-C in the terminal is not meant for it
            setsigmask=[],
        )
    except OSError:
        book.drop(part.name)
        raise
    _children.add(pid)
    process = psutil.Process(pid)
    created, executable = process.create_time(), command[0]
    with contextlib.suppress(psutil.Error):  # gone already: its log says why
        command = _seen(process, command, launcher=started if part.folder else ())
        executable = process.exe()
    book.put(part.name, Record(command, fingerprint, pid, created, executable))


def _seen(process: psutil.Process, command: tuple[str, ...], launcher: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command line that the system shows: another than what was started when that is a script.

    posix_spawn comes back a moment before the new program's command line is there to be read, and the launcher's is
    there for a moment longer.
    """
    deadline = time.monotonic() + _EXEC_SECONDS
    while time.monotonic() < deadline:
        if (seen := tuple(process.cmdline())) and seen != launcher:
            return seen
        time.sleep(0.001)
    return command


def _inherited() -> list[int]:
    """Return what this process was given open by its own parent (make's, a CI's): it must not live on in a daemon."""
    found: list[int] = []
    for number in range(3, 256):
        with contextlib.suppress(OSError):
            if os.get_inheritable(number):
                found.append(number)
    return found


def end(records: Sequence[Record], patience: float) -> None:
    """Ask recorded processes to end, all at once, and kill those that do not.

    Args:
        records: whose processes; one that is not the recorded one is left alone.
        patience: seconds between the two.
    """
    for kill in (signal.SIGTERM, signal.SIGKILL):
        for record in records:
            process = find(record)
            if process is not None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(kill)
        deadline = time.monotonic() + patience
        # not psutil's wait: it waits for zombies, too, until whoever adopted them looks after them
        while any(find(record) is not None for record in records) and time.monotonic() < deadline:
            time.sleep(0.02)
    for record in records:
        reap(record, patience=1.0)


def reap(record: Record, patience: float = 0.0) -> None:
    """Take note of the death of a process that this very process started, so that it leaves no zombie."""
    deadline = time.monotonic() + patience
    while record.pid in _children:
        try:
            over = os.waitpid(record.pid, os.WNOHANG) != (0, 0)
        except ChildProcessError:  # whoever embeds this reaps all its children itself
            over = True
        if over:
            _children.discard(record.pid)
        elif time.monotonic() >= deadline:
            return
        else:
            time.sleep(0.02)

"""How long work is told: a live line with a spinner on a terminal, plain lines elsewhere.

Everything goes to stderr, so that stdout stays what a command answers. One `Progress` may be used from
several threads at once: the updates of teams run in parallel.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console
    from rich.progress import Progress as Live
    from rich.progress import TaskID

HEARTBEAT_SECONDS = 30.0
"""Off a terminal, a step that lasts says at least this often that it still runs."""


def duration(seconds: float) -> str:
    """Say a time as people do: `0.4s`, `12s`, `3m10s`, `1h02m`."""
    if seconds < 10:  # noqa: PLR2004  tenths of a second say nothing from here on
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"


class Step:
    """One piece of work under way; made by `Progress.step`."""

    def __init__(self, progress: Progress, title: str) -> None:
        self.title = title
        self.started = time.monotonic()
        self.detail = ""
        self.task: TaskID | None = None
        self._progress = progress
        self._over = threading.Event()

    def note(self, text: str) -> None:
        """Say what the step does right now (the last note wins; off a terminal it is shown by the heartbeat)."""
        self.detail = text
        self._progress._noted(self)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    def elapsed(self) -> str:
        """Return the time since the step began, for people."""
        return duration(time.monotonic() - self.started)

    def _beat(self, every: float) -> None:
        """Repeat that the step still runs, until it ends."""
        while not self._over.wait(every):
            note = f": {self.detail}" if self.detail else ""
            self._progress.say(f"{self.title}{note} ({self.elapsed()} so far)")


class Progress:
    """Tells steps on stderr.

    Args:
        console: where to tell (rich); by default a console on stderr. A console that is no terminal gets plain lines.
        quiet: tell nothing at all.
        heartbeat: seconds between two plain lines of one long step.
    """

    def __init__(
        self, console: Console | None = None, *, quiet: bool = False, heartbeat: float = HEARTBEAT_SECONDS
    ) -> None:
        self._quiet = quiet
        self._heartbeat = heartbeat
        self._lock = threading.RLock()
        self._active = 0
        self._live: Live | None = None
        if console is None and sys.stderr.isatty() and not quiet:
            console = _terminal_console()
        self._console = console

    @property
    def _terminal(self) -> bool:
        return self._console is not None and self._console.is_terminal

    def say(self, text: str) -> None:
        """Print one line, above the live lines when there are any."""
        if self._quiet:
            return
        with self._lock:
            if self._console is not None:
                self._console.print(text, markup=False, highlight=False, soft_wrap=True)
            else:
                print(text, file=sys.stderr, flush=True)  # noqa: T201  telling is this module's work

    @contextlib.contextmanager
    def step(self, title: str, index: int | None = None, total: int | None = None) -> Generator[Step]:
        """Tell one piece of work: that it began, that it lasts, how it ended and how long it took.

        Args:
            title: what is done, as in "building etcd".
            index: which step this is, from 1; only told together with `total`.
            total: how many steps there are.
        """
        numbered = f"[{index}/{total}] {title}" if index is not None and total is not None else title
        step = Step(self, numbered)
        self._begin(step)
        outcome = "failed after"
        try:
            yield step
            outcome = "done in"
        except KeyboardInterrupt:
            outcome = "interrupted after"
            raise
        finally:
            self._end(step, outcome)

    def _begin(self, step: Step) -> None:
        if self._quiet:
            return
        if not self._terminal:
            self.say(f"{step.title} ...")
            # a daemon, so that an interrupted command never waits for its own heartbeat
            threading.Thread(target=step._beat, args=(self._heartbeat,), daemon=True).start()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            return
        with self._lock:
            if self._live is None:
                self._live = self._make_live()
                self._live.start()
            self._active += 1
            step.task = self._live.add_task(step.title, note="")

    def _end(self, step: Step, outcome: str) -> None:
        step._over.set()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if self._quiet:
            return
        if self._terminal:
            with self._lock:
                self._active -= 1
                if self._live is not None and step.task is not None:
                    self._live.remove_task(step.task)
                    if self._active == 0:
                        self._live.stop()
                        self._live = None
        self.say(f"{step.title}: {outcome} {step.elapsed()}")

    def _noted(self, step: Step) -> None:
        with self._lock:
            if self._live is not None and step.task is not None:
                self._live.update(step.task, note=step.detail)

    def _make_live(self) -> Live:
        from rich.progress import Progress as Live  # noqa: PLC0415  see __init__
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.table import Column  # noqa: PLC0415

        return Live(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False, style="dim", table_column=Column(no_wrap=True, ratio=1)),
            console=self._console,
            transient=True,
            expand=True,
        )


def _terminal_console() -> Console | None:
    """A console on stderr; None while a clone is set up, when rich is not installed yet: then lines are plain."""
    try:
        from rich.console import Console  # noqa: PLC0415  rich costs 0.1 s, plain lines need none of it
    except ImportError:
        return None
    return Console(stderr=True)


class NullProgress(Progress):
    """Tells nothing: for tests and for callers that tell in their own way."""

    def __init__(self) -> None:
        super().__init__(quiet=True)

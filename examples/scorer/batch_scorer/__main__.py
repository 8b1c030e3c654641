"""The process: `python -m batch_scorer` watches, `python -m batch_scorer --once` empties the inbox and ends."""

import argparse
import logging
import os
import signal
import sys
import threading

from batch_scorer.heartbeat import beat
from batch_scorer.model import ModelError, load
from batch_scorer.settings import Settings, SettingsError
from batch_scorer.worker import LockedError, Worker

log = logging.getLogger("scorer")


def work(worker: Worker, settings: Settings, stopping: threading.Event, *, once: bool) -> int:
    """Score what waits until told to stop; a signal lets the current file be finished.

    Returns:
        How many files were refused.
    """
    refused = 0
    while not stopping.is_set():
        beat(settings.heartbeat)
        waiting = worker.waiting()
        for path in waiting:
            if stopping.is_set():
                break
            refused += not worker.process(path)
        if once and not waiting:
            break
        if not waiting:
            stopping.wait(settings.poll_seconds)
    return refused


def main(arguments: list[str] | None = None) -> int:
    """Work, and return the exit code.

    Returns:
        0 after a clean end; 1 when it refused to start, the file system failed, or (with --once) a file was refused.
    """
    parser = argparse.ArgumentParser(prog="batch_scorer", description="Score files of customers.")
    parser.add_argument("--once", action="store_true", help="empty the inbox and end, for a cron job")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        settings = Settings.read(os.environ)
        model = load(settings.model_path, settings.model_version, settings.model_digest)
        worker = Worker(settings.root, model, lambda: beat(settings.heartbeat))
        with worker.locked():
            log.info("working in %s with model version %s (%s)", settings.root, model.version, model.digest)
            refused = work(worker, settings, stopping, once=options.once)
    except (SettingsError, ModelError, LockedError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400 -- for the operator the sentence is all; a traceback hides it
        return 1
    log.info("stopped")
    return 1 if options.once and refused else 0


if __name__ == "__main__":
    sys.exit(main())

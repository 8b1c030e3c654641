"""Scores one file after the other, each exactly once, wherever the process is killed.

For a file of the inbox, in this order:

1. Read it once. Its key is its name and the digest of its bytes.
2. Write `results/KEY.jsonl` by a hidden file and a rename, unless it is there already.
3. Rename the file from inbox/ to done/.

Killed before 2's rename, nothing is visible and the file is scored again. Killed between 2 and 3, the next process
finds the result of exactly these bytes, keeps it (a reader may have used it, and the model may be another by now) and
does only step 3. A file with a wrong record has no result at all: a reason is written, and it goes to failed/.
"""

import contextlib
import fcntl
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from batch_scorer import durable
from batch_scorer.model import Model, RecordError
from batch_scorer.records import SUFFIXES, records_of

log = logging.getLogger("scorer")
MAXIMUM_BYTES = 256 * 1024 * 1024
RECORDS_FOR_A_BEAT = 5000


class LockedError(Exception):
    """Another worker has the folder."""


class Worker:
    """Works on one folder.

    Args:
        root: Holds inbox/, results/, done/ and failed/, which are made when they are absent.
        model: Scores the records.
        beat: Called often while there is progress.
    """

    def __init__(self, root: Path, model: Model, beat: Callable[[], None]) -> None:
        self._root = root
        self._model = model
        self._beat = beat
        self._inbox, self._results, self._done, self._failed = (
            root / name for name in ("inbox", "results", "done", "failed")
        )
        for folder in (self._inbox, self._results, self._done, self._failed):
            folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other workers out of the folder; the kernel ends the lock with the process, however that ends.

        Raises:
            LockedError: Another one is in.
        """
        with (self._root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LockedError(f"{self._root}: another scorer works here; one folder is for one worker") from error
            for folder in (self._results, self._failed):
                for partial in folder.glob(f".*{durable.PARTIAL}"):
                    partial.unlink()  # of a worker that was killed
            yield

    def waiting(self) -> list[Path]:
        """Return the files to score, the oldest first. Hidden files are still being written by their producers."""
        files = [
            path
            for path in self._inbox.iterdir()
            if path.suffix in SUFFIXES and not path.name.startswith(".") and path.is_file() and not path.is_symlink()
        ]
        return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def process(self, path: Path) -> bool:
        """Score one file of the inbox and move it.

        Returns:
            Whether it was scored; otherwise it is in failed/ with its reason.

        Raises:
            OSError: The file system fails; the file stays for the next try.
        """
        started = time.monotonic()
        data = path.read_bytes() if path.stat().st_size <= MAXIMUM_BYTES else None
        digest = "oversize" if data is None else hashlib.sha256(data).hexdigest()[:16]
        # the suffix is part of the key: a.csv and a.jsonl have results of their own
        key = f"{path.name}-{digest}"
        result = self._results / f"{key}.jsonl"
        try:
            if not result.exists():
                durable.write(result, self._scored(path.suffix, data))
        except RecordError as error:
            log.warning("%s: refused: %s", path.name, error)
            (result.with_name(f".{result.name}{durable.PARTIAL}")).unlink(missing_ok=True)
            durable.write(self._failed / f"{key}.reason.txt", [f"{error}\n"])
            durable.move(path, self._failed / f"{key}{path.suffix}")
            return False
        durable.move(path, self._done / f"{key}{path.suffix}")
        log.info("%s: scored in %.2f s, %s", path.name, time.monotonic() - started, result.name)
        return True

    def _scored(self, suffix: str, data: bytes | None) -> Iterator[str]:
        if data is None:
            raise RecordError(f"larger than {MAXIMUM_BYTES} bytes; split it")
        for count, (line, record) in enumerate(records_of(suffix, data)):
            if count % RECORDS_FOR_A_BEAT == 0:
                self._beat()
            yield json.dumps(self._answer(line, record), ensure_ascii=False) + "\n"

    def _answer(self, line: int, record: dict[str, Any]) -> dict[str, Any]:
        customer = record.get("customer_id")
        if not isinstance(customer, str | int) or isinstance(customer, bool) or customer == "":
            raise RecordError(f"line {line}: customer_id is missing")
        try:
            probability = self._model.score(record)
        except RecordError as error:
            raise RecordError(f"line {line}: {error}") from error
        return {
            "customer_id": str(customer),
            "probability": round(probability, 6),
            "churn": probability >= self._model.document["threshold"],
            "model_version": self._model.version,
        }

"""Items, leases and results in one SQLite file: what an answer promised is on disk."""

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLE = """
CREATE TABLE IF NOT EXISTS items (
    id TEXT PRIMARY KEY,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    leased_until REAL NOT NULL DEFAULT 0,
    token TEXT,
    holder TEXT,
    result TEXT
)
"""


class Store:
    """The queue. One lock, one connection: calls of any thread come one after the other.

    An item is ready, leased until a moment, done (it has a result), or dead (its last permitted lease ran out).
    """

    def __init__(self, path: Path, most: int, clock: Callable[[], float] = time.time) -> None:
        """Open or make the file. `most` is how often an item is leased at most."""
        self._most, self._clock = most, clock
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")  # an acknowledged result outlives the machine's power
        self._connection.execute(TABLE)

    def add(self, items: dict[str, Any]) -> None:
        """Add items by id; one that is there stays as it is, so that a producer may repeat itself."""
        rows = [(name, json.dumps(payload)) for name, payload in items.items()]
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR IGNORE INTO items (id, payload) VALUES (?, ?)", rows)

    def lease(self, holder: str, seconds: float, count: int) -> tuple[str, dict[str, Any]]:
        """Lease up to `count` ready items to `holder`: the token that they are reported with, and their payloads."""
        now, token = self._clock(), uuid.uuid4().hex
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            found = self._connection.execute(
                "SELECT id, payload FROM items WHERE result IS NULL AND leased_until <= ? AND attempts < ? "
                "ORDER BY attempts, id LIMIT ?",
                (now, self._most, count),
            ).fetchall()
            self._connection.executemany(
                "UPDATE items SET attempts = attempts + 1, leased_until = ?, token = ?, holder = ? WHERE id = ?",
                [(now + seconds, token, holder, name) for name, _ in found],
            )
        return token, {name: json.loads(payload) for name, payload in found}

    def done(self, token: str, results: dict[str, Any]) -> int:
        """Keep results of items that are still leased by `token`, all or none of each; how many were kept.

        A late one counts for nothing: its item was given to somebody else, or has a result.
        """
        rows = [(json.dumps(result), name, token) for name, result in results.items()]
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            cursor = self._connection.executemany(
                "UPDATE items SET result = ?, leased_until = 0 WHERE id = ? AND token = ? AND result IS NULL", rows
            )
            return cursor.rowcount

    def counts(self) -> dict[str, Any]:
        """How many items are in which state, how often they were leased, and what each holder has not reported.

        An item counts for the last one who leased it, also after the lease ran out.
        """
        now = self._clock()
        with self._lock:
            rows = self._connection.execute(
                "SELECT result IS NOT NULL, leased_until > ?, attempts, holder FROM items", (now,)
            ).fetchall()
        holders: dict[str, int] = {}
        told = {"ready": 0, "leased": 0, "done": 0, "dead": 0}
        for is_done, is_leased, attempts, holder in rows:
            state = "done" if is_done else "leased" if is_leased else "ready" if attempts < self._most else "dead"
            told[state] += 1
            if state != "done" and holder:
                holders[holder] = holders.get(holder, 0) + 1
        return {**told, "leases": sum(row[2] for row in rows), "holders": holders}

    def results(self) -> dict[str, Any]:
        """Every result by item."""
        with self._lock:
            rows = self._connection.execute("SELECT id, result FROM items WHERE result IS NOT NULL").fetchall()
        return {name: json.loads(result) for name, result in rows}

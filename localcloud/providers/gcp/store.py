"""What exists in the played cloud: one SQLite file, safe for several processes at once, kept between runs.

A record is one resource as the API knows it, under its type token and its id in the real provider's form
(`projects/P/locations/L/clusters/N`). Values are plain JSON under Pulumi's property names. Secrets are here in the
clear, as they would be at Google, so the file is the owner's alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL_DIR_VARIABLE: Final = "SLIPWAY_LOCAL_DIR"
#: seconds that one process waits for another's transaction
_BUSY_SECONDS: Final = 60


def local_dir() -> Path:
    """The folder of the local cloud: `SLIPWAY_LOCAL_DIR`, by default `.slipway/local` under the working directory."""
    return Path(os.environ.get(LOCAL_DIR_VARIABLE) or ".slipway/local").absolute()


class Store:
    """The records below `root` (default: `local_dir()/gcp`). Every method may be called from any thread."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root if root is not None else local_dir() / "gcp"
        self.path = self.root / "store.db"

    def get(self, token: str, identity: str) -> dict[str, Any] | None:
        """The record, None when there is none."""
        with self.transaction(write=False) as records:
            return records.get(token, identity)

    def all(self, token: str | None = None, prefix: str = "") -> dict[tuple[str, str], dict[str, Any]]:
        """Every record of a type (of each type for None) whose id starts with `prefix`, by (token, id)."""
        with self.transaction(write=False) as records:
            return records.all(token, prefix)

    def put(self, token: str, identity: str, values: dict[str, Any]) -> None:
        """Write a record, in place of one that is there."""
        with self.transaction() as records:
            records.put(token, identity, values)

    def change(self, token: str, identity: str, changes: dict[str, Any]) -> None:
        """Change single properties behind Pulumi's back; raises KeyError. None removes; `a.b` reaches into a block."""
        with self.transaction() as records:
            values = records.get(token, identity)
            if values is None:
                raise KeyError(identity)
            for path, value in changes.items():
                *parents, last = path.split(".")
                target = values
                for parent in parents:
                    target = target.setdefault(parent, {})
                if value is None:
                    target.pop(last, None)
                else:
                    target[last] = value
            records.put(token, identity, values)

    def delete(self, token: str, identity: str) -> bool:
        """Remove a record; False when there was none."""
        with self.transaction() as records:
            return records.delete(token, identity)

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Records]:
        """All that happens to the yielded records happens at once or, on an exception, not at all."""
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield Records(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS record (token TEXT, id TEXT, data TEXT NOT NULL, PRIMARY KEY (token, id))"
        )
        return connection


class Records:
    """The store's records inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, token: str, identity: str) -> dict[str, Any] | None:
        """The record, None when there is none."""
        row = self._connection.execute(
            "SELECT data FROM record WHERE token = ? AND id = ?", (token, identity)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, token: str | None = None, prefix: str = "") -> dict[tuple[str, str], dict[str, Any]]:
        """Every record of a type (of each type for None) whose id starts with `prefix`, by (token, id)."""
        rows = self._connection.execute(
            "SELECT token, id, data FROM record WHERE (?1 IS NULL OR token = ?1) AND substr(id, 1, ?2) = ?3"
            " ORDER BY token, id",
            (token, len(prefix), prefix),
        )
        return {(kind, identity): json.loads(data) for kind, identity, data in rows}

    def put(self, token: str, identity: str, values: dict[str, Any]) -> None:
        """Write a record, in place of one that is there."""
        self._connection.execute(
            "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data",
            (token, identity, json.dumps(values, sort_keys=True)),
        )

    def delete(self, token: str, identity: str) -> bool:
        """Remove a record; False when there was none."""
        cursor = self._connection.execute("DELETE FROM record WHERE token = ? AND id = ?", (token, identity))
        return cursor.rowcount > 0

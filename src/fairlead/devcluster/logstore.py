"""Logs on disk, so that they are there after a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from fairlead.devcluster.podlogs import ContainerKey, Line

_SCHEMA = """
CREATE TABLE IF NOT EXISTS lines(
    namespace TEXT NOT NULL, pod TEXT NOT NULL, container TEXT NOT NULL,
    number INTEGER NOT NULL, time REAL NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (namespace, pod, container, number)) WITHOUT ROWID;
"""
_ONE = "namespace = ? AND pod = ? AND container = ?"


class LogStore:
    """The lines of all containers in a file of its own, made by the first line.

    Lines survive the death of the process, like objects, but cost no wait for the disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        if path.exists():
            self._open()

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect(self._path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.executescript(_SCHEMA)
        return self._db

    def keys(self) -> list[ContainerKey]:
        """Return the containers that have lines."""
        if self._db is None:
            return []
        return list(self._db.execute("SELECT DISTINCT namespace, pod, container FROM lines"))  # fmt: skip

    def read(self, key: ContainerKey, limit: int) -> list[Line]:
        """Return the newest lines of a container, oldest first."""
        if self._db is None:
            return []
        found = self._db.execute(
            f"SELECT number, time, text FROM lines WHERE {_ONE} ORDER BY number DESC LIMIT ?",  # noqa: S608 - a constant
            (*key, limit),
        ).fetchall()
        return [Line(*row) for row in reversed(found)]

    def add(self, key: ContainerKey, lines: Iterable[Line]) -> None:
        """Keep new lines."""
        rows = [(*key, line.number, line.time, line.text) for line in lines]
        database = self._open()
        if len(rows) == 1:
            database.execute("INSERT OR REPLACE INTO lines VALUES(?,?,?,?,?,?)", rows[0])  # fmt: skip
            return
        with database:
            database.execute("BEGIN")
            database.executemany("INSERT OR REPLACE INTO lines VALUES(?,?,?,?,?,?)", rows)  # fmt: skip

    def drop_before(self, key: ContainerKey, number: int) -> None:
        """Forget lines that are too old to be shown."""
        self._open().execute(f"DELETE FROM lines WHERE {_ONE} AND number < ?", (*key, number))  # noqa: S608 - a constant  # fmt: skip

    def drop_pod(self, namespace: str, pod: str) -> None:
        """Forget a pod."""
        if self._db is not None:
            self._db.execute("DELETE FROM lines WHERE namespace = ? AND pod = ?", (namespace, pod))  # fmt: skip

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

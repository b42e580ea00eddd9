"""Sessions in an SQLite file: any number of processes on one machine."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from fairlead.auth.stores.store import SessionRow, StoreError

__all__ = ["SqliteSessionStore"]

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, data BLOB NOT NULL, version INTEGER NOT NULL,
    last_seen REAL NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (expires_at);
CREATE TABLE IF NOT EXISTS tags (
    tag TEXT NOT NULL, key TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
    PRIMARY KEY (tag, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_by_key ON tags (key);
CREATE TABLE IF NOT EXISTS locks (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS endings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, at REAL NOT NULL);
"""
_COLUMNS = "key, data, version, last_seen, expires_at"
POLL_SECONDS = 0.2
KEEP_ENDINGS_SECONDS = 600.0


class SqliteSessionStore:
    """Sessions in one file, with mode 600."""

    def __init__(self, path: Path, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._path = path
        self._poll_seconds = poll_seconds
        self._db: sqlite3.Connection | None = None
        # One thread: SQLite's connection is used by one at a time anyway.
        self._thread = ThreadPoolExecutor(1, "sessions")

    async def __aenter__(self) -> Self:
        await self._run(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._run(self._close)
        self._thread.shutdown(wait=False)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        db.execute("PRAGMA foreign_keys=ON")
        db.executescript(_SCHEMA)
        self._db = db

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    async def _run(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise StoreError(f"the sessions in {self._path}: {error}") from error

    async def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._run(partial(self._in_transaction, work))

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._db is None:
            raise StoreError(f"the sessions in {self._path} are closed")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._db)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return result

    async def _fetch(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        def work() -> list[tuple[object, ...]]:
            if self._db is None:
                raise StoreError(f"the sessions in {self._path} are closed")
            return self._db.execute(sql, values).fetchall()

        return await self._run(work)

    async def insert(self, row: SessionRow) -> None:
        """Adds a session."""

        def work(db: sqlite3.Connection) -> None:
            values = (row.key, row.data, row.version, row.last_seen, row.expires_at)
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", values)
            tags = [(tag, row.key) for tag in row.tags]
            db.executemany("INSERT INTO tags VALUES (?, ?)", tags)

        await self._transact(work)

    async def find(self, key: str) -> SessionRow | None:
        """The session, unless it has expired."""
        rows = await self._fetch(
            f"SELECT {_COLUMNS} FROM sessions WHERE key = ? AND expires_at > ?",  # noqa: S608  constant
            key,
            time.time(),
        )
        return _to_row(rows[0]) if rows else None

    async def replace(self, key: str, data: bytes, version: int) -> bool:
        """Writes new data if the session is there and still has that version."""
        sql = (
            "UPDATE sessions SET data = ?, version = version + 1 "
            "WHERE key = ? AND version = ?"
        )
        return await self._transact(
            lambda db: db.execute(sql, (data, key, version)).rowcount == 1
        )

    async def touch(self, key: str, last_seen: float, expires_at: float) -> bool:
        """Notes a use; False when the session is gone."""
        sql = "UPDATE sessions SET last_seen = ?, expires_at = ? WHERE key = ?"
        return await self._transact(
            lambda db: db.execute(sql, (last_seen, expires_at, key)).rowcount == 1
        )

    async def delete(self, keys: Collection[str]) -> set[str]:
        """Removes sessions and tells everyone who watches; those that were there."""
        now = time.time()

        def work(db: sqlite3.Connection) -> set[str]:
            gone = {
                key
                for key in keys
                if db.execute("DELETE FROM sessions WHERE key = ?", (key,)).rowcount
            }
            rows = [(key, now) for key in gone]
            db.executemany("INSERT INTO endings (key, at) VALUES (?, ?)", rows)
            return gone

        return await self._transact(work)

    async def find_tagged(self, tag: str) -> list[SessionRow]:
        """All sessions with that tag that have not expired."""
        rows = await self._fetch(
            f"SELECT {_COLUMNS} FROM tags JOIN sessions USING (key) "  # noqa: S608  constant
            "WHERE tag = ? AND expires_at > ?",
            tag,
            time.time(),
        )
        return [_to_row(row) for row in rows]

    async def find_alive(self, keys: Collection[str]) -> set[str]:
        """Which of these sessions are there and have not expired."""
        found: set[str] = set()
        now = time.time()
        for key in keys:
            sql = "SELECT key FROM sessions WHERE key = ? AND expires_at > ?"
            found.update(str(row[0]) for row in await self._fetch(sql, key, now))
        return found

    async def purge(self) -> int:
        """Removes what has expired; how many sessions that were."""
        now = time.time()

        def work(db: sqlite3.Connection) -> int:
            db.execute("DELETE FROM locks WHERE expires_at <= ?", (now,))
            db.execute(
                "DELETE FROM endings WHERE at <= ?", (now - KEEP_ENDINGS_SECONDS,)
            )
            return db.execute(
                "DELETE FROM sessions WHERE expires_at <= ?", (now,)
            ).rowcount

        return await self._transact(work)

    async def try_lock(self, name: str, holder: str, seconds: float) -> bool:
        """Takes a lock for at most that long; False when another holds it."""
        now = time.time()

        def work(db: sqlite3.Connection) -> bool:
            db.execute(
                "DELETE FROM locks WHERE name = ? AND expires_at <= ?", (name, now)
            )
            sql = "INSERT INTO locks VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            return db.execute(sql, (name, holder, now + seconds)).rowcount == 1

        return await self._transact(work)

    async def unlock(self, name: str, holder: str) -> None:
        """Gives the lock back, if it is still the holder's."""
        sql = "DELETE FROM locks WHERE name = ? AND holder = ?"
        await self._transact(lambda db: db.execute(sql, (name, holder)))

    async def watch(self) -> AsyncIterator[str | None]:
        """Keys of sessions as they are deleted, here or by another process."""
        last = await self._get_last_ending()
        yield None
        while True:
            await asyncio.sleep(self._poll_seconds)
            sql = "SELECT number, key FROM endings WHERE number > ? ORDER BY number"
            for number, key in await self._fetch(sql, last):
                last = number
                yield str(key)

    async def _get_last_ending(self) -> object:
        return (await self._fetch("SELECT coalesce(max(number), 0) FROM endings"))[0][0]


def _to_row(values: tuple[object, ...]) -> SessionRow:
    key, data, version, last_seen, expires_at = values
    assert isinstance(data, bytes)  # noqa: S101  what the column holds
    return SessionRow(
        key=str(key),
        data=data,
        version=int(str(version)),
        last_seen=float(str(last_seen)),
        expires_at=float(str(expires_at)),
    )

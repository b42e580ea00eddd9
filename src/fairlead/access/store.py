"""A kept audit: the last records, in memory or in an SQLite file."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, Self

from fairlead.access.audit import AuditRecord

__all__ = ["AuditFilter", "AuditStore", "StoredRecord"]

log = logging.getLogger("fairlead.audit")

_COLUMNS = tuple(field.name for field in fields(AuditRecord))
_INSERT = f"INSERT INTO audit ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  names of our own
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, {", ".join(_COLUMNS)}
);
CREATE INDEX IF NOT EXISTS audit_user ON audit (user, id);
CREATE INDEX IF NOT EXISTS audit_namespace ON audit (namespace, id);
"""

WRITE_SECONDS = 0.1
BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which records are wanted; None is any."""

    namespace: str | None = None
    user: str | None = None
    decision: Literal["allowed", "denied"] | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record and its place in the order of time."""

    id: int
    record: AuditRecord


class AuditStore:
    """An audit sink that keeps records and finds them again; a service.

        store = AuditStore("audit.sqlite")
        app = Fairlead(App, services=[Audit(LogSink(), store), store])

    Records are written by a thread, a moment later and many at a time, so that no call waits
    for a disk; what is pending is written when the application stops. Several processes may
    use one file.

    Args:
        path: of the SQLite file; None keeps records in memory.
        max_records: older ones are deleted.
        max_pending: when the disk falls so far behind, the oldest unwritten are dropped, which
            is logged.

    Attributes:
        dropped: how many were.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        max_records: int = 100_000,
        max_pending: int = 10_000,
    ) -> None:
        if max_records < 1 or max_pending < 1:
            raise ValueError("max_records and max_pending must be at least 1")
        self._path = None if path is None else Path(path)
        self._max_records = max_records
        self._pending: deque[AuditRecord] = deque(maxlen=max_pending)
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._writing: asyncio.Task[None] | None = None
        self.dropped = 0

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(
            self._prepare
        )  # a path that cannot be written is told now
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Writes what is pending and closes the file."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await asyncio.to_thread(self._close)

    def record(self, record: AuditRecord, /) -> None:
        """Keeps a record; it is written soon."""
        if len(self._pending) == self._pending.maxlen:
            self.dropped += 1
        self._pending.append(record)
        if self._writing is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # outside an event loop it is written at the next look or at the end
            self._writing = loop.create_task(self._write_soon())

    async def find(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> Sequence[StoredRecord]:
        """The newest records that fit, newest first.

        Args:
            before: the id of the last one of the page before.
        """
        return await asyncio.to_thread(self._find, wanted, before, limit)

    async def _write_soon(self) -> None:
        try:
            await asyncio.sleep(WRITE_SECONDS)
            await asyncio.to_thread(self._write)
        finally:
            self._writing = None

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            yield self._connect()

    def _connect(self) -> sqlite3.Connection:
        if self._database is None:
            name = ":memory:" if self._path is None else str(self._path)
            # Used by one thread at a time: the lock sees to it.
            self._database = sqlite3.connect(
                name, check_same_thread=False, timeout=BUSY_SECONDS
            )
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_SCHEMA)
        return self._database

    def _prepare(self) -> None:
        with self._open():
            pass

    def _write(self) -> None:
        """Writes what is pending."""
        batch: list[AuditRecord] = []
        while self._pending:
            batch.append(self._pending.popleft())
        if not batch:
            return
        rows = [tuple(getattr(each, name) for name in _COLUMNS) for each in batch]
        try:
            with self._open() as database, database:
                database.executemany(_INSERT, rows)
                database.execute(
                    "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?",
                    (self._max_records,),
                )
        except sqlite3.Error:
            self.dropped += len(batch)
            log.exception("%d audit records could not be written", len(batch))

    def _find(
        self, wanted: AuditFilter, before: int | None, limit: int
    ) -> list[StoredRecord]:
        self._write()
        conditions = {
            f"{field.name} = ?": getattr(wanted, field.name) for field in fields(wanted)
        }
        conditions["id < ?"] = before
        asked = {text: value for text, value in conditions.items() if value is not None}
        where = f"WHERE {' AND '.join(asked)}" if asked else ""
        query = f"SELECT id, {', '.join(_COLUMNS)} FROM audit {where} ORDER BY id DESC LIMIT ?"  # noqa: S608  values are bound
        with (
            self._open() as database,
            closing(database.execute(query, (*asked.values(), limit))) as found,
        ):
            return [
                StoredRecord(
                    row[0],
                    AuditRecord(**dict(zip(_COLUMNS, row[1:], strict=True))),
                )
                for row in found
            ]

    def _close(self) -> None:
        self._write()
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

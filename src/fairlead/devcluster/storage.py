"""Storage: one append-only table of revisions in SQLite, and the live set in memory.

Every write is one row and one committed transaction before the caller is answered
(write-ahead log: it survives the death of the process). The newest row of each key is
also held in memory as encoded JSON, so reads never touch the disk. Snapshots and old
events are queries over the table:

    the state at X   = for each key, the newest row with revision <= X
    the events after X = the rows with revision > X

`compact` drops rows that no snapshot at or after its revision needs. Everything runs in
the event loop's thread: a read-modify-write without an `await` is atomic.
"""

from __future__ import annotations

import sqlite3
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from fairlead.devcluster.errors import DevClusterError
from fairlead.devcluster.jsontypes import JsonObject

Key: TypeAlias = tuple[str, str]  # namespace, name
Listener: TypeAlias = Callable[[str, "Event"], None]

_EPOCH: Final = 1_704_067_200  # 2024-01-01: keeps versions short

ADDED: Final = 0
MODIFIED: Final = 1
DELETED: Final = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS revisions(
    revision INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL,
    name TEXT NOT NULL, kind INTEGER NOT NULL, previous INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS by_key ON revisions(resource, namespace, name, revision);
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_LIVE = """
SELECT r.resource, r.namespace, r.name, r.revision, r.value FROM revisions r JOIN
 (SELECT resource, namespace, name, max(revision) AS newest FROM revisions GROUP BY 1, 2, 3) n
 ON r.revision = n.newest WHERE r.kind != 2
"""
_SNAPSHOT = """
SELECT r.namespace, r.name, r.revision, r.value FROM revisions r JOIN
 (SELECT namespace, name, max(revision) AS newest FROM revisions
  WHERE resource = :resource AND revision <= :at AND (:all OR namespace = :namespace)
  GROUP BY 1, 2) n
 ON r.revision = n.newest WHERE r.kind != 2 AND (r.namespace, r.name) > (:after_ns, :after_name)
 ORDER BY r.namespace, r.name
"""
_HISTORY = """
SELECT r.revision, r.namespace, r.name, r.kind, r.value, p.value FROM revisions r
 LEFT JOIN revisions p ON p.revision = r.previous AND r.previous > 0
 WHERE r.resource = ? AND r.revision > ? ORDER BY r.revision LIMIT ?
"""
_COMPACT = """
DELETE FROM revisions WHERE revision IN (
 SELECT r.revision FROM revisions r WHERE r.revision <= :at AND
  (r.kind = 2 OR EXISTS (SELECT 1 FROM revisions l WHERE l.resource = r.resource AND
   l.namespace = r.namespace AND l.name = r.name AND l.revision > r.revision AND l.revision <= :at))
 LIMIT :batch)
"""


@dataclass(slots=True, eq=False)
class Record:
    """One stored object: its place, its version and its JSON without kind and apiVersion."""

    namespace: str
    name: str
    revision: int
    raw: bytes

    def decode(self) -> JsonObject:
        """Return a fresh decoded copy."""
        body: JsonObject = msgspec.json.decode(self.raw)
        return body


@dataclass(slots=True, eq=False)
class Event:
    """One change: what happened, the new state, and the state before."""

    kind: int
    record: Record
    previous: bytes | None
    frames: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def revision(self) -> int:
        """The version that this change created."""
        return self.record.revision

    def last_seen(self) -> Record:
        """Return the state before the change under the version of the change.

        This is what a watcher gets when the change takes an object out of its sight.
        """
        record, before = self.record, self.previous
        body: JsonObject = msgspec.json.decode(record.raw if before is None else before)
        body["metadata"]["resourceVersion"] = str(record.revision)
        raw = msgspec.json.encode(body)
        return Record(record.namespace, record.name, record.revision, raw)


@dataclass(slots=True)
class Table:
    """The live objects of one resource and its latest events."""

    records: dict[Key, Record] = field(default_factory=dict[Key, Record])
    order: list[Key] | None = None
    events: list[Event] = field(default_factory=list[Event])
    complete_after: int = 0  # events with a larger revision are all in `events`
    last_write: int = 0
    lost_until: int = 0  # events up to this revision are no longer kept

    def sorted_keys(self) -> list[Key]:
        """Return all keys in list order."""
        if self.order is None:
            self.order = sorted(self.records)
        return self.order


class Storage:
    """The versioned key-value store under every resource."""

    def __init__(
        self,
        path: Path,
        *,
        recent_events: int = 1024,
        steady: Callable[[], float] = time.monotonic,
        durable: bool = True,
    ) -> None:
        self._steady = steady
        self._recent = recent_events
        self._tables: dict[str, Table] = {}
        self._listeners: list[Listener] = []
        self._times: list[tuple[float, int]] = []
        self._path = path
        try:
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False
            )
            self._db.execute(f"PRAGMA synchronous={'NORMAL' if durable else 'OFF'}")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA wal_autocheckpoint=0")
            self._db.execute(
                "PRAGMA cache_size=-512"
            )  # kilobytes: reads come from memory
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as exc:
            msg = f"{path} is not a dev cluster database ({exc}): give another folder or delete the file"
            raise DevClusterError(msg) from exc
        self.compacted = self._load()

    def _load(self) -> int:
        newest = self._db.execute("SELECT max(revision) FROM revisions").fetchone()[0]
        found = dict(self._db.execute("SELECT name, value FROM meta"))
        # A wiped database starts at the clock, so it never runs behind a client's memory.
        start = found.get("start") or int(time.time()) - _EPOCH
        if "start" not in found:
            self._db.execute("INSERT INTO meta VALUES('start', ?)", (start,))
        self.revision: int = max(newest or 0, start, found.get("highest", 0))
        self._loaded_at = self.revision
        for resource, namespace, name, revision, value in self._db.execute(_LIVE):
            self.table(resource).records[namespace, name] = Record(
                namespace, name, revision, value
            )
        compacted: int = max(found.get("compacted", 0), start)
        return compacted

    def close(self) -> None:
        """Write the log back into the database file and close it."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the database file (runs in a worker thread)."""
        connection = sqlite3.connect(self._path)
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            connection.close()

    def listen(self, listener: Listener) -> None:
        """Call `listener(resource, event)` after every write, in order."""
        self._listeners.append(listener)

    def table(self, resource: str) -> Table:
        """Return the table of a resource, empty if nothing was stored yet."""
        found = self._tables.get(resource)
        if found is None:
            found = self._tables[resource] = Table(
                complete_after=self._loaded_at, last_write=self._loaded_at
            )
        return found

    def resources(self) -> list[str]:
        """Return the names of all resources that have objects."""
        return [name for name, table in self._tables.items() if table.records]

    # reading

    def find(self, resource: str, namespace: str, name: str) -> Record | None:
        """Return the live object, if there is one."""
        return self.table(resource).records.get((namespace, name))

    def count(self, resource: str) -> int:
        """Return the number of live objects."""
        return len(self.table(resource).records)

    def scan(
        self, resource: str, namespace: str | None, after: Key = ("", "")
    ) -> Iterator[Record]:
        """Yield live objects in list order, of one namespace or of all."""
        table = self.table(resource)
        keys = table.sorted_keys()
        start = bisect_right(keys, after) if after != ("", "") else 0
        if namespace is not None:
            start = max(start, bisect_left(keys, (namespace, "")))
        for index in range(start, len(keys)):
            key = keys[index]
            if namespace is not None and key[0] != namespace:
                return
            yield table.records[key]

    def changed_since(self, resource: str, revision: int) -> bool:
        """Tell whether the resource was written after `revision`."""
        return self.table(resource).last_write > revision

    def snapshot(
        self, resource: str, namespace: str | None, at: int, after: Key = ("", "")
    ) -> Iterator[Record]:
        """Yield the objects as they were at a revision, in list order."""
        if not self.changed_since(resource, at):
            yield from self.scan(resource, namespace, after)
            return
        rows = self._db.execute(
            _SNAPSHOT,
            {
                "resource": resource,
                "at": at,
                "all": namespace is None,
                "namespace": namespace or "",
                "after_ns": after[0],
                "after_name": after[1],
            },
        ).fetchall()
        for row in rows:
            yield Record(*row)

    def events_after(
        self, resource: str, revision: int, limit: int = 512
    ) -> list[Event]:
        """Return the next events of a resource after a revision, oldest first."""
        table = self.table(resource)
        if revision >= table.complete_after:
            events = table.events
            start = bisect_right(events, revision, key=lambda event: event.revision)
            return events[start : start + limit]
        rows = self._db.execute(_HISTORY, (resource, revision, limit)).fetchall()
        return [
            Event(kind, Record(namespace, name, number, value), before)
            for number, namespace, name, kind, value, before in rows
        ]

    # writing

    def put(self, resource: str, namespace: str, name: str, body: JsonObject) -> Record:
        """Store an object under the next revision, which is written into it."""
        table = self.table(resource)
        before = table.records.get((namespace, name))
        revision = self.revision + 1
        body["metadata"]["resourceVersion"] = str(revision)
        record = Record(namespace, name, revision, msgspec.json.encode(body))
        kind = ADDED if before is None else MODIFIED
        self._write(resource, table, kind, record, before)
        return record

    def delete(self, resource: str, namespace: str, name: str) -> Record | None:
        """Remove an object; its last state gets the deletion's revision."""
        table = self.table(resource)
        before = table.records.get((namespace, name))
        if before is None:
            return None
        body = before.decode()
        revision = self.revision + 1
        body["metadata"]["resourceVersion"] = str(revision)
        record = Record(namespace, name, revision, msgspec.json.encode(body))
        self._write(resource, table, DELETED, record, before)
        return record

    def _write(
        self,
        resource: str,
        table: Table,
        kind: int,
        record: Record,
        before: Record | None,
    ) -> None:
        self._db.execute(
            "INSERT INTO revisions VALUES(?, ?, ?, ?, ?, ?, ?)",
            (
                record.revision,
                resource,
                record.namespace,
                record.name,
                kind,
                before.revision if before else 0,
                record.raw,
            ),
        )
        self.revision = table.last_write = record.revision
        self._remember_time()
        key = (record.namespace, record.name)
        if kind == DELETED:
            del table.records[key]
        else:
            table.records[key] = record
        if kind != MODIFIED:
            table.order = None
        event = Event(kind, record, before.raw if before else None)
        table.events.append(event)
        if len(table.events) > 2 * self._recent:
            table.complete_after = table.events[-self._recent - 1].revision
            del table.events[: -self._recent]
        for listener in self._listeners:
            listener(resource, event)

    # history

    def _remember_time(self) -> None:
        now = self._steady()
        if not self._times or now - self._times[-1][0] >= 1:
            self._times.append((now, self.revision))

    def revision_before(self, age: float, keep: int) -> int:
        """Return the newest revision that is older than `age` and `keep` revisions back."""
        limit = self._steady() - age
        index = bisect_right(self._times, (limit, self.revision)) - 1
        if index < 0:
            return self.compacted
        del self._times[:index]
        return max(self.compacted, min(self._times[0][1], self.revision - keep))

    def mark_compacted(self, revision: int) -> None:
        """Declare revisions before `revision` as no longer readable."""
        self.compacted = max(self.compacted, min(revision, self.revision))
        self._db.execute(
            "INSERT OR REPLACE INTO meta VALUES('compacted', ?)", (self.compacted,)
        )
        self._db.execute(
            "INSERT OR REPLACE INTO meta VALUES('highest', ?)", (self.revision,)
        )
        for table in self._tables.values():
            self._forget(table)
            table.complete_after = max(table.complete_after, self.compacted)

    def _forget(self, table: Table) -> None:
        start = bisect_right(
            table.events, self.compacted, key=lambda event: event.revision
        )
        if start:
            table.lost_until = table.events[start - 1].revision
        elif table.last_write <= self.compacted:
            table.lost_until = table.last_write
        else:
            table.lost_until = max(
                table.lost_until, min(table.complete_after, self.compacted)
            )
        del table.events[:start]

    def drop_compacted(self, batch: int = 500) -> bool:
        """Delete one batch of superseded rows; tell whether there may be more."""
        cursor = self._db.execute(_COMPACT, {"at": self.compacted, "batch": batch})
        return cursor.rowcount == batch

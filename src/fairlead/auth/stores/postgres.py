"""Sessions in PostgreSQL: for any number of replicas."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Self

from fairlead.auth.stores.store import SessionRow, StoreError
from fairlead.errors import DefinitionError

try:
    import psycopg
    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool, PoolTimeout
except ImportError as error:
    raise DefinitionError(
        "sessions in PostgreSQL need its library: pip install 'fairlead[postgres]'"
    ) from error

__all__ = ["PostgresSessionStore"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS fairlead_sessions (
    key text PRIMARY KEY, data bytea NOT NULL, version integer NOT NULL, tags text[] NOT NULL,
    last_seen double precision NOT NULL, expires_at double precision NOT NULL);
CREATE INDEX IF NOT EXISTS fairlead_sessions_by_tag ON fairlead_sessions USING gin (tags);
CREATE INDEX IF NOT EXISTS fairlead_sessions_by_end ON fairlead_sessions (expires_at);
CREATE TABLE IF NOT EXISTS fairlead_locks (
    name text PRIMARY KEY, holder text NOT NULL, expires_at double precision NOT NULL);
"""
_SCHEMA_LOCK = 7_314_881_204
"""Two replicas that start at once must not both make the tables."""
_CONNECTIONS = 4

Connection = psycopg.AsyncConnection[TupleRow]


class PostgresSessionStore:
    """Sessions in the database that a URL names; the tables are made where they are missing."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: AsyncConnectionPool[Connection] | None = None

    async def __aenter__(self) -> Self:
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self._url,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=10,
            open=False,
            kwargs={"autocommit": True},
        )
        try:
            # The pool tries again and again; what is wrong at start should be told at once.
            first = await psycopg.AsyncConnection.connect(self._url, connect_timeout=10)
            await first.close()
            await pool.open(wait=True, timeout=10)
        except (psycopg.Error, PoolTimeout) as error:
            await pool.close()
            raise StoreError(
                f"the sessions' PostgreSQL cannot be reached: {type(error).__name__}"
            ) from error
        self._pool = pool
        async with self._connect() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
            await connection.execute(_SCHEMA)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def _connect(self) -> AsyncGenerator[Connection]:
        if self._pool is None:
            raise StoreError("the sessions in PostgreSQL are closed")
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.Error, PoolTimeout) as error:
            raise StoreError(
                f"the sessions in PostgreSQL: {type(error).__name__}"
            ) from error

    async def insert(self, row: SessionRow) -> None:
        """Adds a session."""
        async with self._connect() as connection:
            await connection.execute(
                "INSERT INTO fairlead_sessions (key, data, version, tags, last_seen, expires_at) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    row.key,
                    row.data,
                    row.version,
                    list(row.tags),
                    row.last_seen,
                    row.expires_at,
                ],
            )

    async def find(self, key: str) -> SessionRow | None:
        """The session, unless it has expired."""
        async with self._connect() as connection:
            cursor = await connection.execute(
                "SELECT key, data, version, last_seen, expires_at FROM fairlead_sessions "
                "WHERE key = %s AND expires_at > %s",
                [key, time.time()],
            )
            row = await cursor.fetchone()
        return None if row is None else _to_row(row)

    async def replace(self, key: str, data: bytes, version: int) -> bool:
        """Writes new data if the session is there and still has that version."""
        async with self._connect() as connection:
            cursor = await connection.execute(
                "UPDATE fairlead_sessions SET data = %s, version = version + 1 "
                "WHERE key = %s AND version = %s",
                [data, key, version],
            )
        return cursor.rowcount == 1

    async def touch(self, key: str, last_seen: float, expires_at: float) -> bool:
        """Notes a use; False when the session is gone."""
        async with self._connect() as connection:
            cursor = await connection.execute(
                "UPDATE fairlead_sessions SET last_seen = %s, expires_at = %s WHERE key = %s",
                [last_seen, expires_at, key],
            )
        return cursor.rowcount == 1

    async def delete(self, keys: Collection[str]) -> set[str]:
        """Removes sessions and tells everyone who watches; those that were there."""
        async with self._connect() as connection:
            cursor = await connection.execute(
                "WITH gone AS (DELETE FROM fairlead_sessions WHERE key = ANY(%s) RETURNING key) "
                "SELECT key, pg_notify('fairlead_endings', key) FROM gone",
                [list(keys)],
            )
            return {str(row[0]) for row in await cursor.fetchall()}

    async def find_tagged(self, tag: str) -> list[SessionRow]:
        """All sessions with that tag that have not expired."""
        async with self._connect() as connection:
            cursor = await connection.execute(
                "SELECT key, data, version, last_seen, expires_at FROM fairlead_sessions "
                "WHERE tags @> ARRAY[%s] AND expires_at > %s",
                [tag, time.time()],
            )
            return [_to_row(row) for row in await cursor.fetchall()]

    async def find_alive(self, keys: Collection[str]) -> set[str]:
        """Which of these sessions are there and have not expired."""
        async with self._connect() as connection:
            cursor = await connection.execute(
                "SELECT key FROM fairlead_sessions WHERE key = ANY(%s) AND expires_at > %s",
                [list(keys), time.time()],
            )
            return {str(row[0]) for row in await cursor.fetchall()}

    async def purge(self) -> int:
        """Removes what has expired; how many sessions that were."""
        now = time.time()
        async with self._connect() as connection:
            await connection.execute(
                "DELETE FROM fairlead_locks WHERE expires_at <= %s", [now]
            )
            cursor = await connection.execute(
                "DELETE FROM fairlead_sessions WHERE expires_at <= %s", [now]
            )
        return cursor.rowcount

    async def try_lock(self, name: str, holder: str, seconds: float) -> bool:
        """Takes a lock for at most that long; False when another holds it."""
        now = time.time()
        async with self._connect() as connection:
            cursor = await connection.execute(
                "INSERT INTO fairlead_locks AS held VALUES (%s, %s, %s) "
                "ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, "
                "expires_at = EXCLUDED.expires_at WHERE held.expires_at <= %s",
                [name, holder, now + seconds, now],
            )
        return cursor.rowcount == 1

    async def unlock(self, name: str, holder: str) -> None:
        """Gives the lock back, if it is still the holder's."""
        async with self._connect() as connection:
            await connection.execute(
                "DELETE FROM fairlead_locks WHERE name = %s AND holder = %s",
                [name, holder],
            )

    async def watch(self) -> AsyncIterator[str | None]:
        """Keys of sessions as they are deleted, by whichever replica."""
        try:
            async with await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=10
            ) as connection:
                await connection.execute("LISTEN fairlead_endings")
                yield None
                async for notice in connection.notifies():
                    yield notice.payload
        except psycopg.Error as error:
            raise StoreError(
                f"the sessions in PostgreSQL: {type(error).__name__}"
            ) from error


def _to_row(values: TupleRow) -> SessionRow:
    key, data, version, last_seen, expires_at = values
    return SessionRow(
        key=key,
        data=bytes(data),
        version=version,
        last_seen=last_seen,
        expires_at=expires_at,
    )

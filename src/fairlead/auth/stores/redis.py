"""Sessions in Redis or Valkey: for any number of replicas."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Protocol, Self, cast

from fairlead.auth.stores.store import SessionRow, StoreError
from fairlead.errors import DefinitionError

try:
    import redis.asyncio as redis
    from redis.exceptions import RedisError
except ImportError as error:
    raise DefinitionError(
        "sessions in Redis need its library: pip install 'fairlead[redis]'"
    ) from error

__all__ = ["RedisSessionStore"]

# One hash slot, so that scripts work on a cluster, too.
_PREFIX = "{fairlead}:"
_SESSION = f"{_PREFIX}session:"
_TAG = f"{_PREFIX}tag:"
_LOCK = f"{_PREFIX}lock:"
_CHANNEL = f"{_PREFIX}endings"

_INSERT = """
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'version', ARGV[2], 'seen', ARGV[3],
  'ends', ARGV[4], 'tags', ARGV[6])
redis.call('PEXPIREAT', KEYS[1], ARGV[5])
for i = 2, #KEYS do redis.call('SADD', KEYS[i], KEYS[1]) end
"""
_REPLACE = """
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'version', ARGV[2] + 1)
return 1
"""
_TOUCH = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'seen', ARGV[1], 'ends', ARGV[2])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return 1
"""
_DELETE = """
local tags = redis.call('HGET', KEYS[1], 'tags')
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
for tag in string.gmatch(tags or '', '%S+') do
  redis.call('SREM', ARGV[2] .. tag, KEYS[1])
end
redis.call('PUBLISH', ARGV[1], ARGV[3])
return 1
"""
_UNLOCK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class RedisSessionStore:
    """Sessions in the database that a URL names: `redis://host:6379/0`, `rediss://...`."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=10)  # pyright: ignore[reportUnknownMemberType]  the library's types have holes
        # The library does not say what this takes and returns.
        self._execute = cast(
            "Callable[..., Awaitable[object]]",
            self._client.execute_command,  # pyright: ignore[reportUnknownMemberType]  as above
        )

    async def __aenter__(self) -> Self:
        await self._run("PING")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def _run(self, *command: str | bytes | float) -> object:
        try:
            return await self._execute(*command)
        except (RedisError, OSError) as error:
            raise StoreError(
                f"the sessions in Redis: {type(error).__name__}"
            ) from error

    async def insert(self, row: SessionRow) -> None:
        """Adds a session."""
        keys = [_SESSION + row.key, *(_TAG + tag for tag in row.tags)]
        await self._run(
            "EVAL",
            _INSERT,
            len(keys),
            *keys,
            row.data,
            row.version,
            row.last_seen,
            row.expires_at,
            _to_milliseconds(row.expires_at),
            " ".join(row.tags),
        )

    async def find(self, key: str) -> SessionRow | None:
        """The session, unless it has expired."""
        return await self._read(_SESSION + key)

    async def _read(self, name: str) -> SessionRow | None:
        found = await self._run("HMGET", name, "data", "version", "seen", "ends")
        data, version, seen, ends = _to_list(found)
        if data is None or version is None or seen is None or ends is None:
            return None
        row = SessionRow(
            key=name.removeprefix(_SESSION),
            data=data,
            version=int(version),
            last_seen=float(seen),
            expires_at=float(ends),
        )
        return row if row.expires_at > time.time() else None

    async def replace(self, key: str, data: bytes, version: int) -> bool:
        """Writes new data if the session is there and still has that version."""
        name = _SESSION + key
        return await self._run("EVAL", _REPLACE, 1, name, data, version) == 1

    async def touch(self, key: str, last_seen: float, expires_at: float) -> bool:
        """Notes a use; False when the session is gone."""
        name, ends = _SESSION + key, _to_milliseconds(expires_at)
        done = await self._run("EVAL", _TOUCH, 1, name, last_seen, expires_at, ends)
        return done == 1

    async def delete(self, keys: Collection[str]) -> set[str]:
        """Removes sessions and tells everyone who watches; those that were there."""
        gone: set[str] = set()
        for key in keys:
            name = _SESSION + key
            if await self._run("EVAL", _DELETE, 1, name, _CHANNEL, _TAG, key) == 1:
                gone.add(key)
        return gone

    async def find_tagged(self, tag: str) -> list[SessionRow]:
        """All sessions with that tag that have not expired."""
        rows: list[SessionRow] = []
        for name in await self._list_members(_TAG + tag):
            row = await self._read(name)
            if row is None:
                await self._run("SREM", _TAG + tag, name)
            else:
                rows.append(row)
        return rows

    async def _list_members(self, name: str) -> list[str]:
        found = await self._run("SMEMBERS", name)
        return [item.decode() for item in _to_list(found) if item is not None]

    async def find_alive(self, keys: Collection[str]) -> set[str]:
        """Which of these sessions are there and have not expired."""
        return {key for key in keys if await self._read(_SESSION + key) is not None}

    async def purge(self) -> int:
        """Forgets the tags of what has expired; Redis removed the sessions themselves."""
        removed: set[str] = set()
        cursor = b"0"
        while True:
            answer = await self._run("SCAN", cursor, "MATCH", f"{_TAG}*", "COUNT", 500)
            assert isinstance(answer, list | tuple)  # noqa: S101  the reply of SCAN
            head, names = answer  # pyright: ignore[reportUnknownVariableType]  as above
            for raw in _to_list(names):  # pyright: ignore[reportUnknownArgumentType]  as above
                if raw is None:
                    continue
                tag = raw.decode()
                for member in await self._list_members(tag):
                    if await self._read(member) is None:
                        await self._run("SREM", tag, member)
                        removed.add(member)
            cursor = head if isinstance(head, bytes) else str(head).encode()  # pyright: ignore[reportUnknownArgumentType]  as above
            if cursor == b"0":
                return len(removed)

    async def try_lock(self, name: str, holder: str, seconds: float) -> bool:
        """Takes a lock for at most that long; False when another holds it."""
        milliseconds = max(1, int(seconds * 1000))
        done = await self._run("SET", _LOCK + name, holder, "NX", "PX", milliseconds)
        return done is not None

    async def unlock(self, name: str, holder: str) -> None:
        """Gives the lock back, if it is still the holder's."""
        await self._run("EVAL", _UNLOCK, 1, _LOCK + name, holder)

    async def watch(self) -> AsyncIterator[str | None]:
        """Keys of sessions as they are deleted, by whichever replica."""
        pubsub = cast("_PubSub", self._client.pubsub())  # pyright: ignore[reportUnknownMemberType]  as above
        try:
            await pubsub.subscribe(_CHANNEL)
            while True:
                # The answer to SUBSCRIBE comes first, also after the library connected anew.
                message = await pubsub.get_message(timeout=60)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    yield None
                elif message["type"] == "message":
                    data = message["data"]
                    yield data.decode() if isinstance(data, bytes) else str(data)
        except (RedisError, OSError) as error:
            raise StoreError(
                f"the sessions in Redis: {type(error).__name__}"
            ) from error
        finally:
            await pubsub.aclose()


class _PubSub(Protocol):
    """What is used of the library's object, whose methods have no types."""

    async def subscribe(self, *channels: str) -> object: ...

    async def get_message(self, *, timeout: float) -> Mapping[str, object] | None: ...  # noqa: ASYNC109  the library's

    async def aclose(self) -> None: ...


def _to_milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _to_list(value: object) -> list[bytes | None]:
    """A reply that is an array (or a set, as newer protocols say) of strings."""
    assert isinstance(value, list | tuple | set)  # noqa: S101  what these commands reply
    items: list[object] = list(value)  # pyright: ignore[reportUnknownArgumentType]  as above
    return [item if isinstance(item, bytes) else None for item in items]

"""What every session store promises, on a real server of each kind."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.auth.servers import find_port

from fairlead import DefinitionError
from fairlead.auth.stores import SessionRow, SessionStore, StoreError, open_store


def make_row(*tags: str, seconds: float = 60.0) -> SessionRow:
    now = time.time()
    return SessionRow(
        key=secrets.token_hex(8),
        data=b"\0sealed\xff",
        tags=tags,
        last_seen=now,
        expires_at=now + seconds,
    )


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[SessionStore]:
    async with open_store(store_url) as opened:
        yield opened


@pytest.fixture
async def other(store_url: str, store: SessionStore) -> AsyncIterator[SessionStore]:
    """Another replica's."""
    del store  # is there first
    async with open_store(store_url) as opened:
        yield opened


async def test_what_is_inserted_is_found_everywhere(
    store: SessionStore, other: SessionStore
) -> None:
    row = make_row()
    await store.insert(row)
    found = await other.find(row.key)
    assert found is not None
    assert (found.key, found.data, found.version) == (row.key, row.data, 1)
    assert found.last_seen == pytest.approx(row.last_seen)
    assert found.expires_at == pytest.approx(row.expires_at)
    assert await other.find("nothing") is None


async def test_what_has_expired_is_not_found(store: SessionStore) -> None:
    tag = secrets.token_hex(8)
    row = make_row(tag, seconds=-1)
    await store.insert(row)
    assert await store.find(row.key) is None
    assert await store.find_tagged(tag) == []
    assert await store.find_alive([row.key]) == set()
    await store.purge()
    assert await store.touch(row.key, time.time(), time.time() + 60) is False


async def test_only_the_version_that_was_read_is_replaced(store: SessionStore) -> None:
    row = make_row()
    await store.insert(row)
    assert await store.replace(row.key, b"second", 1)
    assert not await store.replace(row.key, b"late", 1)
    found = await store.find(row.key)
    assert found is not None
    assert (found.data, found.version) == (b"second", 2)


async def test_what_is_deleted_does_not_come_back(
    store: SessionStore, other: SessionStore
) -> None:
    row = make_row()
    await store.insert(row)
    assert await other.delete([row.key, "nothing"]) == {row.key}
    assert not await store.replace(row.key, b"in flight", 1)
    assert not await store.touch(row.key, time.time(), time.time() + 60)
    assert await store.find(row.key) is None
    assert await store.delete([row.key]) == set()


async def test_a_use_puts_the_end_off(store: SessionStore) -> None:
    row = make_row(seconds=1)
    await store.insert(row)
    later = time.time() + 500
    assert await store.touch(row.key, time.time(), later)
    found = await store.find(row.key)
    assert found is not None
    assert found.expires_at == pytest.approx(later)
    assert found.version == 1


async def test_sessions_are_found_by_tag(
    store: SessionStore, other: SessionStore
) -> None:
    ann, sid = secrets.token_hex(8), secrets.token_hex(8)
    rows = [make_row(ann, sid), make_row(ann), make_row()]
    for row in rows:
        await store.insert(row)
    assert {row.key for row in await other.find_tagged(ann)} == {
        r.key for r in rows[:2]
    }
    assert [row.key for row in await other.find_tagged(sid)] == [rows[0].key]
    await store.delete([rows[0].key])
    assert [row.key for row in await other.find_tagged(ann)] == [rows[1].key]
    assert await other.find_tagged(sid) == []
    assert await other.find_alive([r.key for r in rows]) == {r.key for r in rows[1:]}


async def test_a_lock_has_one_holder(store: SessionStore, other: SessionStore) -> None:
    name = secrets.token_hex(8)
    tries = [
        each.try_lock(name, f"{index}", 30)
        for index, each in enumerate([store, other] * 4)
    ]
    assert sum(await asyncio.gather(*tries)) == 1


async def test_a_lock_is_given_back_by_its_holder_only(
    store: SessionStore, other: SessionStore
) -> None:
    name = secrets.token_hex(8)
    assert await store.try_lock(name, "a", 30)
    await other.unlock(name, "b")
    assert not await other.try_lock(name, "b", 30)
    await store.unlock(name, "a")
    assert await other.try_lock(name, "b", 30)


async def test_a_lock_ends_when_its_holder_has_died(store: SessionStore) -> None:
    name = secrets.token_hex(8)
    assert await store.try_lock(name, "dead", 0.05)
    async with asyncio.timeout(10):
        while not await store.try_lock(name, "next", 30):  # noqa: ASYNC110  time has to pass
            await asyncio.sleep(0.01)


async def test_every_replica_hears_of_an_end(
    store: SessionStore, other: SessionStore
) -> None:
    row = make_row()
    await store.insert(row)
    async with asyncio.timeout(10):
        watches = [store.watch(), other.watch()]
        for watch in watches:
            assert await anext(watch) is None  # look at everything first
        await other.delete([row.key])
        for watch in watches:
            while await anext(watch) != row.key:
                pass


@pytest.mark.parametrize("scheme", ["redis", "postgresql"])
async def test_a_server_that_is_not_there_is_told(scheme: str) -> None:
    with pytest.raises(StoreError, match=r"Redis|PostgreSQL"):
        async with open_store(f"{scheme}://127.0.0.1:{find_port()}/0"):
            pass


def test_an_unknown_store_is_refused_with_the_cure() -> None:
    with pytest.raises(DefinitionError, match="sqlite:, redis:"):
        open_store("mongodb://x")


async def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    async with open_store(f"sqlite:{tmp_path}/deep/sessions.db"):
        assert (tmp_path / "deep/sessions.db").stat().st_mode & 0o077 == 0

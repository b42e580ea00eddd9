"""Sessions on real stores, with real replicas and a real provider."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.auth.provider import RunningProvider
from tests.auth.replicas import (
    Browser,
    Replica,
    make_grant,
    open_replica,
    read_to_the_end,
    run_replicas,
)

from fairlead import Request, TRPCError
from fairlead.auth import SessionOptions, TokenSource
from fairlead.auth.session import get_key

WITHIN = 1.0
"""Seconds in which the end of a session must have reached every stream."""


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path}/sessions.db"


async def subscribe_by_sse(browser: Browser) -> aiohttp.ClientResponse:
    response = await browser.session.get(f"{browser.replica.url}/trpc/ticks")
    await response.content.readuntil(b"data: 0")
    return response


async def test_a_session_ends_everywhere_within_a_second(
    provider: RunningProvider, store_url: str
) -> None:
    """W19: sign-out on one replica ends what another serves, each with one typed error."""
    async with (
        run_replicas(provider, store_url) as (here, there),
        Browser.open(there) as ann,
    ):
        value = await there.sign_in.start_session(
            await make_grant(provider, sign_in=there.sign_in), _client()
        )
        ann.session.headers.update(there.open_cookie(value))
        socket_ = await ann.subscribe()
        sse = await subscribe_by_sse(ann)
        lines = await open_lines(ann)
        await here.sign_in.sessions.end([get_key(value)])
        async with asyncio.timeout(WITHIN):
            codes, closed = await read_to_the_end(socket_)
            assert (codes, closed) == (["UNAUTHORIZED"], 1008)
            told = await sse.content.read()
            assert told.count(b"UNAUTHORIZED") == 1
            assert b"event: serialized-error" in told
            rest = await lines.content.read()
            assert rest.count(b"UNAUTHORIZED") == 1
        assert await ann.get("me") == "UNAUTHORIZED"


def _client() -> Any:
    from fairlead.auth.sign_in import Client  # noqa: PLC0415

    return Client("127.0.0.1", "a test")


async def open_lines(browser: Browser) -> aiohttp.ClientResponse:
    """A streamed batch with a result that goes on for ever."""
    response = await browser.session.get(
        f"{browser.replica.url}/trpc/lines,health",
        params={"batch": "1"},
        headers={"trpc-accept": "application/jsonl"},
    )
    await response.content.readuntil(b"ok")
    return response


async def test_a_request_in_flight_cannot_bring_a_session_back(
    provider: RunningProvider, store_url: str
) -> None:
    """W18"""
    async with (
        open_replica(provider, store_url) as replica,
        Browser.open(replica) as ann,
    ):
        await ann.sign_in()
        before = dict(ann.cookies)
        in_flight = asyncio.create_task(ann.get("slow"))
        await replica.gate.entered.wait()
        await ann.sign_out()
        replica.gate.opened.set()
        assert await in_flight == "done"
        assert not any(name in ann.cookies for name in before), "the cookie is removed"
        async with Browser.open(replica) as thief:
            name, value = next(iter(before.items()))
            thief.session.headers["cookie"] = f"{name}={value}"
            assert await thief.get("me") == "UNAUTHORIZED"
        assert await replica.sign_in.sessions.list_for("admin") == []


async def test_tokens_are_refreshed_once_for_all_calls_on_all_replicas(
    provider: RunningProvider, store_url: str
) -> None:
    """W17: a rotated refresh token that is used twice would end the provider's session."""
    async with run_replicas(provider, store_url) as replicas:
        grant = await make_grant(provider, sign_in=replicas[0].sign_in, refresh_at=1.0)
        value = await replicas[0].sign_in.start_session(grant, _client())
        before = provider.count("/token")

        async def call(replica: Replica) -> Any:
            async with aiohttp.ClientSession(
                headers=replica.open_cookie(value)
            ) as session:
                return await Browser(replica, session).get("me")

        answers = await asyncio.gather(*(call(each) for each in replicas * 5))
        assert answers == ["admin"] * 10
        assert provider.count("/token") == before + 1


async def test_a_refresh_during_sign_out_brings_nothing_back(
    provider: RunningProvider, sqlite_url: str
) -> None:
    async with open_replica(provider, sqlite_url) as replica:
        sessions = replica.sign_in.sessions
        grant = await make_grant(provider, sign_in=replica.sign_in, refresh_at=1.0)
        value = await replica.sign_in.start_session(grant, _client())
        renewing = asyncio.create_task(sessions.find(value))
        await provider.wait_for("/token", 2)
        await sessions.end([get_key(value)])
        await renewing
        assert await sessions.find(value) is None


@pytest.mark.parametrize("answers", [False, True])
async def test_signing_out_needs_no_new_tokens(
    provider: RunningProvider, sqlite_url: str, answers: bool
) -> None:
    """Not from a provider that is silent, nor from one that takes the refresh token for stolen."""
    async with (
        open_replica(provider, sqlite_url) as replica,
        Browser.open(replica) as ann,
    ):
        grant = await make_grant(
            provider,
            sign_in=replica.sign_in,
            refresh_at=1.0,
            expires_at=1.0,
            refresh="used up",
        )
        await ann.take_session(grant)
        asked = provider.count("/token")
        provider.fail = not answers
        answer = await ann.sign_out()
        assert answer["redirect"].startswith(provider.issuer.address)
        assert provider.count("/token") == asked
        assert await replica.sign_in.sessions.list_for("admin") == []


async def test_a_cancelled_call_does_not_lose_the_new_refresh_token(
    provider: RunningProvider, sqlite_url: str
) -> None:
    async with open_replica(provider, sqlite_url) as replica:
        sessions = replica.sign_in.sessions
        grant = await make_grant(provider, sign_in=replica.sign_in, refresh_at=1.0)
        value = await replica.sign_in.start_session(grant, _client())
        waiting = asyncio.create_task(sessions.find(value))
        await asyncio.sleep(0)
        waiting.cancel()
        found = await sessions.find(value)
        assert found is not None
        assert found.session.tokens.refresh != grant.tokens.refresh


async def test_a_refresh_leaves_an_open_stream_without_a_gap(
    provider: RunningProvider, sqlite_url: str
) -> None:
    async with (
        open_replica(provider, sqlite_url) as replica,
        Browser.open(replica) as ann,
    ):
        soon = time.time() + 0.3
        grant = await make_grant(provider, sign_in=replica.sign_in, refresh_at=soon)
        await ann.take_session(grant)
        socket_ = await ann.subscribe()
        before = provider.count("/token")
        last = 0
        async with asyncio.timeout(10):
            while provider.count("/token") == before:
                frame = await socket_.receive_json()
                assert frame["result"]["data"] == last + 1
                last += 1
            for _ in range(5):
                frame = await socket_.receive_json()
                assert frame["result"]["data"] == last + 1
                last += 1
        await socket_.close()


async def test_a_refused_refresh_ends_streams_with_one_typed_state(
    provider: RunningProvider, sqlite_url: str
) -> None:
    async with (
        open_replica(provider, sqlite_url) as replica,
        Browser.open(replica) as ann,
    ):
        soon = time.time() + 0.3
        grant = await make_grant(provider, sign_in=replica.sign_in, refresh_at=soon)
        await ann.take_session(grant)
        socket_ = await ann.subscribe()
        provider.issuer.revoke(grant.tokens.refresh or "")
        async with asyncio.timeout(10):
            assert await read_to_the_end(socket_) == (["UNAUTHORIZED"], 1008)
        assert await ann.get("me") == "UNAUTHORIZED"


async def test_an_expired_session_ends_its_streams(
    provider: RunningProvider, sqlite_url: str
) -> None:
    options = SessionOptions(absolute_seconds=0.5)
    async with (
        open_replica(provider, sqlite_url, options=options) as replica,
        Browser.open(replica) as ann,
    ):
        await ann.sign_in()
        socket_ = await ann.subscribe()
        async with asyncio.timeout(10):
            assert await read_to_the_end(socket_) == (["UNAUTHORIZED"], 1008)
        assert await ann.get("me") == "UNAUTHORIZED"


async def test_an_idle_session_ends_and_a_used_one_does_not(
    provider: RunningProvider, sqlite_url: str
) -> None:
    """An open stream alone is no use."""
    options = SessionOptions(idle_seconds=0.6, cache_seconds=0.05)
    async with (
        open_replica(provider, sqlite_url, options=options) as replica,
        Browser.open(replica) as used,
        Browser.open(replica) as idle,
    ):
        await used.sign_in("admin")
        await idle.sign_in("viewer")
        socket_ = await idle.subscribe()
        ending = asyncio.create_task(read_to_the_end(socket_))
        async with asyncio.timeout(10):
            while not ending.done():
                assert await used.get("me") == "admin"
                await asyncio.sleep(0.05)
        assert ending.result() == (["UNAUTHORIZED"], 1008)
        assert await used.get("me") == "admin"


async def test_a_provider_that_is_down_signs_nobody_out(
    provider: RunningProvider, sqlite_url: str
) -> None:
    async with (
        open_replica(provider, sqlite_url) as replica,
        Browser.open(replica) as ann,
    ):
        past = time.time() - 1
        grant = await make_grant(
            provider, sign_in=replica.sign_in, refresh_at=past, expires_at=past + 60
        )
        await ann.take_session(grant)
        provider.fail = True
        assert await ann.get("me") == "admin"
        provider.fail = False
        assert await ann.get("me") == "admin"


async def test_sessions_are_listed_and_ended(
    provider: RunningProvider, sqlite_url: str
) -> None:
    async with (
        open_replica(provider, sqlite_url) as replica,
        Browser.open(replica) as here,
        Browser.open(replica) as there,
        Browser.open(replica) as stranger,
    ):
        await here.sign_in("admin")
        await there.sign_in("admin")
        await stranger.sign_in("viewer")
        listed = await here.get("sessions.list")
        assert [each["current"] for each in listed].count(True) == 1
        assert len(listed) == 2
        assert {"refresh", "token", "key"}.isdisjoint(listed[0])
        other = next(each["id"] for each in listed if not each["current"])
        assert await stranger.post("sessions.end", {"id": other}) == "NOT_FOUND"
        socket_ = await there.subscribe()
        assert await here.post("sessions.endOthers") == {"ended": 1}
        async with asyncio.timeout(WITHIN):
            assert await read_to_the_end(socket_) == (["UNAUTHORIZED"], 1008)
        assert await there.get("me") == "UNAUTHORIZED"
        assert await stranger.get("me") == "viewer"


async def test_sessions_of_one_user_are_bounded(
    provider: RunningProvider, sqlite_url: str
) -> None:
    options = SessionOptions(per_user=2)
    async with open_replica(provider, sqlite_url, options=options) as replica:
        values: list[str] = []
        for _ in range(3):
            grant = await make_grant(provider, sign_in=replica.sign_in)
            values.append(await replica.sign_in.start_session(grant, _client()))
        found = [await replica.sign_in.sessions.find(value) for value in values]
        assert [each is not None for each in found] == [False, True, True]


async def test_a_socket_counts_every_call_of_a_session(
    provider: RunningProvider, sqlite_url: str
) -> None:
    """A mutation over a socket that was open before the session ended is refused, too."""
    async with (
        open_replica(provider, sqlite_url) as replica,
        Browser.open(replica) as ann,
    ):
        await ann.sign_in()
        socket_ = await ann.subscribe()
        await ann.sign_out()
        params = {"path": "change", "input": {"text": "late"}}
        with contextlib.suppress(ConnectionError):
            await socket_.send_json({"id": 9, "method": "mutation", "params": params})
        answers = [
            json.loads(message.data)
            async for message in socket_
            if message.type is aiohttp.WSMsgType.TEXT
        ]
        assert [each for each in answers if each.get("id") == 9] == []
        assert socket_.close_code == 1008


async def test_the_cluster_gets_the_users_token_and_a_new_one_when_it_refused_it(
    provider: RunningProvider, sqlite_url: str
) -> None:
    """For `Kube(identity="user")`."""
    async with open_replica(provider, sqlite_url, cluster_token="id") as replica:
        grant = await make_grant(provider, sign_in=replica.sign_in)
        value = await replica.sign_in.start_session(grant, _client())
        request = Request(
            transport="http",
            headers={"host": replica.url[7:], **replica.open_cookie(value)},
            services=replica.app.services,
        )
        await replica.sign_in.authenticate(request)
        source = request.services.find(TokenSource)  # type: ignore[type-abstract]
        assert source is not None
        token = source.find_token(request)
        assert token is not None
        first = await token.get(renew=False)
        assert first == grant.tokens.id
        both = await asyncio.gather(token.get(renew=True), token.get(renew=True))
        assert both[0] == both[1] != first
        assert provider.count("/token") == 2
        await replica.sign_in.sessions.end([get_key(value)])
        with pytest.raises(TRPCError, match="ended") as error:
            await token.get(renew=False)
        assert error.value.code == "UNAUTHORIZED"

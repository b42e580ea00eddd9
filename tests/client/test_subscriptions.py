"""Subscriptions over WebSocket and SSE, against Fairlead and tRPC's own server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal, cast
from uuid import uuid4

import pytest
from tests.client.waiting import collect, wait_until
from tests.conformance.router import App

from fairlead import MISSING, SuperJson, TRPCError, tracked
from fairlead.client import ClientOptions, LaggingError, Reconnect, connect
from fairlead.protocol import BigInt

QUICK = Reconnect(initial=0.02, maximum=0.1)

Transport = Literal["websocket", "sse"]


@pytest.fixture(params=["websocket", "sse"])
def options(request: pytest.FixtureRequest) -> ClientOptions:
    transport: Transport = request.param
    return ClientOptions(subscriptions=transport, reconnect=QUICK)


async def test_events_are_iterated_to_the_end(
    server: str, options: ClientOptions
) -> None:
    async with connect(f"{server}/trpc", App, options=options) as app:
        assert [n async for n in app.sub.count(3)] == [1, 2, 3]
        assert [n async for n in app.sub.empty()] == []


async def test_tracked_events_keep_their_ids(
    server: str, options: ClientOptions
) -> None:
    async with connect(f"{server}/trpc", App, options=options) as app:
        assert [event async for event in app.sub.mixed()] == [
            "plain",
            tracked("a", {"v": 1}),
            "plain again",
            tracked("b c", None),
        ]
        resumed = [event.id async for event in app.sub.tracked(5, last_event_id="3")]
        assert resumed == ["4", "5"]


async def test_every_kind_of_value_arrives(server: str, options: ClientOptions) -> None:
    async with connect(f"{server}/trpc", App, options=options) as app:
        assert [event async for event in app.sub.kinds()] == [
            None,
            0,
            False,
            "",
            "line\nbreak",
            [1, [2]],
            {"a": {"b": None}},
            "ünï ✓ 😀",
        ]


async def test_many_subscriptions_run_side_by_side(
    server: str, options: ClientOptions
) -> None:
    async def collect(app: App, to: int) -> list[int]:
        return [n async for n in app.sub.count(to, delay_ms=5)]

    async with connect(f"{server}/trpc", App, options=options) as app:
        found = await asyncio.gather(*(collect(app, n) for n in range(1, 9)))
    assert found == [list(range(1, n + 1)) for n in range(1, 9)]


async def test_a_failing_subscription_raises_after_its_events(
    server: str, options: ClientOptions
) -> None:
    seen: list[int] = []
    async with connect(f"{server}/trpc", App, options=options) as app:
        with pytest.raises(TRPCError, match="failed after 2") as caught:
            await collect(app.sub.fail_after(2, "FORBIDDEN"), seen)
    assert (seen, caught.value.code) == ([1, 2], "FORBIDDEN")


async def test_leaving_the_loop_stops_the_subscription(
    server: str, options: ClientOptions
) -> None:
    key = uuid4().hex
    async with connect(f"{server}/trpc", App, options=options) as app:
        async for event in app.sub.hold(key):
            assert event == "open"
            break

        async def is_closed() -> bool:
            return await app.side.log(key) == ["open", "closed"]

        await wait_until(is_closed)


async def test_cancelling_the_reader_stops_the_subscription(
    server: str, options: ClientOptions
) -> None:
    key = uuid4().hex
    async with connect(f"{server}/trpc", App, options=options) as app:

        async def read() -> None:
            async for _ in app.sub.hold(key):
                pass

        reader = asyncio.create_task(read())

        async def is_open() -> bool:
            return await app.side.log(key) == ["open"]

        await wait_until(is_open)
        reader.cancel()

        async def is_closed() -> bool:
            return await app.side.log(key) == ["open", "closed"]

        await wait_until(is_closed)


async def test_leaving_the_client_stops_everything(
    server: str, options: ClientOptions
) -> None:
    key = uuid4().hex
    async with connect(f"{server}/trpc", App, options=options) as app:
        stream = app.sub.hold(key)
        assert await anext(stream) == "open"
    del stream
    async with connect(f"{server}/trpc", App) as other:

        async def is_closed() -> bool:
            return await other.side.log(key) == ["open", "closed"]

        await wait_until(is_closed)


async def test_connection_params_and_headers_say_who_it_is(
    server: str, options: ClientOptions
) -> None:
    async def make_params() -> dict[str, str]:
        return {"user": "ann"}

    async with connect(
        f"{server}/trpc", App, options=options, connection_params=make_params
    ) as app:
        found = [event async for event in app.sub.whoami()]
        assert found == [{"user": "ann", "params": {"user": "ann"}}]
    async with connect(
        f"{server}/trpc", App, options=options, headers={"x-user": "bob"}
    ) as app:
        assert [event async for event in app.sub.guarded()] == ["welcome bob"]


async def test_a_refused_context_ends_a_subscription_with_its_reason(
    server: str, options: ClientOptions
) -> None:
    async with connect(
        f"{server}/trpc", App, options=options, connection_params={"fail": "1"}
    ) as app:
        with pytest.raises(TRPCError, match="context refused") as caught:
            await anext(app.sub.count(1))
    assert caught.value.code == "UNAUTHORIZED"


async def test_a_lost_connection_loses_and_repeats_no_event(
    server: str, options: ClientOptions
) -> None:
    key = uuid4().hex
    seen: list[str] = []
    async with connect(
        f"{server}/trpc", App, options=options, connection_params={"dropKey": key}
    ) as app:
        async for event in app.sub.tracked(30, delay_ms=10):
            seen.append(event.id)
            if event.id in ("5", "15"):
                assert await app.side.drop(key) >= 1
    assert seen == [str(n) for n in range(1, 31)]


async def test_streams_that_a_server_cuts_short_go_on(
    server: str, options: ClientOptions
) -> None:
    async with connect(f"{server}/timed", App, options=options) as app:
        seen = [event.id async for event in app.sub.tracked(12, delay_ms=100)]
    assert seen == [str(n) for n in range(1, 13)]


async def test_one_event_per_response_is_enough(server: str) -> None:
    options = ClientOptions(subscriptions="sse", reconnect=QUICK)
    async with connect(f"{server}/once", App, options=options) as app:
        seen = [event.id async for event in app.sub.tracked(4, delay_ms=5)]
    assert seen == ["1", "2", "3", "4"]


async def test_a_silent_stream_is_opened_again(server: str) -> None:
    options = ClientOptions(subscriptions="sse", reconnect=QUICK)
    key = uuid4().hex
    async with connect(f"{server}/quiet", App, options=options) as app:

        async def read() -> None:
            async for _ in app.sub.hold(key):
                pass

        reader = asyncio.create_task(read())

        async def is_opened_again() -> bool:
            return (await app.side.log(key)).count("open") >= 2

        await wait_until(is_opened_again)
        reader.cancel()


async def test_a_server_that_asks_for_it_gets_a_new_connection(server: str) -> None:
    options = ClientOptions(reconnect=QUICK)
    seen: list[str] = []
    async with connect(f"{server}/trpc", App, options=options) as app:
        async for event in app.sub.tracked(30, delay_ms=10):
            seen.append(event.id)
            if event.id == "5":
                assert await app.side.broadcast_reconnect() == "sent"
    assert seen == [str(n) for n in range(1, 31)]


async def test_values_beyond_json_arrive_by_superjson(
    server: str, options: ClientOptions
) -> None:
    chosen = replace(options, transformer=SuperJson())
    async with connect(f"{server}/superjson", App, options=chosen) as app:
        events = [event async for event in app.sub.typed()]
    assert events[1] == {"k": BigInt(7)}
    last = cast("tracked[dict[str, object]]", events[2])
    assert (last.id, last.data["gone"]) == ("t1", MISSING)


async def test_a_slow_reader_is_served_from_where_it_is(server: str) -> None:
    options = ClientOptions(buffer_events=3)
    seen: list[str] = []
    async with connect(f"{server}/trpc", App, options=options) as app:
        async for event in app.sub.tracked(40):
            seen.append(event.id)
            await app.ping()
    assert seen == [str(n) for n in range(1, 41)]


async def test_a_slow_reader_of_events_without_ids_is_told(server: str) -> None:
    options = ClientOptions(buffer_events=3)
    async with connect(f"{server}/trpc", App, options=options) as app:

        async def read_slowly() -> None:
            async for _ in app.sub.count(1000):
                await app.ping()

        with pytest.raises(LaggingError, match="buffer_events"):
            await read_slowly()

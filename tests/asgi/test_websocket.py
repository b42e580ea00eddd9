from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

import pytest
from tests.asgi.harness import Socket, open_http

from fairlead import (
    Context,
    Fairlead,
    Limits,
    Request,
    Router,
    WireOptions,
    public,
    query,
    subscription,
)

EVENTS: list[str] = []


class App(Router[Context]):
    @query(access=public)
    async def big(self, size: int, /) -> str:
        return "x" * size

    @query(access=public)
    async def info(self) -> list[bool | str | int | None]:
        info = self.ctx.request.info
        assert info is not None
        return [info.is_batch, info.accept, info.type, len(info.paths)]

    @query(access=public, timeout=0.01)
    async def slow(self) -> None:
        await asyncio.Event().wait()

    @subscription(access=public)
    async def hold(self) -> AsyncIterator[str]:
        EVENTS.append("open")
        try:
            yield "open"
            await asyncio.Event().wait()
        finally:
            EVENTS.append("closed")

    @subscription(access=public)
    async def flood(self) -> AsyncIterator[str]:
        while True:
            EVENTS.append("event")
            yield "x" * 1000


@pytest.fixture(autouse=True)
def _no_events() -> None:
    EVENTS.clear()


def make_app(limits: Limits | None = None) -> Fairlead:
    return Fairlead(App, wire=WireOptions(limits=limits or Limits()))


async def test_the_end_of_a_connection_ends_its_subscriptions() -> None:
    app = make_app()
    socket = Socket(app)
    socket.subscribe(1, "hold")
    assert await socket.hear() == {"id": 1, "result": {"type": "started"}}
    assert await socket.hear() == {"id": 1, "result": {"type": "data", "data": "open"}}
    assert (app.metrics.connections, app.metrics.subscriptions) == (1, 1)

    await socket.leave()

    assert EVENTS == ["open", "closed"]
    assert (
        app.metrics.connections,
        app.metrics.subscriptions,
        len(app.connections),
    ) == (0, 0, 0)


async def test_a_call_that_takes_too_long_ends_with_timeout() -> None:
    socket = Socket(make_app())
    socket.query(1, "slow")

    assert (await socket.hear())["error"]["data"]["code"] == "TIMEOUT"
    await socket.leave()


async def test_connections_at_the_bound_live_and_one_more_is_refused() -> None:
    app = make_app(Limits(connections_per_user=1))
    first = Socket(app)
    first.query(1, "big", 1)
    assert (await first.hear())["result"]["data"] == "x"

    second = Socket(app)
    assert (await second.hear())["error"][
        "message"
    ] == "There are 1 connections of this address already: close one"
    assert await second.hear() == 1008

    elsewhere = Socket(app, client="10.0.0.2")
    elsewhere.query(1, "big", 1)
    assert (await elsewhere.hear())["result"]["data"] == "x"

    await first.leave()
    again = Socket(app)
    again.query(1, "big", 1)
    assert (await again.hear())["result"]["data"] == "x"
    await again.leave()
    await elsewhere.leave()


async def test_a_reader_too_slow_for_the_bound_is_cut() -> None:
    app = make_app(Limits(outbound_bytes=100_000))
    socket = Socket(app)
    socket.query(1, "big", 90_000)
    assert len((await socket.hear())["result"]["data"]) == 90_000

    socket.may_send.clear()
    socket.query(2, "big", 90_000)
    socket.query(3, "big", 90_000)
    async with asyncio.timeout(5):
        await socket.task

    assert app.metrics.dropped == 1


async def test_a_subscription_goes_no_faster_than_its_reader() -> None:
    app = make_app()
    socket = Socket(app)
    await socket.hear_message()
    socket.may_send.clear()

    socket.subscribe(1, "flood")
    while not EVENTS:  # noqa: ASYNC110  the condition is in the procedure
        await asyncio.sleep(0)
    for _ in range(1000):
        await asyncio.sleep(0)

    assert len(EVENTS) < 100
    socket.may_send.set()
    await socket.leave()


async def test_draining_tells_clients_to_reconnect_and_waits_for_them() -> None:
    app = make_app()
    socket = Socket(app)
    socket.query(1, "big", 1)
    await socket.hear()

    drained = asyncio.create_task(app.lifecycle.drain(5))
    assert await socket.hear() == {"id": None, "method": "reconnect"}
    newcomer = Socket(app)
    assert await newcomer.hear() == 1012
    async with open_http(
        app
    ) as client:  # calls go on, but no new clients are sent here
        statuses = [
            (await client.get(path)).status_code
            for path in ("/readyz", "/healthz", "/trpc/big?input=1")
        ]
    assert statuses == [503, 200, 200]
    socket.query(2, "big", 1)
    assert (await socket.hear())["id"] == 2
    assert not drained.done()
    await socket.leave()

    async with asyncio.timeout(5):
        await drained


async def test_a_session_that_ends_takes_its_connections_along() -> None:
    app = make_app()
    socket = Socket(app)
    socket.subscribe(1, "hold")
    await socket.hear()
    await socket.hear()

    closed = app.connections.close_where(
        lambda request: request.client == ("10.0.0.1", 1), "signed out"
    )

    assert closed == 1
    heard = await socket.hear()
    while heard != 1008:
        heard = await socket.hear()
    assert EVENTS == ["open", "closed"]


@dataclass(frozen=True, kw_only=True)
class Numbered(Context):
    number: int

    @classmethod
    async def create(cls, request: Request) -> Self:
        EVENTS.append("context")
        return cls(request=request, number=len(EVENTS))


class PerConnection(Router[Numbered]):
    @query(access=public)
    async def number(self) -> int:
        return self.ctx.number


async def test_a_context_is_made_once_for_each_connection() -> None:
    app = Fairlead(PerConnection)
    numbers: list[object] = []
    for _ in range(2):
        socket = Socket(app)
        for request_id in (1, 2):
            socket.query(request_id, "number")
            numbers.append((await socket.hear())["result"]["data"])
        await socket.leave()

    assert numbers == [1, 1, 2, 2]


async def test_a_stop_cancels_the_subscription_and_leaves_the_connection() -> None:
    socket = Socket(make_app())
    socket.subscribe(1, "hold")
    await socket.hear()
    await socket.hear()

    socket.say({"id": 1, "method": "subscription.stop"})

    assert (await socket.hear())["result"] == {"type": "stopped"}
    assert EVENTS == ["open", "closed"]
    socket.query(2, "big", 1)
    assert (await socket.hear())["result"]["data"] == "x"
    await socket.leave()


async def test_metrics_show_open_connections_and_subscriptions() -> None:
    app = make_app()
    socket = Socket(app)
    socket.subscribe(1, "hold")
    await socket.hear()

    shown = app.metrics.render().decode()
    await socket.leave()
    left = app.metrics.render().decode()

    for name in ("fairlead_websocket_connections", "fairlead_subscriptions"):
        assert f"{name} 1.0" in shown
        assert f"{name} 0.0" in left


async def test_a_stop_right_behind_its_start_is_answered_and_frees_the_id() -> None:
    """The task of the subscription is cancelled before it has begun."""
    socket = Socket(make_app())
    socket.query(1, "big", 1)
    await socket.hear()  # the context is there

    socket.subscribe(2, "hold")
    socket.say({"id": 2, "method": "subscription.stop"})
    socket.subscribe(2, "hold")

    heard = [await socket.hear() for _ in range(3)]
    assert [each["result"]["type"] for each in heard] == ["stopped", "started", "data"]
    await socket.leave()


async def test_a_connections_context_knows_that_it_has_no_calls_yet() -> None:
    socket = Socket(make_app())
    socket.query(1, "info")

    assert (await socket.hear())["result"]["data"] == [False, None, "unknown", 0]
    await socket.leave()

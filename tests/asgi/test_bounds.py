"""Bounds that hold between connections and their readers, at their edges; see also `test_http`
(body, URL, depth), `test_websocket` (connections) and `tests/protocol` (batches, subscriptions,
calls, messages, idle time)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.asgi.harness import Socket, open_http

from fairlead import (
    Context,
    Fairlead,
    Limits,
    Router,
    WireOptions,
    public,
    query,
    subscription,
)
from fairlead.asgi.json_lines import HIGH_WATER
from fairlead.asgi.types import Message

MADE: list[int] = []


async def flood() -> AsyncIterator[str]:
    for number in range(1_000_000):
        MADE.append(number)
        yield "x" * 1000


class App(Router[Context]):
    @query(access=public)
    async def repeat(self, text: str, times: int) -> str:
        return text * times

    @query(access=public)
    async def measure(self, value: list[object], /) -> int:
        return len(value)

    @query(access=public)
    async def wait(self, *, forever: bool = False) -> str:
        if forever:
            await asyncio.Event().wait()
        return "waited"

    @query(access=public)
    async def streamed(self) -> AsyncIterator[str]:
        async for text in flood():
            yield text

    @subscription(access=public)
    async def events(self) -> AsyncIterator[str]:
        async for text in flood():
            yield text


def make_app(limits: Limits) -> Fairlead:
    return Fairlead(App, wire=WireOptions(limits=limits), check_types=False)


@pytest.mark.parametrize("text", ["x", "\u00fc", "\u2713"])
@pytest.mark.parametrize(("missing", "dropped"), [(0, False), (1, True)])
async def test_a_reader_may_leave_as_many_bytes_as_the_bound(
    text: str, missing: int, dropped: bool
) -> None:
    envelope = '{"id":1,"result":{"type":"data","data":""}}'
    bound = 2 * (len(envelope) + 1000 * len(text.encode()))
    app = make_app(Limits(outbound_bytes=bound - missing))
    socket = Socket(app)
    await socket.hear_message()

    socket.may_send.clear()
    socket.query(1, "repeat", {"text": text, "times": 1000})
    socket.query(2, "repeat", {"text": text, "times": 1000})
    for _ in range(20):
        await asyncio.sleep(0)
    socket.may_send.set()

    heard = [await socket.hear()]
    if not dropped:
        heard.append(await socket.hear())
        await socket.leave()
    assert (heard[-1] == 1013) is dropped


@pytest.mark.parametrize(
    ("path", "most"),
    [("events", 20), ("streamed?batch=1", 20 + 2 * HIGH_WATER // 1000)],
)
async def test_a_stream_goes_no_faster_than_its_reader(path: str, most: int) -> None:
    MADE.clear()
    raw_path, _, query_string = f"/trpc/{path}".partition("?")
    headers = [(b"trpc-accept", b"application/jsonl")] if query_string else []
    scope = {"type": "http", "method": "GET", "path": raw_path, "raw_path": raw_path.encode(), "query_string": query_string.encode(), "headers": headers, "client": ("10.0.0.1", 1)}  # fmt: skip
    sent = 0
    full = asyncio.Event()

    async def send(message: Message) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))
        if sent > 10_000:
            full.set()
            await asyncio.Event().wait()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    serving = asyncio.create_task(make_app(Limits())(scope, receive, send))
    await full.wait()
    before = -1
    while before != len(MADE):  # until it has stopped
        before = len(MADE)
        for _ in range(20):
            await asyncio.sleep(0)

    assert len(MADE) <= most
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize(("depth", "is_refused"), [(5, False), (6, True)])
async def test_input_over_a_socket_nests_up_to_the_bound(
    depth: int, is_refused: bool
) -> None:
    value: object = 1
    for _ in range(depth):
        value = [value]
    socket = Socket(make_app(Limits(json_depth=5)))

    socket.query(1, "measure", value)

    assert ("error" in await socket.hear()) == is_refused
    await socket.leave()


@pytest.mark.parametrize(("size", "is_refused"), [(3, False), (4, True)])
async def test_a_batch_over_a_socket_has_up_to_the_bound(
    size: int, is_refused: bool
) -> None:
    socket = Socket(make_app(Limits(batch_size=3)))

    params = {"path": "wait", "input": {"forever": False}}
    socket.say([{"id": n, "method": "query", "params": params} for n in range(size)])

    heard = [await socket.hear() for _ in range(size)]
    assert [("error" in each) for each in heard] == [is_refused] * size
    await socket.leave()


@pytest.mark.parametrize(("forever", "code"), [("false", None), ("true", "TIMEOUT")])
async def test_a_call_may_take_as_long_as_the_bound(
    forever: str, code: str | None
) -> None:
    app = make_app(Limits(call_seconds=0.05))
    socket = Socket(app)

    async with open_http(app) as client:
        url = f'/trpc/wait?input={{"forever":{forever}}}'
        over_http = (await client.get(url)).json()
    socket.query(1, "wait", {"forever": forever == "true"})
    over_socket = await socket.hear()

    for answer in (over_http, over_socket):
        assert answer.get("error", {}).get("data", {}).get("code") == code
    await socket.leave()

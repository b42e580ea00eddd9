"""Ready JSON in chunks: sent on as it comes where it can be, whole elsewhere, never cut off unseen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from tests.asgi.harness import Socket, open_http, to_input
from tests.client.serving import serve

from fairlead import (
    Context,
    Fairlead,
    Limits,
    Request,
    Router,
    Services,
    SuperJson,
    WireOptions,
    create_caller,
    json_stream,
    public,
    query,
)
from fairlead.asgi.types import Message
from fairlead.protocol.options import MetaInfo, ResponseMeta

PARTS = (b"[1,\n", b"2,", b"3]")


class Source:
    """Chunks; notes what becomes of it."""

    def __init__(self) -> None:
        self.read = 0
        self.closed = asyncio.Event()
        self.waiting = asyncio.Event()
        self.fails = False
        self.waits = False
        self.slow = 0.0
        self.endless = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.read == 2 and self.fails:
            raise OSError("broke off")
        if self.read == 2 and self.waits:
            self.waiting.set()
            await asyncio.Event().wait()
        if self.endless:
            self.read += 1
            await asyncio.sleep(0)
            return b" " * 65_536
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.read == len(PARTS):
            raise StopAsyncIteration
        self.read += 1
        return PARTS[self.read - 1]

    async def aclose(self) -> None:
        self.closed.set()


class App(Router[Context]):
    @query(access=public)
    async def numbers(self) -> list[int]:
        source = self.ctx.request.services.get(Source)
        return json_stream(source, list[int])

    @query(access=public)
    async def sized(self) -> list[int]:
        await asyncio.sleep(0)
        source = self.ctx.request.services.get(Source)
        return json_stream(source, list[int], size=sum(map(len, PARTS)))


def make_app(source: Source, wire: WireOptions | None = None) -> Fairlead:
    app = Fairlead(App, wire=wire or WireOptions())
    app.services.add(source)
    return app


class Exchange:
    """One GET; the test decides when the reader takes something and when it leaves."""

    def __init__(
        self, app: Fairlead, target: str, headers: Mapping[bytes, bytes] | None = None
    ) -> None:
        self.sent: list[Message] = []
        self.leaves = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()
        path, _, query_string = target.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query_string.encode(),
            "headers": list((headers or {}).items()),
            "client": ("10.0.0.1", 1),
        }
        self._asked = False
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.takes.wait()
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def is_complete(self) -> bool:
        return not self.sent[-1].get("more_body", True)


def count_calls(app: Fairlead, path: str, code: str) -> int:
    return sum(app.runtime.metrics.get_series(path, code).buckets)


async def test_each_chunk_is_sent_before_the_next_is_read() -> None:
    source = Source()
    source.waits = True
    exchange = Exchange(make_app(source), "/trpc/numbers")
    await source.waiting.wait()
    assert exchange.body == b'{"result":{"data":[1,\n2,'
    assert not exchange.is_complete
    exchange.task.cancel()
    await asyncio.gather(exchange.task, return_exceptions=True)
    assert source.closed.is_set()


@pytest.mark.parametrize("target", ["/trpc/numbers", "/trpc/sized"])
async def test_the_chunks_stand_in_an_envelope(target: str) -> None:
    source = Source()
    app = make_app(source)
    exchange = Exchange(app, target)
    await exchange.task
    assert json.loads(exchange.body) == {"result": {"data": [1, 2, 3]}}
    assert exchange.is_complete
    assert source.closed.is_set()
    assert count_calls(app, target.rpartition("/")[2], "OK") == 1


async def test_a_size_is_told() -> None:
    exchange = Exchange(make_app(Source()), "/trpc/sized")
    await exchange.task
    headers = dict(exchange.sent[0]["headers"])
    assert headers[b"content-length"] == b"%d" % len(exchange.body)


async def test_a_batch_of_one_streams() -> None:
    exchange = Exchange(make_app(Source()), "/trpc/numbers?batch=1&input=%7B%7D")
    await exchange.task
    assert json.loads(exchange.body) == [{"result": {"data": [1, 2, 3]}}]
    assert len(exchange.sent) > 3


@pytest.mark.parametrize("batch", ["", "?batch=1&input=%7B%7D"])
async def test_what_breaks_off_leaves_the_body_without_an_end(batch: str) -> None:
    source = Source()
    source.fails = True
    app = make_app(source)
    exchange = Exchange(app, f"/trpc/numbers{batch}")
    await exchange.task
    assert not exchange.is_complete
    assert source.closed.is_set()
    assert count_calls(app, "numbers", "INTERNAL_SERVER_ERROR") == 1


@pytest.mark.parametrize("batch", ["", "?batch=1&input=%7B%7D"])
async def test_a_client_that_leaves_closes_the_source(batch: str) -> None:
    source = Source()
    source.waits = True
    app = make_app(source)
    exchange = Exchange(app, f"/trpc/numbers{batch}")
    await source.waiting.wait()
    exchange.leaves.set()
    await exchange.task
    assert source.closed.is_set()
    assert count_calls(app, "numbers", "CLIENT_CLOSED_REQUEST") == 1


async def test_a_reader_that_takes_nothing_is_cut_off() -> None:
    source = Source()
    app = make_app(source, WireOptions(limits=Limits(stalled_seconds=0.05)))
    exchange = Exchange(app, "/trpc/numbers")
    exchange.takes.clear()
    await exchange.task
    assert source.closed.is_set()
    assert source.read <= 1
    assert count_calls(app, "numbers", "TIMEOUT") == 1


async def test_a_slow_source_is_no_reader_that_takes_nothing() -> None:
    source = Source()
    source.waits = True
    app = make_app(source, WireOptions(limits=Limits(stalled_seconds=0.02)))
    exchange = Exchange(app, "/trpc/numbers")
    done, _ = await asyncio.wait([exchange.task], timeout=0.1)
    assert not done
    exchange.leaves.set()
    await exchange.task


async def test_the_response_hook_sees_the_call() -> None:
    seen: list[MetaInfo] = []

    def hook(info: MetaInfo) -> ResponseMeta:
        seen.append(info)
        return ResponseMeta(headers=[("x-hook", "yes")])

    exchange = Exchange(
        make_app(Source(), WireOptions(response_meta=hook)), "/trpc/numbers"
    )
    await exchange.task
    assert dict(exchange.sent[0]["headers"])[b"x-hook"] == b"yes"
    assert [info.paths for info in seen] == [["numbers"]]
    assert json.loads(exchange.body) == {"result": {"data": [1, 2, 3]}}


async def test_a_batch_of_several_is_sent_whole() -> None:
    class Two(Router[Context]):
        @query(access=public)
        async def first(self) -> list[int]:
            return json_stream(Source(), list[int])

        @query(access=public)
        async def second(self) -> list[int]:
            await asyncio.sleep(0)
            return json_stream(Source(), list[int])

    async with open_http(Fairlead(Two)) as client:
        answer = await client.get("/trpc/first,second?batch=1&input=%7B%7D")
    assert answer.json() == [{"result": {"data": [1, 2, 3]}}] * 2
    assert "content-length" in answer.headers


async def test_json_lines_have_it_in_one_line() -> None:
    async with open_http(make_app(Source())) as client:
        answer = await client.get(
            f"/trpc/numbers?batch=1&input={to_input({})}",
            headers={"trpc-accept": "application/jsonl"},
        )
    lines = [json.loads(line) for line in answer.text.splitlines() if line.strip()]
    assert "[1, 2,3]" in answer.text
    assert len(lines) > 1


async def test_a_transformer_reads_it_whole() -> None:
    app = make_app(Source(), WireOptions(transformer=SuperJson()))
    async with open_http(app) as client:
        answer = await client.get("/trpc/numbers")
    assert answer.json() == {"result": {"data": {"json": [1, 2, 3]}}}


async def test_a_websocket_message_holds_it_whole() -> None:
    socket = Socket(make_app(Source()))
    socket.query(1, "numbers")
    assert (await socket.hear())["result"]["data"] == [1, 2, 3]
    await socket.leave()


async def test_a_caller_in_process_gets_a_value() -> None:
    source, services = Source(), Services()
    services.add(source)
    caller = create_caller(App, Context(request=Request(services=services)))
    assert await caller.numbers() == [1, 2, 3]
    assert source.closed.is_set()


@pytest.mark.parametrize("path", ["numbers", "sized"])
async def test_a_server_cuts_the_connection_of_what_breaks_off(path: str) -> None:
    source = Source()
    source.fails = True
    async with serve(make_app(source)) as url, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"{url}/trpc/{path}")
    assert source.closed.is_set()

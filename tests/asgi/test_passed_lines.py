"""Long answers as JSON lines: sent on as they come, one line at a time, never cut off unseen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.asgi.test_passing import Exchange, Source, count_calls
from tests.client.serving import serve

from fairlead import (
    Context,
    Fairlead,
    Limits,
    Request,
    Router,
    TRPCError,
    User,
    WireOptions,
    authenticated,
    json_stream,
    public,
    query,
)
from fairlead.asgi.json_lines import HIGH_WATER
from fairlead.protocol.options import JsonlOptions
from fairlead.telemetry import CallSpans

LINES = {b"trpc-accept": b"application/jsonl"}
ONE = "/trpc/numbers?batch=1&input=%7B%7D"
TWO = "/trpc/numbers,later?batch=1&input=%7B%7D"


class App(Router[Context]):
    @query(access=public)
    async def numbers(self) -> list[int]:
        return json_stream(self.ctx.request.services.get(Source), list[int])

    @query(access=public)
    async def later(self) -> str:
        await self.ctx.request.services.get(Source).waiting.wait()
        return "later"

    @query(access=authenticated)
    async def mine(self) -> list[int]:
        return json_stream(self.ctx.request.services.get(Source), list[int])


def make_lines_app(source: Source, **wire: Any) -> Fairlead:
    app = Fairlead(App, wire=WireOptions(**wire))
    app.services.add(source)
    return app


def read_values(body: bytes) -> list[Any]:
    """The results in a body of JSON lines, in the order of their lines."""
    lines = [json.loads(line) for line in body.splitlines() if line.strip()]
    return [
        line[2][0][0]
        for line in lines[1:]
        if not (isinstance(line[2][0][0], dict) and len(line[2]) > 1)
    ]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  a body has no event for it
            await asyncio.sleep(0.001)


async def test_each_piece_is_sent_before_the_next_is_read() -> None:
    source = Source()
    source.waits = True
    exchange = Exchange(make_lines_app(source), ONE, LINES)
    await until(lambda: exchange.body.endswith(b"[[[1, 2,"))
    assert not exchange.is_complete
    exchange.leaves.set()
    await exchange.task
    assert source.closed.is_set()


async def test_other_answers_wait_for_the_end_of_the_line() -> None:
    source = Source()
    source.slow = 0.02
    app = make_lines_app(source)
    exchange = Exchange(app, TWO, LINES)
    await until(lambda: exchange.body.endswith(b"1, "))
    source.waiting.set()  # now the other call has its answer
    await exchange.task
    assert read_values(exchange.body) == [[1, 2, 3], "later"]
    assert exchange.is_complete
    assert count_calls(app, "numbers", "OK") == 1


async def test_no_ping_is_put_into_a_line() -> None:
    source = Source()
    source.waits = True
    app = make_lines_app(source, jsonl=JsonlOptions(ping_seconds=0.002))
    exchange = Exchange(app, ONE, LINES)
    await until(lambda: exchange.body.endswith(b"[[[1, 2,"))
    sent = len(exchange.sent)
    await asyncio.sleep(0.02)
    assert len(exchange.sent) == sent
    exchange.leaves.set()
    await exchange.task


async def test_what_breaks_off_leaves_the_body_without_an_end() -> None:
    source = Source()
    source.fails = True
    app = make_lines_app(source)
    exchange = Exchange(app, TWO, LINES)
    await exchange.task
    assert not exchange.is_complete
    assert source.closed.is_set()
    assert count_calls(app, "numbers", "INTERNAL_SERVER_ERROR") == 1


async def test_a_server_cuts_the_connection_of_what_breaks_off() -> None:
    source = Source()
    source.fails = True
    headers = {"trpc-accept": "application/jsonl"}
    async with serve(make_lines_app(source)) as url, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"{url}{ONE}", headers=headers)


@pytest.mark.parametrize("headers", [{}, LINES])
async def test_memory_is_bounded_however_slow_the_reader(
    headers: dict[bytes, bytes],
) -> None:
    source = Source()
    source.endless = True
    app = make_lines_app(source, limits=Limits(stalled_seconds=0.1))
    exchange = Exchange(app, ONE, headers)
    exchange.takes.clear()
    await exchange.task  # it is cut off
    assert source.read * 65_536 <= 2 * HIGH_WATER
    assert source.closed.is_set()
    assert count_calls(app, "numbers", "TIMEOUT") == 1


class Session:
    """A sign-in that the test ends."""

    def __init__(self) -> None:
        self.tells: list[Callable[[TRPCError], None]] = []

    def note_use(self) -> None:
        """Of no interest here."""

    def on_end(self, tell: Callable[[TRPCError], None]) -> Callable[[], None]:
        self.tells.append(tell)
        return lambda: self.tells.remove(tell)


class Ann:
    def __init__(self, session: Session) -> None:
        self.session = session

    async def authenticate(self, request: Request) -> User:
        request.session = self.session
        return User(name="ann")


@pytest.mark.parametrize("headers", [{}, LINES])
async def test_the_end_of_the_session_ends_a_list_in_the_middle(
    headers: dict[bytes, bytes],
) -> None:
    source, session = Source(), Session()
    source.waits = True
    app = Fairlead(App, auth=Ann(session))
    app.services.add(source)
    exchange = Exchange(app, "/trpc/mine?batch=1&input=%7B%7D", headers)
    await source.waiting.wait()
    for tell in list(session.tells):
        tell(TRPCError("UNAUTHORIZED", "Your session has ended"))
    async with asyncio.timeout(10):
        await exchange.task
    assert not exchange.is_complete
    assert source.closed.is_set()
    assert session.tells == []
    assert count_calls(app, "mine", "UNAUTHORIZED") == 1


@pytest.mark.parametrize("headers", [{}, LINES])
async def test_a_long_answer_has_one_span_and_is_counted_once(
    headers: dict[bytes, bytes],
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    class Traced(App):
        middleware = (CallSpans(provider),)

    app = Fairlead(Traced)
    app.services.add(Source())
    await Exchange(app, ONE, headers).task
    assert [span.name for span in exporter.get_finished_spans()] == ["numbers"]
    assert count_calls(app, "numbers", "OK") == 1

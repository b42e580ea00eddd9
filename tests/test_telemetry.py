"""OpenTelemetry spans, as the real SDK records them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.asgi.harness import Socket, open_http

from fairlead import (
    Context,
    Fairlead,
    Request,
    Router,
    TRPCError,
    create_caller,
    public,
    query,
    subscription,
)
from fairlead.telemetry import CallSpans, find_tracing

EXPORTER = InMemorySpanExporter()
PROVIDER = TracerProvider()
PROVIDER.add_span_processor(SimpleSpanProcessor(EXPORTER))


class Inner(Router[Context]):
    @query(access=public)
    async def ok(self) -> str:
        return "ok"


class App(Router[Context]):
    middleware = (CallSpans(PROVIDER),)
    inner: Inner

    @query(access=public)
    async def refuses(self) -> str:
        raise TRPCError("CONFLICT", "taken")

    @query(access=public)
    async def breaks(self) -> str:
        raise ValueError("inside")

    @query(access=public)
    async def calls(self) -> str:
        return await self.inner.ok()

    @subscription(access=public)
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


@pytest.fixture(autouse=True)
def fresh() -> None:
    EXPORTER.clear()


async def get_spans(path: str, **headers: str) -> tuple[ReadableSpan, ...]:
    async with open_http(Fairlead(App)) as client:
        await client.get(f"/trpc/{path}", headers=headers)
    return EXPORTER.get_finished_spans()


async def test_a_call_has_a_span_under_the_one_of_its_client() -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    (span,) = await get_spans("inner.ok", traceparent=parent)
    assert (span.name, span.kind) == ("inner.ok", SpanKind.SERVER)
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
    assert dict(span.attributes or {}) == {
        "rpc.system": "trpc",
        "rpc.service": "inner",
        "rpc.method": "ok",
        "trpc.kind": "query",
        "trpc.transport": "http",
    }
    assert span.status.status_code is StatusCode.UNSET


async def test_a_refusal_is_an_answer_and_a_failure_an_error() -> None:
    (refused,) = await get_spans("refuses")
    assert (refused.attributes or {})["error.type"] == "CONFLICT"
    assert refused.status.status_code is StatusCode.UNSET
    EXPORTER.clear()
    (broken,) = await get_spans("breaks")
    assert (broken.attributes or {})["error.type"] == "INTERNAL_SERVER_ERROR"
    assert broken.status.status_code is StatusCode.ERROR
    assert [event.name for event in broken.events] == ["exception"]


async def test_a_call_inside_another_is_its_child() -> None:
    inner, outer = await get_spans("calls")
    assert (inner.name, outer.name) == ("inner.ok", "calls")
    assert inner.parent is not None
    assert outer.context is not None
    assert inner.parent.span_id == outer.context.span_id


async def test_an_open_span_wins_over_the_header() -> None:
    with PROVIDER.get_tracer("server").start_as_current_span("request") as server:
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        spans = await get_spans("inner.ok", traceparent=parent)
    assert spans[0].parent is not None
    assert spans[0].parent.span_id == server.get_span_context().span_id


async def test_in_process_and_socket_calls_have_spans() -> None:
    await create_caller(App, Context(request=Request())).inner.ok()
    (local,) = EXPORTER.get_finished_spans()
    assert local.kind is SpanKind.INTERNAL
    EXPORTER.clear()
    socket = Socket(Fairlead(App), "/trpc")
    socket.subscribe(1, "ticks")
    while (await socket.hear())["result"]["type"] != "stopped":
        pass
    await socket.leave()
    (started,) = EXPORTER.get_finished_spans()
    assert (started.attributes or {})["trpc.kind"] == "subscription"
    assert (started.attributes or {})["trpc.transport"] == "websocket"


async def test_tracing_is_on_where_the_process_has_a_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Plain(Router[Context]):
        @query(access=public)
        async def ok(self) -> str:
            return "ok"

    assert find_tracing() == ()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: PROVIDER)
    async with open_http(Fairlead(Plain)) as client:
        await client.get("/trpc/ok")
    assert [span.name for span in EXPORTER.get_finished_spans()] == ["ok"]

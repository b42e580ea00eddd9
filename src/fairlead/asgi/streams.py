"""Answers that stream: batches as JSON lines, subscriptions as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from time import perf_counter
from typing import cast

from fairlead._missing import MISSING
from fairlead.asgi.answers import (
    UnsendableError,
    close_stream,
    is_event_source,
    read_passed,
)
from fairlead.asgi.exchange import Exchange
from fairlead.asgi.stream_body import HeaderList, StreamBody
from fairlead.asgi.suspension import (
    ClientGoneError,
    EndedError,
    Guard,
    gather_eagerly,
    run_guarded,
)
from fairlead.asgi.types import Send
from fairlead.calling import CompiledProcedure
from fairlead.errors import TRPCError
from fairlead.passing import JsonStream
from fairlead.protocol.envelopes import encode_value
from fairlead.protocol.jsonl import PING as LINE_PING
from fairlead.protocol.jsonl import Chunk, JsonlEncoder, has_streams
from fairlead.protocol.options import WireType
from fairlead.protocol.requests import CallTarget, get_last_event_id
from fairlead.protocol.sse import PING, RETURN, SSE_HEADERS, SseEncoder
from fairlead.protocol.transformer import load_json
from fairlead.schema import RawJson
from fairlead.streaming import Stream
from fairlead.tracking import tracked

__all__ = ["send_jsonl", "send_sse"]

MakeHead = Callable[[], tuple[int, HeaderList]]
HIGH_WATER = 1_048_576
GRACE_SECONDS = 0.001


# --- server-sent events


async def send_sse(exchange: Exchange, send: Send, make_head: MakeHead) -> None:
    """Answers a request for a subscription; also an error is an event."""
    started = perf_counter()
    sse = exchange.runtime.options.sse
    target = exchange.head.calls[0]
    metrics = exchange.runtime.metrics
    events: object = None
    failure: TRPCError | None = None
    try:
        events = await exchange.start(target)
        if not sse.enabled:
            await close_stream(events)
            raise TRPCError(
                "METHOD_NOT_SUPPORTED", 'Missing experimental flag "sseSubscriptions"'
            )
        if not is_event_source(events):
            raise TRPCError(
                "INTERNAL_SERVER_ERROR",
                f"Subscription {target.path} did not return an observable or a AsyncGenerator",
            )
    except ClientGoneError:
        raise
    except Exception as cause:
        failure = exchange.runtime.explain(cause, target.path)
    try:
        status, headers = make_head()
    except UnsendableError:
        await close_stream(events)
        raise
    body = StreamBody(send, PING, sse.ping_seconds)
    code: str = failure.code if failure is not None else "OK"
    metrics.subscriptions += 1
    try:
        await body.start(status, [*SSE_HEADERS, *headers])
        await body.write(SseEncoder.encode_connected(sse))
        if failure is not None:
            await body.finish(_encode_failure(exchange, target, failure))
            return
        procedure = cast("CompiledProcedure", target.procedure)
        items = cast("AsyncIterable[object]", events)
        stream = _EventStream(exchange, procedure, items, body)
        code = await stream.run()
    finally:
        metrics.subscriptions -= 1
        metrics.count_call(target.path, code, perf_counter() - started)
        body.close()
        await close_stream(events)


def _encode_failure(
    exchange: Exchange, target: CallTarget[CompiledProcedure], error: TRPCError
) -> bytes:
    shape = exchange.runtime.get_shape(
        error, target.path, "subscription", exchange.opened.context
    )
    return SseEncoder.encode_error(
        encode_value(shape, exchange.runtime.options.transformer) or b"null"
    )


class _EventStream:
    """The events of one subscription, from its iterator to the body."""

    def __init__(
        self,
        exchange: Exchange,
        procedure: CompiledProcedure,
        events: AsyncIterable[object],
        body: StreamBody,
    ) -> None:
        self._exchange = exchange
        self._procedure = procedure
        self._events = events
        self._body = body
        self._guard: Guard | None = None
        self._encoder = SseEncoder(
            get_last_event_id(exchange.headers, exchange.head.query)
        )

    async def run(self) -> str:
        """Sends all events; returns the code of how it ended."""
        unlisten = self._exchange.opened.on_session_end(self._end)
        try:
            await run_guarded(self._send_events(), self._arm)
        except EndedError:
            await self._body.finish()
            return "OK"
        except ClientGoneError:
            raise
        except Exception as cause:
            error = self._exchange.runtime.explain(cause, self._procedure.path)
            await self._body.finish(
                _encode_failure(self._exchange, self._exchange.head.calls[0], error)
            )
            return error.code
        finally:
            unlisten()
        await self._body.finish(RETURN)
        return "OK"

    def _end(self, reason: TRPCError) -> None:
        """The sign-in is over, and with it the stream."""
        if self._guard is not None:
            self._guard.end(reason)

    def _arm(self) -> Guard:
        self._guard = Guard()
        seconds = self._exchange.runtime.options.sse.max_seconds
        if seconds is not None:
            self._guard.expire_after(seconds, EndedError())
        return self._guard

    async def _send_events(self) -> None:
        end_after_first = self._exchange.runtime.options.sse.end_after_first
        if end_after_first:
            await asyncio.sleep(0)  # makes the guard, which cuts the stream short
        async for event in self._events:
            await self._body.write(self._encode(event))
            if end_after_first and self._guard is not None:
                self._guard.expire_after(GRACE_SECONDS, EndedError())
                end_after_first = False

    def _encode(self, event: object) -> bytes:
        runtime, procedure = self._exchange.runtime, self._procedure
        event_id = None
        if isinstance(event, tracked):
            item = cast("tracked[object]", event)
            event_id, event = item.id, item.data
        checked = procedure.output.check(event)
        return self._encoder.encode_data(
            runtime.encode_output(procedure, checked), event_id
        )


# --- JSON lines


async def send_jsonl(exchange: Exchange, send: Send, make_head: MakeHead) -> None:
    """Answers a batch as JSON lines; if no call has to wait, in one piece."""
    jsonl = exchange.runtime.options.jsonl
    _note_allowed_methods(exchange)
    status, headers = make_head()
    headers = [(b"content-type", jsonl.content_type.encode("latin-1")), *headers]
    response = _JsonlResponse(exchange, send, status, headers)
    try:
        await response.run()
    finally:
        response.close()


def _note_allowed_methods(exchange: Exchange) -> None:
    """Finds what `Allow` is to say before any call runs: the headers go out first."""
    for target in exchange.head.calls:
        if target.procedure is not None:
            methods = exchange.runtime.methods[target.procedure.kind]
            if exchange.method not in methods:
                exchange.allow = methods


class _JsonlResponse:
    def __init__(
        self, exchange: Exchange, send: Send, status: int, headers: HeaderList
    ) -> None:
        self._exchange = exchange
        self._body = StreamBody(
            send, LINE_PING, exchange.runtime.options.jsonl.ping_seconds
        )
        self._head = (status, headers)
        self._encoder = JsonlEncoder(
            len(exchange.head.calls), exchange.runtime.options.transformer
        )
        self._lines: list[bytes] = [self._encoder.encode_head()]
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._done = False
        self._ended: TRPCError | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sources: list[object] = []
        self._sender: asyncio.Task[None] | None = None

    async def run(self) -> None:
        unlisten = self._exchange.opened.on_session_end(self._end)
        try:
            await run_guarded(self._settle_all(), self._start_streaming)
        finally:
            unlisten()
        self._done = True
        if self._sender is None:
            await self._body.start(*self._head)
            await self._body.finish(b"".join(self._lines))
            return
        self._news.set()
        await self._sender

    def _end(self, reason: TRPCError) -> None:
        """The sign-in is over: what still streams ends with that error."""
        self._ended = reason
        for task in self._tasks:
            task.cancel()

    def close(self) -> None:
        self._body.close()
        for task in (*self._tasks, self._sender):
            if task is not None:
                task.cancel()

    def _start_streaming(self) -> Guard:
        self._sender = asyncio.create_task(self._send_lines())
        return Guard()

    async def _send_lines(self) -> None:
        await self._body.start(*self._head)
        while not (self._done and not self._lines):
            lines, self._lines, self._size = self._lines, [], 0
            self._room.set()
            if lines:
                await self._body.write(b"".join(lines))
            if not self._lines and not self._done:
                self._news.clear()
                await self._news.wait()
        await self._body.finish()

    async def _write(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        self._news.set()
        while self._size > HIGH_WATER and self._sender is not None:
            self._room.clear()
            await self._room.wait()

    async def _settle_all(self) -> None:
        await gather_eagerly(
            [self._settle(target) for target in self._exchange.head.calls]
        )
        try:
            while self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            for source in self._sources:
                await close_stream(source)

    async def _settle(self, target: CallTarget[CompiledProcedure]) -> None:
        started = perf_counter()
        metrics = self._exchange.runtime.metrics
        try:
            result = await self._exchange.start(target)
            if result.__class__ is JsonStream:
                result = await read_passed(result)
            procedure = cast("CompiledProcedure", target.procedure)
            line, chunks = self._encode(target.index, procedure, result)
        except ClientGoneError:
            raise
        except Exception as cause:
            error = self._exchange.runtime.explain(cause, target.path)
            metrics.count_call(
                target.known_path,
                error.code,
                perf_counter() - started,
            )
            await self._write(
                self._encoder.encode_error(target.index, self._get_shape(error, target))
            )
            return
        metrics.count_call(procedure.path, "OK", perf_counter() - started)
        await self._write(line)
        self._follow(chunks, target)

    def _encode(
        self, index: int, procedure: CompiledProcedure, result: object
    ) -> tuple[bytes, list[Chunk]]:
        runtime = self._exchange.runtime
        if procedure.streaming:
            items = cast("AsyncIterable[object]", result)
            self._sources.append(items)
            return self._encoder.encode_value(
                index, Stream(items, procedure.output.check)
            )
        if runtime.options.transformer is not None:
            if isinstance(result, RawJson):
                return self._encoder.encode_value(index, load_json(result.data))
            return self._encoder.encode_value(index, result)
        if has_streams(result):
            return self._encoder.encode_value(index, result)
        data = runtime.encode_output(procedure, result)
        return self._encoder.encode_json(index, data), []

    def _follow(
        self, chunks: list[Chunk], target: CallTarget[CompiledProcedure]
    ) -> None:
        for chunk in chunks:
            task = asyncio.create_task(self._settle_chunk(chunk, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _settle_chunk(
        self, chunk: Chunk, target: CallTarget[CompiledProcedure]
    ) -> None:
        try:
            if chunk.is_iterable:
                items = aiter(cast("AsyncIterator[object]", chunk.source))
                async for item in items:
                    await self._write_chunk(self._encoder.emit(chunk.id, item), target)
                await self._write_chunk(
                    self._encoder.settle(
                        chunk.id, getattr(chunk.source, "returned", MISSING)
                    ),
                    target,
                )
            else:
                value = await cast("Awaitable[object]", chunk.source)
                await self._write_chunk(self._encoder.settle(chunk.id, value), target)
        except asyncio.CancelledError:
            if self._ended is None:
                raise
            shape = self._get_shape(self._ended, target)
            await self._write(self._encoder.fail(chunk, shape))
        except Exception as cause:
            error = self._exchange.runtime.explain(cause, target.path)
            await self._write(self._encoder.fail(chunk, self._get_shape(error, target)))

    async def _write_chunk(
        self, encoded: tuple[bytes, list[Chunk]], target: CallTarget[CompiledProcedure]
    ) -> None:
        line, chunks = encoded
        await self._write(line)
        self._follow(chunks, target)

    def _get_shape(
        self, error: TRPCError, target: CallTarget[CompiledProcedure]
    ) -> dict[str, object]:
        kind: WireType = (
            "unknown" if target.procedure is None else target.procedure.kind
        )
        return self._exchange.runtime.get_shape(
            error, target.path, kind, self._exchange.opened.context
        )

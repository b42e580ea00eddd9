"""Batches as JSON lines: each answer when it is there, long ones as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from time import perf_counter
from typing import cast

from fairlead._missing import MISSING
from fairlead.asgi.answers import close_stream, read_passed
from fairlead.asgi.exchange import Exchange
from fairlead.asgi.stream_body import HeaderList, StreamBody
from fairlead.asgi.suspension import (
    ClientGoneError,
    Guard,
    gather_eagerly,
    run_guarded,
)
from fairlead.asgi.types import Send
from fairlead.calling import CompiledProcedure
from fairlead.errors import TRPCError
from fairlead.passing import JsonStream
from fairlead.protocol.jsonl import PING, Chunk, JsonlEncoder, has_streams
from fairlead.protocol.options import WireType
from fairlead.protocol.requests import CallTarget
from fairlead.protocol.transformer import load_json
from fairlead.schema import RawJson
from fairlead.streaming import Stream

__all__ = ["send_jsonl"]

MakeHead = Callable[[], tuple[int, HeaderList]]
HIGH_WATER = 1_048_576


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
        self._body = StreamBody(send, PING, exchange.runtime.options.jsonl.ping_seconds)
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
        self._guard: Guard | None = None
        # Held by a line that goes out in pieces: no other may begin before it ends.
        self._line = asyncio.Lock()

    async def run(self) -> None:
        unlisten = self._exchange.opened.on_session_end(self._end, self._get_paths)
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

    def _get_paths(self) -> list[str]:
        return [target.path for target in self._exchange.head.calls]

    def _end(self, reason: TRPCError) -> None:
        """The sign-in is over: what still streams ends with that error."""
        self._ended = reason
        for task in self._tasks:
            task.cancel()
        if self._line.locked():
            self._cut()  # half a line cannot be taken back

    def close(self) -> None:
        self._body.close()
        for task in (*self._tasks, self._sender):
            if task is not None:
                task.cancel()

    def _start_streaming(self) -> Guard:
        self._sender = asyncio.create_task(self._send_lines())
        self._guard = Guard()
        return self._guard

    def _cut(self) -> None:
        """Leaves the body without an end: the server cuts the connection."""
        if self._guard is not None:
            self._guard.end(ClientGoneError())

    async def _send_lines(self) -> None:
        await self._body.start(*self._head)
        while not (self._done and not self._lines):
            lines, self._lines, self._size = self._lines, [], 0
            self._room.set()
            if lines:
                broken = self._line.locked()
                await self._body.write(b"".join(lines))
                self._body.may_ping = not broken
            if not self._lines and not self._done:
                self._news.clear()
                await self._news.wait()
        await self._body.finish()

    async def _write(self, line: bytes) -> None:
        if self._line.locked():
            async with self._line:
                self._append(line)
        else:
            self._append(line)
        await self._wait_for_room()

    def _append(self, piece: bytes) -> None:
        self._lines.append(piece)
        self._size += len(piece)
        self._news.set()

    async def _wait_for_room(self) -> None:
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
                passed = cast("JsonStream[object]", result)
                if self._exchange.runtime.options.transformer is None:
                    await self._pass_on(target, passed, started)
                    return
                result = await read_passed(passed)
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

    async def _pass_on(
        self,
        target: CallTarget[CompiledProcedure],
        stream: JsonStream[object],
        started: float,
    ) -> None:
        """Sends a line in pieces, each when there is room for it.

        What goes wrong in the middle of it ends the whole response: a client must not take a
        part for the whole.
        """
        await asyncio.sleep(0)  # makes the guard, and the sender
        code = "OK"
        try:
            async with self._line, asyncio.timeout(None) as stall:
                opening, closing = self._encoder.surround_json(target.index)
                self._append(opening)
                async for chunk in stream.chunks:
                    # A line end in JSON is a blank: within a text it would be written `\\n`.
                    self._append(chunk.replace(b"\n", b" "))
                    await self._wait_for_reader(stall)
                self._append(closing)
        except asyncio.CancelledError:
            code = "CLIENT_CLOSED_REQUEST" if self._ended is None else self._ended.code
            raise
        except TimeoutError:
            code = "TIMEOUT"
        except Exception as error:
            path = f"{target.path}, which was being sent,"
            code = self._exchange.runtime.explain(error, path).code
        finally:
            seconds = perf_counter() - started
            self._exchange.runtime.metrics.count_call(target.known_path, code, seconds)
            await stream.aclose()
        if code != "OK":
            self._cut()
            await asyncio.Event().wait()  # which cancels this

    async def _wait_for_reader(self, stall: asyncio.Timeout) -> None:
        if self._size <= HIGH_WATER:
            return
        bound = self._exchange.runtime.options.limits.stalled_seconds
        if bound is not None:
            stall.reschedule(asyncio.get_running_loop().time() + bound)
        await self._wait_for_room()
        stall.reschedule(None)

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

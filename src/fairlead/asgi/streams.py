"""Subscriptions as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from time import perf_counter
from typing import cast

from fairlead.asgi.answers import UnsendableError, close_stream, is_event_source
from fairlead.asgi.exchange import Exchange
from fairlead.asgi.stream_body import HeaderList, StreamBody
from fairlead.asgi.suspension import (
    ClientGoneError,
    EndedError,
    Guard,
    run_guarded,
)
from fairlead.asgi.types import Send
from fairlead.calling import CompiledProcedure
from fairlead.errors import TRPCError
from fairlead.protocol.envelopes import encode_value
from fairlead.protocol.requests import CallTarget, get_last_event_id
from fairlead.protocol.sse import PING, RETURN, SSE_HEADERS, SseEncoder
from fairlead.tracking import tracked

__all__ = ["send_sse"]

MakeHead = Callable[[], tuple[int, HeaderList]]
GRACE_SECONDS = 0.001


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
        unlisten = self._exchange.opened.on_session_end(
            self._end, lambda: [self._procedure.path]
        )
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

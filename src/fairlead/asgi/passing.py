"""Answers that are sent on as they come: an envelope around chunks of ready JSON."""

from __future__ import annotations

import asyncio
from time import perf_counter

from fairlead.asgi.answers import PassedAnswer
from fairlead.asgi.exchange import Exchange
from fairlead.asgi.stream_body import HeaderList
from fairlead.asgi.suspension import ClientGoneError, Guard, run_guarded
from fairlead.asgi.types import Message, Send
from fairlead.errors import TRPCError
from fairlead.protocol.envelopes import wrap_result

__all__ = ["send_passed"]


async def send_passed(
    exchange: Exchange, send: Send, answer: PassedAnswer, head: tuple[int, HeaderList]
) -> None:
    """Sends an answer chunk by chunk, each when the one before is on its way.

    What goes wrong from now on leaves the body without an end: the server cuts the connection.
    """
    runtime = exchange.runtime
    code = "OK"
    sending = _Sending(exchange, send, answer)
    unlisten = exchange.opened.on_session_end(sending.end, lambda: [answer.path])
    try:
        await run_guarded(sending.run(*head), sending.arm)
    except ClientGoneError:
        code = "CLIENT_CLOSED_REQUEST"
    except asyncio.CancelledError:
        code = "CLIENT_CLOSED_REQUEST"
        raise
    except Exception as cause:
        code = runtime.explain(cause, f"{answer.path}, which was being sent,").code
    finally:
        unlisten()
        sending.close()
        await answer.stream.aclose()
        runtime.metrics.count_call(answer.path, code, perf_counter() - answer.started)


class _Sending:
    """One answer on its way."""

    def __init__(self, exchange: Exchange, send: Send, answer: PassedAnswer) -> None:
        self._exchange = exchange
        self._send = send
        self._stream = answer.stream
        self._guard: Guard | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._waits_since: float | None = None
        self._loop = asyncio.get_running_loop()

    def arm(self) -> Guard:
        """Watches over it from when it first waits."""
        watched = self._exchange.is_watched
        self._guard = guard = Guard() if watched else self._exchange.watch()
        self._check_reader()
        return guard

    def end(self, reason: TRPCError) -> None:
        """The sign-in is over, or the reader has fallen asleep."""
        if self._guard is not None:
            self._guard.end(reason)

    def close(self) -> None:
        """Disarms it."""
        if self._stall is not None:
            self._stall.cancel()

    async def run(self, status: int, headers: HeaderList) -> None:
        """Sends all of it."""
        opening, closing = wrap_result(is_batch=self._exchange.head.is_batch)
        size = self._stream.size
        if size is not None:
            size += len(opening) + len(closing)
            headers.append((b"content-length", b"%d" % size))
        await self._put(
            {"type": "http.response.start", "status": status, "headers": headers}
        )
        async for chunk in self._stream.chunks:
            await self._write(opening + chunk if opening else chunk)
            opening = b""
        await self._write(opening + closing, more=False)

    async def _write(self, data: bytes, *, more: bool = True) -> None:
        await self._put({"type": "http.response.body", "body": data, "more_body": more})

    async def _put(self, message: Message) -> None:
        self._waits_since = self._loop.time()
        await self._send(message)
        self._waits_since = None

    def _check_reader(self) -> None:
        """Looks again when the reader could have taken nothing for too long."""
        bound = self._exchange.runtime.options.limits.stalled_seconds
        if bound is None:
            return
        now = self._loop.time()
        since = now if self._waits_since is None else self._waits_since
        if now - since >= bound:
            self.end(TRPCError("TIMEOUT", f"The client took nothing for {bound:g} s"))
        else:
            self._stall = self._loop.call_at(since + bound, self._check_reader)

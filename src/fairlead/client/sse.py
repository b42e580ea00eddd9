"""Subscriptions over server-sent events: one HTTP response each, opened again when it ends."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import cast

import aiohttp

from fairlead._missing import MISSING
from fairlead.client.batches import encode_query, parse_answers
from fairlead.client.codec import Codec
from fairlead.client.commands import ConnectionState, Phase
from fairlead.client.errors import ProtocolError, TransportError, is_retryable
from fairlead.client.http import make_foreign_answer, read_body, request
from fairlead.client.sse_events import ServerEvent, SseParser
from fairlead.client.target import Target
from fairlead.errors import TRPCError
from fairlead.protocol.transformer import dump_json, load_json
from fairlead.tracking import tracked

__all__ = ["EventStream"]

log = logging.getLogger("fairlead.client")

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class _BrokenError(Exception):
    """The stream ended before its time; it is worth opening it again."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(slots=True)
class EventStream:
    """One subscription.

    Attributes:
        on_state: told where its connection stands.
    """

    target: Target
    codec: Codec
    raw: bytes | None
    last_event_id: str | None
    on_state: Callable[[ConnectionState], None]

    async def iterate(self) -> AsyncGenerator[object]:
        """The events, across connections."""
        attempt = 0
        try:
            while True:
                self._tell("connecting", None, attempt)
                try:
                    async with (
                        self._open() as response,
                        aclosing(self._read(response)) as events,
                    ):
                        async for event in events:
                            attempt = 0
                            if event is not _CONNECTED:
                                yield event
                    return
                except _BrokenError as broken:
                    await self._wait(attempt, broken.reason)
                    attempt += 1
        finally:
            self._tell("closed")

    async def _wait(self, attempt: int, reason: Exception) -> None:
        policy = self.target.options.reconnect
        if policy.is_exhausted(attempt):
            raise reason
        self._tell("waiting", reason, attempt)
        level = logging.WARNING if attempt == 1 else logging.DEBUG
        path = self.codec.procedure.path
        log.log(level, "%s was cut (%s): opening it again", path, reason)
        await asyncio.sleep(policy.get_delay(attempt, random.random()))  # noqa: S311  jitter

    def _tell(
        self, phase: Phase, error: Exception | None = None, attempt: int = 0
    ) -> None:
        self.on_state(ConnectionState(phase, error, attempt))

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[aiohttp.ClientResponse]:
        headers = {"accept": "text/event-stream", "cache-control": "no-cache"}
        if self.last_event_id is not None:
            headers["last-event-id"] = self.last_event_id
        query = encode_query(batch=False, raw=self.raw)
        params = await self.target.identity.get_connection_params()
        if params is not None:
            text = encode_query(batch=False, raw=dump_json(dict(params)))
            shown = text.replace("input=", "connectionParams=", 1)
            query = f"{query}&{shown}" if query else shown
        url = self.target.get_call_url(self.codec.procedure.path, query)
        try:
            async with request(self.target, "GET", url, headers) as response:
                await self._check(response)
                try:
                    yield response
                finally:
                    response.close()
        except TransportError as error:
            raise _BrokenError(error) from error

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        kind = response.content_type
        if response.ok and kind == "text/event-stream":
            return
        body = await read_body(response, self.target.options.response_bytes)
        problem: Exception
        try:
            raw = parse_answers(body, 1)[0].error
            if raw is None:
                raise ProtocolError(f"{kind} in place of text/event-stream")
            problem = self.codec.decode_error(raw)
        except ProtocolError as error:
            problem = make_foreign_answer(response, body, error)
        if response.status in TRANSIENT:
            raise _BrokenError(problem)
        raise problem

    async def _read(self, response: aiohttp.ClientResponse) -> AsyncGenerator[object]:
        """The events of one connection; returns when the server says that it was the last."""
        options = self.target.options
        parser = SseParser(options.message_bytes)
        silence = options.silence_seconds
        while True:
            try:
                async with asyncio.timeout(silence):
                    data = await response.content.readany()
            except TimeoutError as error:
                quiet = TransportError(f"nothing was sent for {silence} s")
                raise _BrokenError(quiet) from error
            except (aiohttp.ClientError, OSError) as error:
                raise _BrokenError(TransportError(str(error))) from error
            if not data:
                raise _BrokenError(TransportError("the server ended the response"))
            for event in parser.feed(data):
                if event.name == "return":
                    return
                if event.name == "connected":
                    silence = options.silence_seconds or _get_silence(event)
                    self._tell("open")
                    yield _CONNECTED
                elif event.name == "serialized-error":
                    self._fail(event)
                elif event.id:
                    self.last_event_id = event.id
                if event.name == "message":
                    yield self._decode(event)

    def _fail(self, event: ServerEvent) -> None:
        error: TRPCError = self.codec.decode_error(event.data)
        if is_retryable(error):
            raise _BrokenError(error)
        raise error

    def _decode(self, event: ServerEvent) -> object:
        raw = None if event.data == b"undefined" else event.data
        data = self.codec.decode(raw)
        return tracked(event.id, data) if event.id else data


_CONNECTED = MISSING


def _get_silence(event: ServerEvent) -> float | None:
    try:
        told = load_json(event.data)
    except ValueError:
        return None
    fields = cast("dict[str, object]", told) if isinstance(told, dict) else {}
    value = fields.get("reconnectAfterInactivityMs")
    return value / 1000 if isinstance(value, int | float) and value > 0 else None

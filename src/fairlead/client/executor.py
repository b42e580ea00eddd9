"""Runs the bound procedures of a connected router over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import aiohttp

from fairlead.calling import CompiledProcedure
from fairlead.client.batches import Envelope, PlannedCall
from fairlead.client.codec import Codec
from fairlead.client.commands import ConnectionState
from fairlead.client.errors import TransportError
from fairlead.client.http import HttpLink, StreamedCall
from fairlead.client.sse import EventStream
from fairlead.client.streamed import Items
from fairlead.client.target import Target
from fairlead.client.websocket import WebSocketLink
from fairlead.errors import TRPCError
from fairlead.procedure import Procedure
from fairlead.uploads import ByteStream, FormData

__all__ = ["WireExecutor"]

StateListener = Callable[[ConnectionState], None]


class WireExecutor:
    """Calls over HTTP or WebSocket, subscriptions over WebSocket or SSE."""

    def __init__(
        self, target: Target, tree: Mapping[tuple[str, ...], CompiledProcedure]
    ) -> None:
        self._target = target
        self._tree = tree
        self._codecs: dict[tuple[str, ...], Codec] = {}
        self._closed = False
        self._http = HttpLink(target)
        self._websocket = WebSocketLink(target)

    @property
    def websocket(self) -> WebSocketLink:
        """The socket that subscriptions share."""
        return self._websocket

    async def call(
        self,
        path: tuple[str, ...],
        procedure: Procedure[..., Any],
        arguments: Mapping[str, object],
    ) -> object:
        """Calls a query or mutation."""
        del procedure
        codec = self._get_codec(path)
        seconds = self._target.options.call_seconds
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                return await self._call(codec, arguments)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise TRPCError(
                "TIMEOUT", f"{codec.procedure.path} took longer than {seconds} s"
            ) from error

    async def stream(
        self,
        path: tuple[str, ...],
        procedure: Procedure[..., Any],
        arguments: Mapping[str, object],
    ) -> AsyncIterator[object]:
        """Opens a subscription."""
        del procedure
        async with aclosing(self.watch(path, arguments, _ignore)) as events:
            async for event in events:
                yield event

    async def watch(
        self,
        path: tuple[str, ...],
        arguments: Mapping[str, object],
        on_state: StateListener,
    ) -> AsyncGenerator[object]:
        """Opens a subscription; `on_state` is told where its connection stands."""
        codec = self._get_codec(path)
        last_event_id, rest = _take_last_event_id(codec, arguments)
        raw = codec.encode(rest)
        if self._target.options.subscriptions == "sse":
            events = EventStream(self._target, codec, raw, last_event_id, on_state)
            stream = events.iterate()
            end: Callable[[], object] = _do_nothing
        else:
            stream = self._websocket.stream(codec, raw, last_event_id)
            end = self._websocket.on_state(on_state)
            on_state(self._websocket.state)
        try:
            async with aclosing(stream):
                async for event in stream:
                    yield event
        finally:
            end()

    async def aclose(self) -> None:
        """Aborts calls, ends subscriptions and closes connections."""
        self._closed = True
        await self._websocket.aclose()
        await self._http.aclose()

    def _get_codec(self, path: tuple[str, ...]) -> Codec:
        if self._closed:
            raise TransportError("the client is closed: connect again")
        codec = self._codecs.get(path)
        if codec is None:
            codec = Codec(self._tree[path], self._target.options.transformer)
            self._codecs[path] = codec
        return codec

    async def _call(self, codec: Codec, arguments: Mapping[str, object]) -> object:
        upload = _find_upload(arguments)
        path = codec.procedure.path
        if upload is not None:
            return _read_envelope(codec, await self._http.upload(path, upload))
        raw = codec.encode(arguments)
        if self._target.options.calls == "websocket" and not codec.is_streamed:
            return await self._websocket.call(codec, raw)
        mutates = codec.procedure.kind == "mutation"
        planned = PlannedCall("mutation" if mutates else "query", path, raw)
        outcome = await self._http.call(planned, streamed=codec.is_streamed)
        if isinstance(outcome, Envelope):
            return _read_envelope(codec, outcome)
        return await _read_streamed(codec, outcome)


def _ignore(state: ConnectionState) -> None:
    del state


def _do_nothing() -> None:
    """What ends nothing."""


def _take_last_event_id(
    codec: Codec, arguments: Mapping[str, object]
) -> tuple[str | None, Mapping[str, object]]:
    """Where the caller resumes; it travels beside the input, not in it."""
    schema = codec.procedure.input
    given = arguments.get("last_event_id")
    if schema is None or not schema.takes_last_event_id or not isinstance(given, str):
        return None, arguments
    rest = {name: value for name, value in arguments.items() if name != "last_event_id"}
    return given, rest


def _find_upload(
    arguments: Mapping[str, object],
) -> aiohttp.FormData | AsyncIterator[bytes] | None:
    if len(arguments) != 1:
        return None
    value = next(iter(arguments.values()))
    if isinstance(value, ByteStream):
        return aiter(value)
    return _make_form(value) if isinstance(value, FormData) else None


def _make_form(form: FormData) -> aiohttp.FormData:
    made = aiohttp.FormData(default_to_multipart=True)
    for name, value in form.entries:
        if isinstance(value, str):
            made.add_field(name, value)
        else:
            made.add_field(
                name,
                value.data,
                filename=value.filename,
                content_type=value.content_type,
            )
    return made


def _read_envelope(codec: Codec, envelope: Envelope) -> object:
    if envelope.error is not None:
        raise codec.decode_error(envelope.error)
    return codec.decode(envelope.data)


async def _read_streamed(codec: Codec, call: StreamedCall) -> object:
    answer, index = call.answer, call.index
    complete = True
    try:
        encoded = await answer.get_result(index, codec.make_error)
        if encoded.raw is not None and not encoded.marks:
            return codec.decode(encoded.raw)
        value = answer.resolve(encoded, codec.make_error)
        if codec.procedure.streaming and isinstance(value, Items):
            complete = False
            return _iterate(codec, value, call)
        result = codec.decode_value(value)
        complete = not encoded.marks
        return result
    finally:
        if complete:
            answer.finish(index)


async def _iterate(
    codec: Codec, items: Items, call: StreamedCall
) -> AsyncIterator[object]:
    """The items of a streamed result; to close it is to abort the request."""
    # What is still to come within items may be awaited after the last of them.
    has_parts = is_awaited = False
    try:
        async for encoded in items.iterate_encoded():
            if encoded.raw is not None and not encoded.marks:
                yield codec.decode(encoded.raw)
            else:
                has_parts = has_parts or bool(encoded.marks)
                value = call.answer.resolve(encoded, codec.make_error)
                yield codec.decode_value(value)
        is_awaited = has_parts
    finally:
        if not is_awaited:
            call.answer.finish(call.index)

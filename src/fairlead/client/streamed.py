"""A streamed answer: parts that come later as awaitables and async iterators.

Nothing reads ahead. Whoever waits for a part reads the next line, hands it to whom it belongs
and looks again, so a slow reader slows the server down instead of filling memory; only what
belongs to others than the one who waits is kept.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, cast

import aiohttp

from fairlead._missing import MISSING
from fairlead.client.errors import ProtocolError, TransportError
from fairlead.client.lines import Chunk, Encoded, LineReader, LineSplitter, Mark
from fairlead.errors import TRPCError
from fairlead.protocol.transformer import load_json

__all__ = ["Items", "StreamedAnswer"]

ErrorMaker = Callable[[object], TRPCError]


class StreamedAnswer:
    """The response to a batch whose answers are streamed."""

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        reader: LineReader,
        *,
        calls: int,
        limit: int,
    ) -> None:
        self.reader = reader
        self._unfinished = set(range(calls))
        self._response = response
        self._splitter = LineSplitter(limit)
        self._lines: deque[bytes] = deque()
        self._chunks: dict[int, deque[Chunk]] = {}
        self._head: dict[int, Encoded] | None = None
        self._turn = asyncio.Lock()
        # An answer that nobody looks at any more ends its request.
        weakref.finalize(self, response.close)

    async def get_result(self, index: int, make_error: ErrorMaker) -> Encoded:
        """The value that a call was answered with.

        Raises:
            TRPCError: it was answered with an error.
        """
        if self._head is None:
            async with self._turn:
                if self._head is None:
                    self._head = self.reader.read_head(await self._read_line())
        encoded = self._head.get(index)
        if encoded is None:
            raise ProtocolError(f"a streamed answer without call {index}")
        for key in (None, "result", "data"):
            mark = next((mark for mark in encoded.marks if mark.key == key), None)
            if mark is None:
                return self._read_unmarked(encoded, make_error)
            encoded = await self.get_promised(mark.chunk_id, make_error)
        return encoded

    def _read_unmarked(self, encoded: Encoded, make_error: ErrorMaker) -> Encoded:
        value = encoded.value
        if value is MISSING and encoded.raw is not None:
            value = load_json(encoded.raw)
        fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        if "error" in fields:
            raise make_error(fields["error"])
        return Encoded(None, MISSING)

    async def get_promised(self, chunk_id: int, make_error: ErrorMaker) -> Encoded:
        """What a promise is fulfilled with."""
        chunk = await self.get_chunk(chunk_id)
        if chunk.status:
            raise make_error(self.reader.read_error(chunk))
        return self.reader.read_value(chunk)

    async def get_chunk(self, chunk_id: int) -> Chunk:
        """The next line of one part."""
        waiting = self._chunks.setdefault(chunk_id, deque())
        while not waiting:
            async with self._turn:
                if not waiting:
                    chunk = self.reader.read_chunk(await self._read_line())
                    self._chunks.setdefault(chunk.id, deque()).append(chunk)
        return waiting.popleft()

    async def _read_line(self) -> bytes:
        while not self._lines:
            try:
                data = await self._response.content.readany()
            except (aiohttp.ClientError, OSError) as error:
                raise TransportError(f"the answer broke off: {error}") from error
            if not data:
                raise TransportError("the answer broke off before its end")
            self._lines += self._splitter.feed(data)
        return self._lines.popleft()

    def resolve(self, encoded: Encoded, make_error: ErrorMaker) -> object:
        """A value with what comes later in it as awaitables and async iterators."""
        value = encoded.value
        for mark in encoded.marks:
            part = self._make_part(mark, make_error)
            if mark.key is None:
                return part
            cast("dict[str | int, object]", value)[mark.key] = part
        return value

    def _make_part(self, mark: Mark, make_error: ErrorMaker) -> Items | Promised:
        kind = Items if mark.is_iterable else Promised
        return kind(self, mark.chunk_id, make_error)

    def close(self) -> None:
        """Nobody may read any more."""
        self._response.close()

    def finish(self, index: int) -> None:
        """A call has all it wants; after the last of them the request ends."""
        self._unfinished.discard(index)
        if not self._unfinished:
            self._response.release()


def _take_failure(task: asyncio.Task[object]) -> None:
    if not task.cancelled():
        task.exception()


class Promised:
    """A value that comes later; awaited again, it is the same."""

    def __init__(
        self, answer: StreamedAnswer, chunk_id: int, make_error: ErrorMaker
    ) -> None:
        self._answer = answer
        self._chunk_id = chunk_id
        self._make_error = make_error
        self._task: asyncio.Task[object] | None = None

    def __await__(self) -> Generator[Any, None, object]:
        if self._task is None:
            self._task = asyncio.create_task(self._get())
            # Its failure is for whoever awaits it; nobody has to.
            self._task.add_done_callback(_take_failure)
        # One that stops waiting must not end it for others.
        return asyncio.shield(self._task).__await__()

    async def _get(self) -> object:
        encoded = await self._answer.get_promised(self._chunk_id, self._make_error)
        if encoded.raw is not None and not encoded.marks:
            return load_json(encoded.raw)
        return self._answer.resolve(encoded, self._make_error)


class Items:
    """Values that come later, once: iterated again, it goes on where it was left."""

    def __init__(
        self, answer: StreamedAnswer, chunk_id: int, make_error: ErrorMaker
    ) -> None:
        self.answer = answer
        self._chunk_id = chunk_id
        self._make_error = make_error

    async def iterate_encoded(self) -> AsyncIterator[Encoded]:
        """The items as they arrive, not parsed."""
        while True:
            chunk = await self.answer.get_chunk(self._chunk_id)
            if chunk.status == 2:
                raise self._make_error(self.answer.reader.read_error(chunk))
            if chunk.status == 0:
                return
            yield self.answer.reader.read_value(chunk)

    async def __aiter__(self) -> AsyncIterator[object]:
        async for encoded in self.iterate_encoded():
            if encoded.raw is not None and not encoded.marks:
                yield load_json(encoded.raw)
            else:
                yield self.answer.resolve(encoded, self._make_error)

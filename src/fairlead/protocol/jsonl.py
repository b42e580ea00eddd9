"""JSON lines, as tRPC's httpBatchStreamLink reads them.

The first line is the head: one value per call. Every further line is a chunk
`[id, status, value]`, where a value is `[[json], [key, kind, id], ...]`: the JSON with a
placeholder 0 for each promise (kind 0) or async iterable (kind 1) in it, and the ids of the
chunks that settle them. `[[]]` is undefined. A call is a promise of `{result: promise of
{data: promise of the value}}`, or of `{error: shape}`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterable, Awaitable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from fairlead._missing import MISSING
from fairlead.protocol.transformer import Transformer, dump_json

__all__ = ["PING", "Chunk", "JsonlEncoder", "has_streams"]

PING = b" "
PROMISE: Literal[0] = 0
ITERABLE: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """A promise or an async iterable that was announced: settle it under its id."""

    id: int
    source: Awaitable[object] | AsyncIterable[object]

    @property
    def is_iterable(self) -> bool:
        """Is it an async iterable (many values), not a promise (one)?"""
        return isinstance(self.source, AsyncIterable)


def _get_fields(value: object) -> Mapping[str, object] | None:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: getattr(value, item.name) for item in dataclasses.fields(value)
        }
    return None


def _is_stream(value: object) -> bool:
    return isinstance(value, AsyncIterable | Awaitable)


def has_streams(value: object) -> bool:
    """Is it an async iterable, or an object with promises or async iterables in its fields?"""
    if _is_stream(value):
        return isinstance(value, AsyncIterable)
    fields = _get_fields(value)
    return fields is not None and any(_is_stream(item) for item in fields.values())


class JsonlEncoder:
    """The lines of one response."""

    def __init__(self, calls: int, transformer: Transformer | None = None) -> None:
        self._calls = calls
        self._next_id = calls
        self._transformer = transformer

    def encode_head(self) -> bytes:
        """The first line: every call is a promise, chunk ids 0 to n - 1."""
        return self._line(
            {str(index): [[0], [None, PROMISE, index]] for index in range(self._calls)}
        )

    def encode_json(self, index: int, data: bytes | None) -> bytes:
        """The lines that settle a call whose result is plain JSON already; None is undefined."""
        if self._transformer is not None:
            raise ValueError("under a transformer, results are encoded by encode_value")
        first = self._next_id
        self._next_id += 2
        value = b"" if data is None else data
        return (
            b'[%d,0,[[{"result":0}],["result",0,%d]]]\n'
            b'[%d,0,[[{"data":0}],["data",0,%d]]]\n'
            b"[%d,0,[[%b]]]\n"
        ) % (index, first, first, first + 1, first + 1, value)

    def surround_json(self, index: int) -> tuple[bytes, bytes]:
        """What stands before and after a call's result that is plain JSON without line ends."""
        before, mark, after = self.encode_json(index, b"\0").partition(b"\0")
        del mark
        return before, after

    def encode_value(self, index: int, value: object) -> tuple[bytes, list[Chunk]]:
        """The lines that settle a call with a value, and the streams found in it."""
        first = self._next_id
        self._next_id += 2
        line, chunks = self.settle(first + 1, value)
        return (
            self._line([index, 0, [[{"result": 0}], ["result", PROMISE, first]]])
            + self._line([first, 0, [[{"data": 0}], ["data", PROMISE, first + 1]]])
            + line
        ), chunks

    def encode_error(self, index: int, shape: object) -> bytes:
        """The line that settles a call with an error."""
        return self._line([index, 0, [[{"error": shape}]]])

    def settle(self, chunk_id: int, value: object) -> tuple[bytes, list[Chunk]]:
        """A promise is fulfilled (or an iterable ends, with the value it returns)."""
        return self._chunk(chunk_id, 0, value)

    def emit(self, chunk_id: int, value: object) -> tuple[bytes, list[Chunk]]:
        """An iterable yields."""
        return self._chunk(chunk_id, 1, value)

    def fail(self, chunk: Chunk, shape: object) -> bytes:
        """A promise is rejected, or an iterable fails."""
        return self._line([chunk.id, 2 if chunk.is_iterable else 1, shape])

    def _chunk(
        self, chunk_id: int, status: int, value: object
    ) -> tuple[bytes, list[Chunk]]:
        encoded, chunks = self._encode(value)
        return self._line([chunk_id, status, encoded]), chunks

    def _encode(self, value: object) -> tuple[list[object], list[Chunk]]:
        if value is MISSING:
            return [[]], []
        if _is_stream(value):
            chunk = self._announce(value)
            return [[0], [None, int(chunk.is_iterable), chunk.id]], [chunk]
        fields = _get_fields(value) if has_streams(value) else None
        if fields is None:
            return [[value]], []
        encoded: dict[str, object] = {}
        chunks: list[Chunk] = []
        marks: list[object] = []
        for name, item in fields.items():
            encoded[name] = item
            if _is_stream(item):
                chunk = self._announce(item)
                encoded[name] = 0
                chunks.append(chunk)
                marks.append([name, int(chunk.is_iterable), chunk.id])
        return [[encoded], *marks], chunks

    def _announce(self, value: object) -> Chunk:
        chunk = Chunk(
            self._next_id, cast("Awaitable[object] | AsyncIterable[object]", value)
        )
        self._next_id += 1
        return chunk

    def _line(self, value: object) -> bytes:
        if self._transformer is not None:
            value = self._transformer.serialize(value)
        return dump_json(value) + b"\n"

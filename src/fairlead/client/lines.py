"""JSON lines as tRPC's streamed batches carry them: see `fairlead.protocol.jsonl`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec

from fairlead._missing import MISSING
from fairlead.client.errors import ProtocolError
from fairlead.protocol.transformer import Transformer, load_json

__all__ = ["Chunk", "Encoded", "LineReader", "LineSplitter", "Mark"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where in a value something comes later.

    Attributes:
        key: the field; None for the whole value.
        is_iterable: many values, not one.
        chunk_id: under which it comes.
    """

    key: str | int | None
    is_iterable: bool
    chunk_id: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value that has arrived.

    Attributes:
        raw: its JSON as it came; None under a transformer and for undefined.
        value: the same, parsed; MISSING for undefined, and not yet parsed while `raw` is there
            and nothing is marked.
    """

    raw: bytes | None
    value: object
    marks: Sequence[Mark] = field(default=())


@dataclass(frozen=True, slots=True)
class Chunk:
    """A line: something of what was marked.

    Attributes:
        status: of a promise 0 fulfilled, 1 rejected; of an iterable 0 its end, 1 an item,
            2 failed.
    """

    id: int
    status: int
    payload: object


class LineSplitter:
    """Bytes to lines; what has no line end yet waits."""

    def __init__(self, limit: int) -> None:
        self._rest = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without blank ones.

        Raises:
            ProtocolError: a line is longer than the bound.
        """
        self._rest += data
        if b"\n" not in data:
            self._check(len(self._rest))
            return []
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        self._check(max((len(line) for line in lines), default=0))
        return [line for line in lines if line.strip()]

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise ProtocolError(
                f"the server sent a line longer than {self._limit} bytes: raise "
                "ClientOptions.message_bytes"
            )


_decode_chunk = msgspec.json.Decoder(tuple[int, int, msgspec.Raw]).decode
_decode_parts = msgspec.json.Decoder(list[msgspec.Raw]).decode


class LineReader:
    """Lines to what they say."""

    def __init__(self, transformer: Transformer | None) -> None:
        self._transformer = transformer

    def read_head(self, line: bytes) -> dict[int, Encoded]:
        """The first line: a value for each call, by index.

        Raises:
            ProtocolError: it is none.
        """
        head = self._load(line)
        if not isinstance(head, dict):
            raise ProtocolError("a streamed answer that starts with no head")
        fields = cast("dict[str, object]", head)
        try:
            return {int(key): _read_parsed(value) for key, value in fields.items()}
        except (ValueError, TypeError, IndexError) as error:
            raise ProtocolError(
                f"a streamed answer with a bad head: {error}"
            ) from error

    def read_chunk(self, line: bytes) -> Chunk:
        """Any further line.

        Raises:
            ProtocolError: it is no chunk.
        """
        try:
            if self._transformer is None:
                return Chunk(*_decode_chunk(line))
            chunk_id, status, payload = cast(
                "tuple[int, int, object]", self._load(line)
            )
            return Chunk(chunk_id, status, payload)
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            raise ProtocolError(
                f"a streamed answer with a bad line: {error}"
            ) from error

    def read_value(self, chunk: Chunk) -> Encoded:
        """The value of a chunk that is no error.

        Raises:
            ProtocolError: it is none.
        """
        try:
            if isinstance(chunk.payload, msgspec.Raw):
                return _read_raw(chunk.payload)
            return _read_parsed(chunk.payload)
        except (msgspec.DecodeError, TypeError, ValueError, IndexError) as error:
            raise ProtocolError(
                f"a streamed answer with a bad value: {error}"
            ) from error

    def read_error(self, chunk: Chunk) -> object:
        """The error shape of a chunk."""
        if isinstance(chunk.payload, msgspec.Raw):
            return load_json(bytes(chunk.payload))
        return chunk.payload

    def _load(self, line: bytes) -> object:
        try:
            parsed = load_json(line)
            if self._transformer is None:
                return parsed
            return self._transformer.deserialize(parsed)
        except ValueError as error:
            raise ProtocolError(f"not a streamed answer of tRPC: {error}") from error


def _read_raw(payload: msgspec.Raw) -> Encoded:
    first, *marks = _decode_parts(payload)
    inner = _decode_parts(first)
    if not inner:
        return Encoded(None, MISSING)
    if not marks:
        return Encoded(bytes(inner[0]), MISSING)
    return Encoded(
        bytes(inner[0]),
        load_json(bytes(inner[0])),
        [_read_mark(load_json(bytes(mark))) for mark in marks],
    )


def _read_parsed(payload: object) -> Encoded:
    if not isinstance(payload, list):
        raise TypeError("not an encoded value")
    first, *marks = cast("list[object]", payload)
    if not isinstance(first, list):
        raise TypeError("not an encoded value")
    inner = cast("list[object]", first)
    return Encoded(
        None, inner[0] if inner else MISSING, [_read_mark(mark) for mark in marks]
    )


def _read_mark(mark: object) -> Mark:
    if not isinstance(mark, list):
        raise TypeError("not a placeholder")
    key, kind, chunk_id = cast("list[object]", mark)
    if kind not in (0, 1) or not isinstance(chunk_id, int):
        raise TypeError("not a placeholder")
    return Mark(cast("str | int | None", key), kind == 1, chunk_id)

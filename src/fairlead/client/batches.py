"""Calls of one loop turn as HTTP requests: which share one, and what travels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote_from_bytes

import msgspec

from fairlead.client.errors import ProtocolError
from fairlead.client.options import ClientOptions

__all__ = [
    "Envelope",
    "PlannedCall",
    "encode_query",
    "join_inputs",
    "parse_answers",
    "split",
]


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that is to be made.

    Attributes:
        raw: the input as JSON; None when there is none.
    """

    kind: Literal["query", "mutation"]
    path: str
    raw: bytes | None


class _Result(msgspec.Struct):
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Envelope(msgspec.Struct):
    result: _Result | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer: `data` (None for undefined), unless there is an `error` shape."""

    data: bytes | None
    error: bytes | None


_decode_one = msgspec.json.Decoder(_Envelope).decode
_decode_many = msgspec.json.Decoder(list[_Envelope]).decode


def split(
    calls: Sequence[PlannedCall], options: ClientOptions, *, base: int
) -> list[Sequence[PlannedCall]]:
    """Cuts calls into batches that keep the bounds; a call too long by itself stays alone.

    Args:
        base: length of the URL up to the paths.
    """
    by_url = not options.post_queries
    batches: list[Sequence[PlannedCall]] = []
    batch: list[PlannedCall] = []
    length = base
    for call in calls:
        size = len(call.path) + 1
        if by_url and call.kind == "query":
            size += measure(call.raw)
        full = len(batch) >= options.batch_size or length + size > options.url_bytes
        if batch and full:
            batches.append(batch)
            batch, length = [], base
        batch.append(call)
        length += size
    if batch:
        batches.append(batch)
    return batches


def measure(raw: bytes | None) -> int:
    """The length of an input in a URL, with its key in a batch."""
    return 0 if raw is None else len(quote_from_bytes(raw, safe="")) + 20


def join_inputs(calls: Sequence[PlannedCall]) -> bytes:
    """The inputs of a batch: one object, keyed by index."""
    return b"{%b}" % b",".join(
        b'"%d":%b' % (index, call.raw)
        for index, call in enumerate(calls)
        if call.raw is not None
    )


def encode_query(*, batch: bool, raw: bytes | None) -> str:
    """The query string of a request."""
    parts = ["batch=1"] if batch else []
    if raw is not None:
        parts.append(f"input={quote_from_bytes(raw, safe='')}")
    return "&".join(parts)


def parse_answers(body: bytes, count: int) -> list[Envelope]:
    """The answers in a response's body, one for each call.

    Raises:
        ProtocolError: it is no answer of a tRPC server to that many calls.
    """
    try:
        if not body.lstrip().startswith(b"["):
            # One for all: an error of the whole request, or a call that is no batch.
            return [_read(_decode_one(body))] * count
        answers = [_read(envelope) for envelope in _decode_many(body)]
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(f"not an answer of a tRPC server ({error})") from error
    if len(answers) != count:
        raise ProtocolError(f"{len(answers)} answers to {count} calls")
    return answers


def _read(envelope: _Envelope) -> Envelope:
    if envelope.error is not msgspec.UNSET:
        return Envelope(None, bytes(envelope.error))
    if envelope.result is msgspec.UNSET:
        raise ProtocolError("an answer without result and error")
    data = envelope.result.data
    return Envelope(None if data is msgspec.UNSET else bytes(data), None)

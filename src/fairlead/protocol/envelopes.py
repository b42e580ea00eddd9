"""Response envelopes as bytes, and the status that a set of answers has."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fairlead._missing import MISSING
from fairlead.protocol.transformer import Transformer, dump_json

__all__ = [
    "ABSENT_RESULT",
    "RESULT_HEAD",
    "RESULT_TAIL",
    "combine_statuses",
    "encode_error",
    "encode_result",
    "encode_value",
    "hold_result",
    "join_batch",
    "wrap_result",
]

RESULT_HEAD = b'{"result":{"data":'
RESULT_TAIL = b"}}"
ABSENT_RESULT = b'{"result":{}}'


def encode_value(value: object, transformer: Transformer | None) -> bytes | None:
    """A value (an error shape, an untyped result) as it stands on the wire; None for absent."""
    if transformer is not None:
        return dump_json(transformer.serialize(value))
    return None if value is MISSING else dump_json(value)


def encode_result(data: bytes | None) -> bytes:
    """The envelope of a success; None is JavaScript's undefined."""
    # Formatting with %b takes four times as long.
    return ABSENT_RESULT if data is None else RESULT_HEAD + data + RESULT_TAIL


def wrap_result(*, is_batch: bool) -> tuple[bytes, bytes]:
    """What comes before and after the only result of a body that is written in pieces."""
    if is_batch:
        return b"[" + RESULT_HEAD, RESULT_TAIL + b"]"
    return RESULT_HEAD, RESULT_TAIL


class _Result(msgspec.Struct, gc=False):
    data: object


class _Success(msgspec.Struct, gc=False):
    result: _Result


def hold_result(value: object) -> object:
    """The envelope of a success, to be written by msgspec together with what it holds."""
    return _Success(_Result(value))


def encode_error(shape: object, transformer: Transformer | None) -> bytes:
    """The envelope of a failure."""
    return b'{"error":%b}' % (encode_value(shape, transformer) or b"null")


def join_batch(answers: Iterable[tuple[bytes, ...]]) -> bytes:
    """The body of a batch: the answers, each in its pieces, in the order of the calls."""
    return b"[%b]" % b",".join([b"".join(pieces) for pieces in answers])


def combine_statuses(statuses: Iterable[int]) -> int:
    """The status of a batch: the one they share, else 207 Multi-Status."""
    distinct = set(statuses)
    return distinct.pop() if len(distinct) == 1 else 207

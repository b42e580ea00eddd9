"""Raw inputs: slices of JSON that are parsed only when a procedure reads them."""

from __future__ import annotations

import re
from typing import cast

import msgspec

from fairlead._missing import MISSING
from fairlead.errors import TRPCError
from fairlead.protocol.options import Limits
from fairlead.protocol.transformer import (
    PROTOTYPE,
    Transformer,
    drop_prototypes,
    dump_json,
    load_json,
)

__all__ = [
    "BatchInputs",
    "add_last_event_id",
    "check_depth",
    "clean_text",
    "deserialize",
    "is_shallow",
    "mend_halves",
    "merge_last_event_id",
]

_decode_slices = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
_INDEXES = tuple(str(index) for index in range(100))
_BYTE_ORDER_MARK = "\ufeff"
_BACKSLASH = ord("\\")
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
# Whole characters and other escapes first: only what is left is half of one.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\[\x00-\xff]"
)


def clean_text(raw: bytes, *, keep_mark: bool = False) -> bytes:
    """Bytes as the Fetch API's `text()` reads them: bad UTF-8 replaced, no byte order mark.

    Args:
        keep_mark: a query parameter keeps it, and is no JSON then.
    """
    if not raw.isascii():
        text = raw.decode("utf-8", "replace")
        raw = (text if keep_mark else text.removeprefix(_BYTE_ORDER_MARK)).encode()
    return mend_halves(raw) if _BACKSLASH in raw else raw


def mend_halves(raw: bytes) -> bytes:
    """JSON without halves of characters: each lone surrogate becomes U+FFFD, as in UTF-8.

    JavaScript cuts strings between the two halves of one, and writes what is left as `\\ud83d`.
    """
    if _HALF.search(raw) is None:
        return raw
    return _ESCAPES.sub(lambda found: found[0] if found[1] is None else rb"\ufffd", raw)


def is_shallow(raw: bytes, limits: Limits) -> bool:
    """Has it too few brackets to nest deeper than the bound? Almost all inputs have."""
    bound = limits.json_depth
    if bound is None or len(raw) <= bound:
        return True
    return raw.count(b"[") + raw.count(b"{") <= bound


def check_depth(raw: bytes, limits: Limits) -> None:
    """Refuses JSON that nests deeper than the bound.

    Raises:
        TRPCError: BAD_REQUEST.
    """
    if is_shallow(raw, limits):
        return
    bound = limits.json_depth or 0
    depth = 0
    for token in _TOKENS.finditer(raw):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            if depth > bound:
                raise TRPCError(
                    "BAD_REQUEST",
                    f"The input nests more than {bound} levels deep: flatten it",
                )
        elif first in b"]}":
            depth -= 1


class BatchInputs:
    """The inputs of a batch: one JSON object keyed by index, cut into slices on first use."""

    __slots__ = ("_failure", "_raw", "_slices", "_values")

    def __init__(self, raw: bytes | None) -> None:
        self._raw = raw
        self._slices: dict[str, msgspec.Raw] | None = None
        self._values: list[object] | None = None
        self._failure: TRPCError | None = None

    def get(self, index: int) -> bytes | None:
        """The raw input of one call; None when absent.

        Raises:
            TRPCError: BAD_REQUEST, the same for every call that reads its input.
        """
        if self._slices is None:
            self._slices = self._cut()
        found = self._slices.get(
            _INDEXES[index] if index < len(_INDEXES) else str(index)
        )
        return None if found is None else bytes(found)

    def get_value(self, index: int, size: int, transformer: Transformer) -> object:
        """The input of one of `size` calls under a transformer.

        Raises:
            TRPCError: BAD_REQUEST. As in tRPC, one payload that cannot be read spoils the inputs
                of all calls of the batch.
        """
        if self._values is None:
            if self._failure is not None:
                raise self._failure.with_traceback(None)
            try:
                self._values = [
                    deserialize(self.get(each), transformer) for each in range(size)
                ]
            except TRPCError as error:
                self._failure = error
                raise
        return self._values[index]

    def _cut(self) -> dict[str, msgspec.Raw]:
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        try:
            return {} if self._raw is None else _decode_slices(self._raw)
        except (msgspec.DecodeError, RecursionError) as error:
            self._failure = _explain(error, self._raw or b"")
            raise self._failure from error


def _explain(error: Exception, raw: bytes) -> TRPCError:
    if isinstance(error, msgspec.ValidationError):
        try:
            load_json(raw)  # a wrong type is noticed before what follows is read
        except ValueError as broken:
            error = broken
        else:
            return TRPCError(
                "BAD_REQUEST", '"input" needs to be an object when doing a batch call'
            )
    return TRPCError("BAD_REQUEST", f"The inputs are not JSON: {error}")


def deserialize(raw: bytes | None, transformer: Transformer) -> object:
    """The value of a raw input under a transformer.

    Raises:
        TRPCError: BAD_REQUEST.
    """
    if raw is None:
        return MISSING
    try:
        payload = load_json(raw)
        if PROTOTYPE.encode() in raw:
            drop_prototypes(payload)
        return transformer.deserialize(payload)
    except ValueError as error:
        raise TRPCError("BAD_REQUEST", str(error), cause=error) from error


def merge_last_event_id(value: object, last_event_id: str) -> object:
    """`add_last_event_id` for a value that a transformer has read already."""
    if isinstance(value, dict):
        return {**cast("dict[str, object]", value), "lastEventId": last_event_id}
    return (
        {"lastEventId": last_event_id} if value is None or value is MISSING else value
    )


def add_last_event_id(raw: bytes | None, last_event_id: str) -> bytes:
    """Puts `lastEventId` into a subscription's input, as far as that is an object or absent."""
    if raw is None or raw.strip() == b"null":
        return dump_json({"lastEventId": last_event_id})
    if not raw.lstrip().startswith(b"{"):
        return raw
    given = dump_json(last_event_id)
    is_plain = b"lastEventId" not in raw and b"\\" not in raw
    if is_plain and raw.startswith(b"{") and raw.endswith(b"}"):
        comma = (
            b"," if raw[1:-1].strip() else b""
        )  # nothing is replaced: it can be put last
        return b'%b%b"lastEventId":%b}' % (raw[:-1], comma, given)
    try:
        fields = _decode_slices(raw)
    except (msgspec.DecodeError, RecursionError):
        return raw  # reading it will tell what is wrong
    fields["lastEventId"] = msgspec.Raw(given)
    return msgspec.json.encode(fields)

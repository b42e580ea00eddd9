"""WebSocket messages: the frames that clients send, checked as tRPC checks them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, cast

import msgspec

from fairlead._missing import MISSING
from fairlead.errors import TRPCError
from fairlead.protocol.inputs import (
    add_last_event_id,
    mend_halves,
    merge_last_event_id,
)
from fairlead.protocol.options import WireOptions
from fairlead.protocol.transformer import (
    PROTOTYPE,
    drop_prototypes,
    dump_json,
    load_json,
)

__all__ = [
    "CallMessage",
    "OversizedBatchError",
    "StopMessage",
    "parse_frame",
    "parse_params_frame",
]

RequestId = int | float | str | None
CallKind = Literal["query", "mutation", "subscription"]
CALL_KINDS = frozenset({"query", "mutation", "subscription"})
STOP = "subscription.stop"
SUBSCRIPTION = '"subscription"'
KEPT_CHARS = 1000
_Parts: TypeAlias = tuple[
    RequestId, CallKind, str, bytes | None, object, str | None, int, bytes
]
"""What a `CallMessage` is made of."""


# Not frozen, as one is made for every call: see `Request`.
@dataclass(slots=True, eq=False)
class CallMessage:
    """A client calls a procedure.

    Attributes:
        raw: the input as JSON; None when absent (always, under a transformer).
        value: the input under a transformer, else MISSING.
        head: the start of every answer, up to the comma after id and jsonrpc.
    """

    id: RequestId
    kind: CallKind
    path: str
    raw: bytes | None
    value: object
    last_event_id: str | None
    index: int
    head: bytes


@dataclass(frozen=True, slots=True)
class StopMessage:
    """A client stops a subscription."""

    id: RequestId
    head: bytes


class OversizedBatchError(TRPCError):
    """A frame with too many messages.

    Attributes:
        heads: the starts of the answers: one for each call in it, at least one.
    """

    def __init__(self, heads: list[bytes]) -> None:
        super().__init__("BAD_REQUEST", "Batch call exceeds maximum size")
        self.heads = heads


class _Params(msgspec.Struct):
    path: str
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    last_event_id: str | msgspec.UnsetType = msgspec.field(
        name="lastEventId", default=msgspec.UNSET
    )


class _Call(msgspec.Struct):
    id: int | str
    method: CallKind
    params: _Params
    jsonrpc: Literal["2.0"] | msgspec.UnsetType = msgspec.UNSET


_decode_calls = msgspec.json.Decoder(list[_Call]).decode
_decode_call = msgspec.json.Decoder(_Call).decode


def make_head(request_id: RequestId, *, jsonrpc: bool) -> bytes:
    """The start of an answer: the id, and the version if the request named one."""
    if isinstance(request_id, float) and request_id.is_integer():
        request_id = int(request_id)  # 1.0 is 1 in JavaScript
    shown = b"%d" % request_id if type(request_id) is int else dump_json(request_id)
    return b'{"id":%b,"jsonrpc":"2.0",' % shown if jsonrpc else b'{"id":%b,' % shown


def parse_frame(text: str, options: WireOptions) -> list[CallMessage | StopMessage]:
    """The messages of a frame.

    Raises:
        OversizedBatchError: more of them than the bound.
        TRPCError: PARSE_ERROR; one bad message spoils the frame.
    """
    text = _mend(text)
    if options.transformer is None:
        is_kept = len(text) <= KEPT_CHARS and SUBSCRIPTION in text
        calls = _parse_kept(text) if is_kept else _parse_calls(text)
        if calls is not None and not _is_oversized(len(calls), text, options):
            return [CallMessage(*call) for call in calls]
    return _parse_anything(text, options)


def _mend(text: str) -> str:
    return (
        mend_halves(text.encode("utf-8", "replace")).decode() if "\\u" in text else text
    )


def _parse_calls(text: str) -> list[_Parts] | None:
    """The common case in one step: nothing but well-formed calls."""
    try:
        calls = _decode_calls(text) if text.startswith("[") else [_decode_call(text)]
    except (msgspec.DecodeError, RecursionError):
        return None
    return [_take_apart(call, index) for index, call in enumerate(calls)]


# All who come back after a restart subscribe with the same text.
_parse_kept = lru_cache(maxsize=256)(_parse_calls)


def _is_oversized(size: int, text: str, options: WireOptions) -> bool:
    bound = options.limits.batch_size
    return bound is not None and size > bound and text.lstrip().startswith("[")


def _take_apart(call: _Call, index: int) -> _Parts:
    params = call.params
    raw = None if params.input is msgspec.UNSET else bytes(params.input)
    last_event_id = None
    if params.last_event_id is not msgspec.UNSET:
        last_event_id = params.last_event_id
        raw = add_last_event_id(raw, last_event_id)
    head = make_head(call.id, jsonrpc=call.jsonrpc is not msgspec.UNSET)
    return call.id, call.method, params.path, raw, MISSING, last_event_id, index, head


def _parse_anything(text: str, options: WireOptions) -> list[CallMessage | StopMessage]:
    """The thorough way, which also knows what is wrong with a message."""
    try:
        parsed = load_json(text)
        messages = (
            cast("list[object]", parsed) if isinstance(parsed, list) else [parsed]
        )
        if _is_oversized(len(messages), text, options):
            raise OversizedBatchError(_find_heads(messages))
        if options.transformer is not None and PROTOTYPE in text:
            for message in messages:
                _drop_prototypes(message)
        return [
            _parse_message(message, index, options)
            for index, message in enumerate(messages)
        ]
    except ValueError as error:
        raise TRPCError("PARSE_ERROR", cause=error) from error


def _drop_prototypes(message: object) -> None:
    if isinstance(message, dict):
        params = cast("dict[str, object]", message).get("params")
        if isinstance(params, dict):
            drop_prototypes(cast("dict[str, object]", params).get("input"))


def _find_heads(messages: list[object]) -> list[bytes]:
    heads: list[bytes] = []
    for message in messages:
        if isinstance(message, dict):
            fields = cast("dict[str, object]", message)
            request_id = fields.get("id")
            if (
                fields.get("method") != STOP
                and _is_id(request_id)
                and request_id is not None
            ):
                heads.append(
                    make_head(
                        cast("int | str", request_id),
                        jsonrpc=fields.get("jsonrpc") == "2.0",
                    )
                )
    return heads or [make_head(None, jsonrpc=False)]


def _is_id(value: object) -> bool:
    return value is None or (
        isinstance(value, int | float | str) and not isinstance(value, bool)
    )


def _parse_message(
    message: object, index: int, options: WireOptions
) -> CallMessage | StopMessage:
    if not isinstance(message, dict):
        raise ValueError("Not an object")
    fields = cast("dict[str, object]", message)
    request_id = fields.get("id", MISSING)
    if not _is_id(request_id):
        raise ValueError("Invalid request id")
    if isinstance(request_id, float) and request_id.is_integer():
        request_id = int(request_id)
    version = fields.get("jsonrpc", MISSING)
    if version is not MISSING and version != "2.0":
        raise ValueError("Must be JSONRPC 2.0")
    head = make_head(cast("RequestId", request_id), jsonrpc=version is not MISSING)
    method = fields.get("method")
    if method == STOP:
        return StopMessage(cast("RequestId", request_id), head)
    if not isinstance(method, str) or method not in CALL_KINDS:
        raise ValueError("Invalid procedure type")
    params = fields.get("params")
    if not isinstance(params, dict):
        raise ValueError("Not an object")
    return _parse_call(
        cast("RequestId", request_id),
        cast("CallKind", method),
        cast("dict[str, object]", params),
        index,
        head,
        options,
    )


def _parse_call(  # noqa: PLR0913, PLR0917  the parts of one message
    request_id: RequestId,
    kind: CallKind,
    params: dict[str, object],
    index: int,
    head: bytes,
    options: WireOptions,
) -> CallMessage:
    path = params.get("path")
    last_event_id = params.get("lastEventId", MISSING)
    if not isinstance(path, str) or not (
        last_event_id is MISSING or isinstance(last_event_id, str)
    ):
        raise ValueError("Invalid string")
    resume = last_event_id if isinstance(last_event_id, str) else None
    given = params.get("input", MISSING)
    if options.transformer is not None:
        value = options.transformer.deserialize(given)
        if resume is not None:
            value = merge_last_event_id(value, resume)
        return CallMessage(request_id, kind, path, None, value, resume, index, head)
    raw = None if given is MISSING else dump_json(given)
    if resume is not None:
        raw = add_last_event_id(raw, resume)
    return CallMessage(request_id, kind, path, raw, MISSING, resume, index, head)


def parse_params_frame(text: str) -> object:
    """The `data` of the first message of a connection that announced its params.

    Raises:
        TRPCError: PARSE_ERROR.
    """
    try:
        message = load_json(_mend(text))
    except ValueError as error:
        raise TRPCError(
            "PARSE_ERROR", "Malformed TRPCConnectionParamsMessage", cause=error
        ) from error
    if not isinstance(message, dict):
        raise TRPCError("PARSE_ERROR", "Malformed TRPCConnectionParamsMessage")
    return cast("dict[str, object]", message).get("data", MISSING)

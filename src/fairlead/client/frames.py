"""WebSocket frames as a client writes and reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from fairlead.client.errors import ProtocolError
from fairlead.protocol.messages import STOP, CallKind
from fairlead.protocol.transformer import dump_json

__all__ = [
    "Answer",
    "Message",
    "PendingRequest",
    "ReconnectRequest",
    "encode_call",
    "encode_params",
    "encode_stop",
    "parse_messages",
]


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A call or a subscription, wherever it is at the moment.

    Attributes:
        key: what the shell knows it by.
        id: on the wire; a new one each time it is sent, so that late answers reach nobody.
        connection: where it was sent; None while it waits for one.
    """

    key: int
    kind: CallKind
    path: str
    raw: bytes | None
    last_event_id: str | None
    id: int = 0
    connection: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Something about one request.

    Attributes:
        id: of the request; None when the connection itself is meant.
        kind: `data` with `data` and perhaps `event_id`, `error` with the shape in `data`.
        data: JSON; None for undefined.
    """

    id: int | None
    kind: Literal["started", "data", "stopped", "error"]
    data: bytes | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReconnectRequest:
    """The server is about to go: connect again, then leave this connection."""


Message: TypeAlias = Answer | ReconnectRequest


class _Result(msgspec.Struct):
    type: Literal["data", "started", "stopped"] = "data"
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    id: str | msgspec.UnsetType = msgspec.UNSET


class _Message(msgspec.Struct):
    id: int | None = None
    method: str | msgspec.UnsetType = msgspec.UNSET
    result: _Result | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_one = msgspec.json.Decoder(_Message).decode
_decode_many = msgspec.json.Decoder(list[_Message]).decode


def encode_call(request: PendingRequest) -> str:
    """The frame that calls a procedure."""
    params = b'{"path":%b' % dump_json(request.path)
    if request.raw is not None:
        params += b',"input":%b' % request.raw
    if request.last_event_id is not None:
        params += b',"lastEventId":%b' % dump_json(request.last_event_id)
    head = b'{"id":%d,"method":"%b"' % (request.id, request.kind.encode())
    return (b'%b,"params":%b}}' % (head, params)).decode()


def encode_stop(request_id: int) -> str:
    """The frame that ends a subscription."""
    return f'{{"id":{request_id},"method":"{STOP}"}}'


def encode_params(params: Mapping[str, str]) -> str:
    """The first frame of a connection that announced connection params."""
    return dump_json({"method": "connectionParams", "data": dict(params)}).decode()


def parse_messages(text: str) -> list[Message]:
    """The messages of a frame, which may hold one or several.

    Raises:
        ProtocolError: it is no frame of a tRPC server.
    """
    try:
        messages = _decode_many(text) if text.startswith("[") else [_decode_one(text)]
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(f"the server sent no tRPC message: {error}") from error
    return [_read(message) for message in messages]


def _read(message: _Message) -> Message:
    if message.method == "reconnect":
        return ReconnectRequest()
    if message.error is not msgspec.UNSET:
        return Answer(message.id, "error", bytes(message.error))
    if message.result is msgspec.UNSET:
        raise ProtocolError("the server sent a message without result and error")
    result = message.result
    return Answer(
        message.id,
        result.type,
        None if result.data is msgspec.UNSET else bytes(result.data),
        None if result.id is msgspec.UNSET else result.id,
    )

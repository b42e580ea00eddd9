"""Events of a subscription as they stand in WebSocket messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from fairlead.asgi.runtime import Runtime
from fairlead.calling import CompiledProcedure
from fairlead.protocol.transformer import dump_json, load_json
from fairlead.protocol.websocket import WebSocketProtocol
from fairlead.schema import RawJson
from fairlead.tracking import tracked

__all__ = ["encode_event", "get_encoder"]

encode_tail = WebSocketProtocol.encode_tail


def encode_event(
    runtime: Runtime, procedure: CompiledProcedure, event: object
) -> bytes:
    """An event's message without its head, which names the subscription.

    Raises:
        TRPCError: the event is not what the procedure declares.
    """
    if not isinstance(event, tracked):
        data = runtime.encode_output(procedure, procedure.output.check(event))
        return encode_tail(data)
    item = cast("tracked[object]", event)
    checked = procedure.output.check(item.data)
    transformer = runtime.options.transformer
    if transformer is not None:
        if isinstance(checked, RawJson):
            checked = load_json(cast("RawJson[object]", checked).data)
        wrapped = dump_json(transformer.serialize({"id": item.id, "data": checked}))
        return encode_tail(wrapped, item.id)
    data = runtime.encode_output(procedure, checked)
    tail = b"" if data is None else b',"data":%b' % data
    return encode_tail(b'{"id":%b%b}' % (dump_json(item.id), tail), item.id)


def get_encoder(
    runtime: Runtime, procedure: CompiledProcedure
) -> Callable[[object], bytes]:
    """`encode_event` for a procedure: one for all who subscribe."""
    found = runtime.encoders.get(procedure)
    if found is None:
        encode = partial(encode_event, runtime, procedure)
        found = runtime.encoders[procedure] = encode
    return found

"""The tRPC v11 wire without sockets: functions and state machines over bytes.

requests    an HTTP request as calls
inputs      raw inputs, read lazily
envelopes   answers and their status
shapes      errors as clients see them
jsonl, sse  streamed answers
messages,   WebSocket frames, and one connection as a state machine
websocket
superjson   values beyond JSON (superjson_encode, superjson_decode, superjson_paths),
javascript  and the kinds of them that Python lacks
options     every bound and switch
"""

from fairlead.protocol.javascript import BigInt, JsError, JsMap, OrderedSet, Url
from fairlead.protocol.options import (
    ErrorFormatter,
    ErrorInfo,
    JsonlOptions,
    KeepAlive,
    Limits,
    MetaInfo,
    ResponseMeta,
    ResponseMetaHook,
    SseOptions,
    WireOptions,
)
from fairlead.protocol.superjson import SuperJson
from fairlead.protocol.transformer import Transformer

__all__ = [
    "BigInt",
    "ErrorFormatter",
    "ErrorInfo",
    "JsError",
    "JsMap",
    "JsonlOptions",
    "KeepAlive",
    "Limits",
    "MetaInfo",
    "OrderedSet",
    "ResponseMeta",
    "ResponseMetaHook",
    "SseOptions",
    "SuperJson",
    "Transformer",
    "Url",
    "WireOptions",
]

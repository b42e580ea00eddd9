"""The tRPC v11 wire without sockets: functions and state machines over bytes.

requests    an HTTP request as calls
inputs      raw inputs, read lazily
envelopes   answers and their status
shapes      errors as clients see them
jsonl, sse  streamed answers
messages,   WebSocket frames, and one connection as a state machine
websocket
superjson   values beyond JSON
options     every bound and switch
"""

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
from fairlead.protocol.superjson import (
    BigInt,
    JsError,
    JsMap,
    OrderedSet,
    SuperJson,
    Url,
)
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

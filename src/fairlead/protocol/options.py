"""What one endpoint allows and how it speaks: every bound and switch of the wire, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fairlead.errors import DefinitionError, TRPCError

if TYPE_CHECKING:
    from fairlead.context import Context
    from fairlead.protocol.transformer import Transformer

__all__ = [
    "ErrorFormatter",
    "ErrorInfo",
    "JsonlOptions",
    "KeepAlive",
    "Limits",
    "MetaInfo",
    "ResponseMeta",
    "ResponseMetaHook",
    "SseOptions",
    "WireOptions",
    "WireType",
]

WireType = Literal["query", "mutation", "subscription", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Every bound of an endpoint. None lifts a bound.

    Attributes:
        body_bytes: longest request body that an input is read from.
        batch_size: calls in one HTTP request, messages in one WebSocket frame.
        url_bytes: longest path plus query string.
        form_fields: fields and files of one multipart form.
        json_depth: how deep an input may nest.
        message_bytes: longest WebSocket message.
        subscriptions_per_connection: subscriptions open at once on one WebSocket.
        calls_per_connection: queries and mutations running at once on one WebSocket.
        connections_per_user: WebSockets open at once by one user (by one address for guests).
        outbound_bytes: bytes waiting for a slow WebSocket reader before it is cut.
        idle_seconds: a WebSocket without subscription, call or message this long is closed.
        call_seconds: how long a query or mutation may take.
        stalled_seconds: how long a reader may take nothing of an answer that is sent on in chunks.
    """

    body_bytes: int | None = 1_048_576
    batch_size: int | None = 100
    url_bytes: int | None = 16_384
    form_fields: int | None = 1000
    json_depth: int | None = 100
    message_bytes: int | None = 1_048_576
    subscriptions_per_connection: int | None = 256
    calls_per_connection: int | None = 256
    connections_per_user: int | None = 64
    outbound_bytes: int | None = 16_777_216
    idle_seconds: float | None = 600.0
    call_seconds: float | None = 60.0
    stalled_seconds: float | None = 30.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise DefinitionError(
                    f"Limits.{name} is {value}: give a positive bound, or None for no bound"
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class SseOptions:
    """Subscriptions over server-sent events.

    Attributes:
        ping_seconds: an event this often while nothing else is sent; None for no pings.
        max_seconds: the stream is ended (and resumed by the client) after this long.
        end_after_first: end right after the first event, for platforms that buffer.
        reconnect_after_inactivity_ms: told to the client: reconnect after that much silence.
    """

    enabled: bool = True
    ping_seconds: float | None = None
    max_seconds: float | None = None
    end_after_first: bool = False
    reconnect_after_inactivity_ms: int | None = None

    def __post_init__(self) -> None:
        ping, silence = self.ping_seconds, self.reconnect_after_inactivity_ms
        if ping is not None and silence is not None and ping * 1000 > silence:
            raise DefinitionError(
                f"SseOptions pings every {ping:g} s, but tells clients to reconnect after "
                f"{silence} ms of silence: ping more often"
            )

    @property
    def client(self) -> dict[str, int]:
        """The options that the `connected` event hands to the client."""
        silence = self.reconnect_after_inactivity_ms
        return {} if silence is None else {"reconnectAfterInactivityMs": silence}


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonlOptions:
    """Batches whose results stream as JSON lines."""

    ping_seconds: float | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepAlive:
    """WebSocket keep-alive: PING after that much quiet, cut after no message for `pong_seconds`."""

    ping_seconds: float = 30.0
    pong_seconds: float = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorInfo:
    """What an error formatter is told.

    Attributes:
        type: of the procedure; `unknown` for an error outside any call.
        path: of the call, or None.
        context: the root context, or None when there is none (yet).
    """

    error: TRPCError
    type: WireType
    path: str | None
    context: Context | None


ErrorFormatter = Callable[[dict[str, object], ErrorInfo], Mapping[str, object]]
"""Gets tRPC's default shape and what is known; returns the shape to send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MetaInfo:
    """What the response hook is told.

    Attributes:
        paths: of the calls; None when the request could not be understood.
        type: of the first call whose procedure exists.
        errors: of the calls that failed; always empty for `eager`.
        eager: the headers go out before the results (JSONL, SSE).
    """

    context: Context | None
    paths: Sequence[str] | None
    type: WireType
    errors: Sequence[TRPCError] = ()
    eager: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseMeta:
    """Headers to add, and a status to send in place of the computed one."""

    headers: Sequence[tuple[str, str]] = ()
    status: int | None = None


ResponseMetaHook = Callable[[MetaInfo], ResponseMeta]


@dataclass(frozen=True, kw_only=True, slots=True)
class WireOptions:
    """How one endpoint speaks tRPC.

    Attributes:
        transformer: None for plain JSON; `SuperJson()` for dates, maps, sets and bigints.
        allow_batching: accept several calls in one HTTP request.
        allow_method_override: accept queries and subscriptions by POST.
        path_separator: accepted in URLs beside the dot.
        show_traces: put the traceback in errors; for development only.
        show_internal_messages: tell clients the message of unexpected exceptions, as tRPC does;
            otherwise they read "Internal server error" and the log has the rest.
        format_error: changes the shape of every error.
        response_meta: adds headers to every response.
        keep_alive: WebSocket pings; None for none.
    """

    limits: Limits = field(default_factory=Limits)
    transformer: Transformer | None = None
    allow_batching: bool = True
    allow_method_override: bool = False
    path_separator: str = "."
    show_traces: bool = False
    show_internal_messages: bool = False
    format_error: ErrorFormatter | None = None
    response_meta: ResponseMetaHook | None = None
    sse: SseOptions = field(default_factory=SseOptions)
    jsonl: JsonlOptions = field(default_factory=JsonlOptions)
    keep_alive: KeepAlive | None = None

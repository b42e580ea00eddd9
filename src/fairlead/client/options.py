"""How a client speaks, and every bound of it, in one place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar, cast

from fairlead.errors import DefinitionError
from fairlead.protocol.options import KeepAlive
from fairlead.protocol.transformer import Transformer

__all__ = ["ClientOptions", "Given", "Reconnect", "resolve"]

T = TypeVar("T")

Given: TypeAlias = T | Callable[[], T | Awaitable[T]]
"""A value, or a function (async or not) that is asked for it at each request."""


async def resolve(given: Given[T]) -> T:
    """The value now."""
    value: object = given() if callable(given) else given
    if isinstance(value, Awaitable):
        value = await cast("Awaitable[object]", value)
    return cast("T", value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconnect:
    """How long to wait before another attempt: exponential, with full jitter.

    Attributes:
        initial: seconds, at most, before the first attempt; doubled for each further one.
        maximum: seconds, at most, before any attempt.
        attempts: give up after that many in a row; None for never.
    """

    initial: float = 0.5
    maximum: float = 30.0
    attempts: int | None = None

    def get_delay(self, attempt: int, chance: float) -> float:
        """Seconds to wait before attempt 0, 1, ...; `chance` is random, from 0 to 1."""
        # A bound on the power: 2.0 ** 1024 is an error, and nobody waits for it anyway.
        return chance * min(self.maximum, self.initial * 2.0 ** min(attempt, 64))

    def is_exhausted(self, attempt: int) -> bool:
        """Have there been enough attempts?"""
        return self.attempts is not None and attempt >= self.attempts


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientOptions:
    """How a client speaks.

    Attributes:
        subscriptions: over one WebSocket for all, or an HTTP stream (SSE) for each.
        calls: queries and mutations over HTTP, or over the subscriptions' WebSocket.
        batch_size: calls of one loop turn that share a request, at most; 1 for no batches.
        stream_batches: have all answers streamed, so that none waits for a slower one of its
            batch; otherwise only those of procedures that stream are.
        url_bytes: longest URL; queries with more input are refused, unless `post_queries`.
        post_queries: send queries by POST; the server must allow the method override.
        path_separator: what joins the names of a path in URLs; the server must accept it.
        transformer: None for plain JSON; the server's, such as `SuperJson()`.
        call_seconds: how long a query or mutation may take; None for no bound.
        connect_seconds: how long opening a connection may take.
        reconnect: waiting between attempts to connect.
        keep_alive: WebSocket pings by the client; None for none.
        silence_seconds: an SSE stream that is silent for longer is opened again; by default
            what the server asks for.
        idle_seconds: the WebSocket is closed when nothing used it this long; None for never.
        buffer_events: events of one subscription that wait to be read, at most. Beyond that
            one that can be resumed is stopped until they are read, others fail.
        message_bytes: longest WebSocket message, SSE event or streamed line.
        response_bytes: longest response that is not streamed.
    """

    subscriptions: Literal["websocket", "sse"] = "websocket"
    calls: Literal["http", "websocket"] = "http"
    batch_size: int = 10
    stream_batches: bool = False
    url_bytes: int = 8_000
    post_queries: bool = False
    path_separator: str = "."
    transformer: Transformer | None = None
    call_seconds: float | None = 60.0
    connect_seconds: float | None = 10.0
    reconnect: Reconnect = field(default_factory=Reconnect)
    keep_alive: KeepAlive | None = field(default_factory=KeepAlive)
    silence_seconds: float | None = None
    idle_seconds: float | None = 60.0
    buffer_events: int = 1_000
    message_bytes: int = 134_217_728
    response_bytes: int = 268_435_456

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise DefinitionError(
                    f"ClientOptions.{name} is {value}: give a positive bound"
                )


_POSITIVE = (
    "batch_size",
    "url_bytes",
    "call_seconds",
    "connect_seconds",
    "silence_seconds",
    "idle_seconds",
    "buffer_events",
    "message_bytes",
    "response_bytes",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What a client says of itself; kept out of every repr.

    Attributes:
        headers: of every HTTP request and of the WebSocket's upgrade request.
        token: sent as `Authorization: Bearer`.
        connection_params: tRPC's connection params, for subscriptions.
    """

    headers: Given[Mapping[str, str]] | None = field(default=None, repr=False)
    token: Given[str] | None = field(default=None, repr=False)
    connection_params: Given[Mapping[str, str]] | None = field(default=None, repr=False)

    async def get_headers(self) -> dict[str, str]:
        """The headers of a request that is about to be made."""
        headers = {} if self.headers is None else dict(await resolve(self.headers))
        if self.token is not None:
            headers["authorization"] = f"Bearer {await resolve(self.token)}"
        return headers

    async def get_connection_params(self) -> Mapping[str, str] | None:
        """The connection params of a connection that is about to be made."""
        if self.connection_params is None:
            return None
        return await resolve(self.connection_params)

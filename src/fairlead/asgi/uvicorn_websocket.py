"""uvicorn's WebSocket protocol class for Fairlead: from the socket to the session and back.

    uvicorn.run(app, ws="fairlead.asgi.uvicorn_websocket:DirectWebSocketProtocol")

`fairlead serve` does so. A connection to an application's own endpoint goes past ASGI: no task,
queue or copy per message. Everything else is left to uvicorn's own protocol.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, cast
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from fairlead.asgi.app import Fairlead
from fairlead.asgi.direct import DirectOutbox
from fairlead.asgi.types import Message, Receive, Scope, Send
from fairlead.asgi.websocket import WebSocketEndpoint
from fairlead.asgi.websocket_session import WebSocketSession
from fairlead.protocol.frames import (
    Arrived,
    FrameError,
    FrameReader,
    HandshakeError,
    Opcode,
    answer_handshake,
    make_close,
    make_control,
)

__all__ = ["DirectWebSocketProtocol"]

log = logging.getLogger("fairlead.websocket")

CLOSE_SECONDS = 10.0


class DirectWebSocketProtocol(asyncio.Protocol):
    """See the module's description.

    Attributes:
        is_slow: the transport's buffer is above its high-water mark.
        heard: something has arrived since the keep-alive last looked.
        silent: for how many of its looks nothing has.
        unread: bytes that were waiting when it last looked.
    """

    __slots__ = (
        "_closing",
        "_config",
        "_endpoint",
        "_fallback",
        "_reader",
        "_server",
        "_session",
        "_state",
        "heard",
        "is_slow",
        "outbox",
        "silent",
        "transport",
        "unread",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._server = server_state
        self._state = app_state
        self._fallback: WebSocketsSansIOProtocol | None = None
        self._session: WebSocketSession | None = None
        self._endpoint: WebSocketEndpoint | None = None
        self._reader: FrameReader | None = None
        self._closing: asyncio.TimerHandle | None = None
        self.outbox: DirectOutbox | None = None
        self.is_slow = False
        self.heard = True
        self.silent = 0
        self.unread = 0

    # --- what uvicorn and the transport call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there; the handshake follows at once."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived: first the whole head of the request, then frames."""
        if self._fallback is not None:
            self._fallback.data_received(data)
        elif self._reader is None:
            self._open(data)
        else:
            self.heard = True
            self._read(self._reader, data)

    def eof_received(self) -> None:
        """The client sends no more."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if self._fallback is not None:
            self._fallback.connection_lost(exc)
            return
        self._server.connections.discard(cast("Any", self))
        if self._closing is not None:
            self._closing.cancel()
        _KeepAlive.of(self._server, self._config).remove(self)
        self._finish()

    def pause_writing(self) -> None:
        """The reader is slow."""
        if self._fallback is not None:
            self._fallback.pause_writing()
        self.is_slow = True

    def resume_writing(self) -> None:
        """The reader has caught up."""
        if self._fallback is not None:
            self._fallback.resume_writing()
        self.is_slow = False
        if self.outbox is not None:
            self.outbox.tell_room()

    def shutdown(self) -> None:
        """The server stops."""
        if self._fallback is not None:
            self._fallback.shutdown()
            return
        self.transport.write(make_close(1012))
        self.transport.close()

    # --- the handshake

    def _open(self, data: bytes) -> None:
        start, _, rest = data.partition(b"\r\n")
        target = start.split(b" ")[1]
        raw_path, _, query = target.partition(b"?")
        path = self._config.root_path + unquote(raw_path.decode("ascii"))
        app, proxy = _find_app(self._config)
        endpoint = app.find_websocket(path) if app is not None else None
        if endpoint is None:
            self._fall_back(data)
            return
        headers = _split_headers(rest)
        try:
            answer = answer_handshake(dict(headers))
        except HandshakeError as error:
            self._refuse(error.status, str(error))
            return
        scope = self._make_scope(path, query, headers)
        if proxy is not None and any(b"forwarded" in name for name, _ in headers):
            _apply_proxy_headers(proxy, scope)
        refusal = endpoint.find_refusal(scope)
        if refusal is not None:
            self._refuse(b"403 Forbidden", refusal.reason)
            return
        self.transport.write(answer)
        self._server.connections.add(cast("Any", self))
        _KeepAlive.of(self._server, self._config).add(self)
        self._reader = FrameReader(self._config.ws_max_size)
        self._start(endpoint, scope)

    def _make_scope(
        self, path: str, query: bytes, headers: list[tuple[bytes, bytes]]
    ) -> Scope:
        return {
            "type": "websocket",
            "scheme": "wss" if is_ssl(self.transport) else "ws",
            "path": path,
            "root_path": self._config.root_path,
            "query_string": query,
            "headers": headers,
            "client": get_remote_addr(self.transport),
            "server": get_local_addr(self.transport),
            "state": self._state,
        }

    def _refuse(self, status: bytes, reason: str) -> None:
        text = reason.encode()
        self.transport.write(
            b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (status, len(text), text)
        )
        self.transport.close()

    def _fall_back(self, data: bytes) -> None:
        """The connection is not for an endpoint of ours: uvicorn's own protocol serves it."""
        protocol = WebSocketsSansIOProtocol(self._config, self._server, self._state)
        self._fallback = protocol
        protocol.connection_made(self.transport)
        protocol.data_received(data)

    # --- the session

    def _start(self, endpoint: WebSocketEndpoint, scope: Scope) -> None:
        self._endpoint = endpoint
        self._session = session = endpoint.open(scope)
        self.outbox = DirectOutbox(self, endpoint.outbound_bytes)
        self.outbox.on_broken = self._close
        session.start(self.outbox)

    def _read(self, reader: FrameReader, data: bytes) -> None:
        try:
            for arrived in reader.feed(data):
                self._take(arrived)
        except FrameError as error:
            self._end(error.code, error.reason)

    def _take(self, arrived: Arrived) -> None:
        session = self._session
        match arrived.opcode:
            case Opcode.PING:
                self.transport.write(make_control(Opcode.PONG, arrived.data))
            case Opcode.CLOSE:
                if self._closing is None:
                    self.transport.write(make_control(Opcode.CLOSE, arrived.data))
                self.transport.close()
            case Opcode.TEXT if session is not None:
                try:
                    text = str(arrived.data, "utf-8")
                except UnicodeDecodeError:
                    raise FrameError(1007, "invalid UTF-8") from None
                session.receive(text)
            case Opcode.BINARY if session is not None:
                session.receive(None)
            case _:
                pass

    def _close(self) -> None:
        """The session has ended the connection, or its reader is too slow."""
        outbox = self.outbox
        if outbox is None or outbox.overflowed:
            self.transport.abort()  # what it did not read must not stay in memory
        elif outbox.close_frame is not None:
            self._end(outbox.close_frame.code, outbox.close_frame.reason)

    def _end(self, code: int, reason: str) -> None:
        """Sends the close frame; the client answers it, or is cut off."""
        if self._closing is None and not self.transport.is_closing():
            self.transport.write(make_close(code, reason))
            self._closing = asyncio.get_running_loop().call_later(
                CLOSE_SECONDS, self.transport.abort
            )
            self._finish()

    def _finish(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._endpoint is not None:
            task = asyncio.get_running_loop().create_task(self._endpoint.close(session))
            self._server.tasks.add(task)
            task.add_done_callback(self._server.tasks.discard)


def _find_app(config: Config) -> tuple[Fairlead | None, ProxyHeadersMiddleware | None]:
    app = cast("object", config.loaded_app)  # pyright: ignore[reportUnknownMemberType]
    proxy = app if isinstance(app, ProxyHeadersMiddleware) else None
    if proxy is not None:
        app = proxy.app
    return (app if isinstance(app, Fairlead) else None), proxy


def _split_headers(head: bytes) -> list[tuple[bytes, bytes]]:
    """Of uvicorn's own making: one per line, names in lower case."""
    found: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            found.append((name, value.strip()))
    return found


async def _take_scope(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that does nothing: the middleware's work on the scope is all."""


async def _receive_nothing() -> Message:
    return {}


async def _send_nothing(message: Message) -> None:
    del message


def _apply_proxy_headers(proxy: ProxyHeadersMiddleware, scope: Scope) -> None:
    """The client's own address, where a proxy that is trusted says so."""
    middleware = _bare.get(proxy)
    if middleware is None:
        middleware = _bare[proxy] = ProxyHeadersMiddleware(cast("Any", _take_scope))
        middleware.trusted_hosts = proxy.trusted_hosts
    run = cast("Callable[..., Coroutine[Any, Any, None]]", middleware)
    try:
        run(scope, _receive_nothing, _send_nothing).send(None)  # it never waits
    except StopIteration:
        return


_bare: WeakKeyDictionary[ProxyHeadersMiddleware, ProxyHeadersMiddleware] = (
    WeakKeyDictionary()
)


class _KeepAlive:
    """Pings who is silent, and cuts who does not answer: one timer for all connections."""

    def __init__(self, interval: float | None, timeout: float | None) -> None:
        self._period = (interval or 0.0) / 2
        self._patience = 2 + round((timeout or 1e9) / self._period) if interval else 0
        self._connections: set[DirectWebSocketProtocol] = set()
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def of(cls, state: ServerState, config: Config) -> _KeepAlive:
        """The one of a server."""
        found = _keep_alives.get(state)
        if found is None:
            found = cls(config.ws_ping_interval, config.ws_ping_timeout)
            _keep_alives[state] = found
        return found

    def add(self, connection: DirectWebSocketProtocol) -> None:
        self._connections.add(connection)
        if self._period and self._timer is None:
            self._set_timer()

    def remove(self, connection: DirectWebSocketProtocol) -> None:
        self._connections.discard(connection)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._period, self._look)

    def _look(self) -> None:
        for connection in list(self._connections):
            self._look_at(connection)
        self._set_timer()

    def _look_at(self, connection: DirectWebSocketProtocol) -> None:
        unread = connection.transport.get_write_buffer_size()
        # A client that still reads what came before has not had the ping yet.
        if connection.heard or (unread and unread != connection.unread):
            connection.heard, connection.silent = False, 0
        else:
            connection.silent += 1
            if connection.silent == 2:
                connection.transport.write(make_control(Opcode.PING))
            elif connection.silent > self._patience:
                connection.transport.abort()
        connection.unread = unread


_keep_alives: WeakKeyDictionary[ServerState, _KeepAlive] = WeakKeyDictionary()

"""uvicorn's protocol classes for Fairlead: from the socket to the session and back.

    uvicorn.run(
        app,
        http="fairlead.asgi.uvicorn_websocket:DirectHttpProtocol",
        ws="fairlead.asgi.uvicorn_websocket:DirectWebSocketProtocol",
    )

`fairlead serve` does so. A connection to an application's own endpoint goes past ASGI: no task,
queue or copy per message. Everything else is left to uvicorn's own protocols.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, cast
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from fairlead.asgi.app import Fairlead
from fairlead.asgi.direct import DirectOutbox
from fairlead.asgi.keep_alive import KeepAlive
from fairlead.asgi.requests import Headers
from fairlead.asgi.types import Message, Receive, Scope, Send
from fairlead.asgi.websocket import WebSocketEndpoint
from fairlead.asgi.websocket_session import WebSocketSession
from fairlead.protocol.frames import (
    Arrived,
    FrameError,
    FrameReader,
    Opcode,
    make_close,
    make_control,
)
from fairlead.protocol.handshake import HandshakeError, answer_handshake, read_upgrade

__all__ = ["DirectHttpProtocol", "DirectWebSocketProtocol"]

CLOSE_SECONDS = 10.0
_make_http = cast("Callable[..., asyncio.Protocol]", AutoHTTPProtocol)
_TEXT = Opcode.TEXT  # members of an enumeration are slow to look up
_FORWARDED = frozenset(("x-forwarded-for", "x-forwarded-proto"))


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
        "_serving",
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
        self._serving = _Serving.of(server_state, config)
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
        self._serving.keep_alive.remove(self)
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
        serving, head = self._serving, read_upgrade(data)
        if head is None:
            self._fall_back(data)
            return
        raw_path, _, query = head.target.partition("?")
        path = serving.root_path + unquote(raw_path)
        endpoint = serving.find_endpoint(path)
        if endpoint is None:
            self._fall_back(data)
            return
        try:
            answer = answer_handshake(head.headers)
        except HandshakeError as error:
            self._refuse(error.status, str(error))
            return
        headers = Headers.of(head.headers)
        refusal = endpoint.find_refusal(headers)
        if refusal is not None:
            self._refuse(b"403 Forbidden", refusal.reason)
            return
        scope: Scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode("ascii"),
            "client": _find_client(self.transport),
        }
        serving.apply_proxy_headers(scope, head.headers)
        self.transport.write(answer)
        self._server.connections.add(cast("Any", self))
        serving.keep_alive.add(self)
        self._reader = FrameReader(self._config.ws_max_size)
        self._start(endpoint, scope, headers)

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

    def _start(
        self, endpoint: WebSocketEndpoint, scope: Scope, headers: Headers
    ) -> None:
        self._endpoint = endpoint
        self._session = session = endpoint.open(scope, headers)
        self.outbox = DirectOutbox(self, endpoint.outbound_bytes)
        session.start(self.outbox)

    def _read(self, reader: FrameReader, data: bytes) -> None:
        try:
            for arrived in reader.feed(data):
                self._take(arrived)
        except FrameError as error:
            self._end(error.code, error.reason)

    def _take(self, arrived: Arrived) -> None:
        session = self._session
        if session is not None and arrived.opcode is _TEXT:
            try:
                text = str(arrived.data, "utf-8")
            except UnicodeDecodeError:
                raise FrameError(1007, "invalid UTF-8") from None
            session.receive(text)
            return
        match arrived.opcode:
            case Opcode.PING:
                self.transport.write(make_control(Opcode.PONG, arrived.data))
            case Opcode.CLOSE:
                if self._closing is None:
                    self.transport.write(make_control(Opcode.CLOSE, arrived.data))
                self.transport.close()
            case Opcode.BINARY if session is not None:
                session.receive(None)
            case _:
                pass

    def end(self) -> None:
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


class DirectHttpProtocol(DirectWebSocketProtocol):
    """The same from the first byte on: no parser of HTTP is made for what opens a WebSocket.

    Where the first bytes are anything else, uvicorn's own protocol takes the connection over.
    """

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there, and nothing has arrived yet."""
        super().connection_made(transport)
        self._server.connections.add(cast("Any", self))

    def shutdown(self) -> None:
        """The server stops."""
        if self._reader is None:
            self.transport.close()
        else:
            super().shutdown()

    def _fall_back(self, data: bytes) -> None:
        self._server.connections.discard(cast("Any", self))
        protocol = _make_http(
            config=self._config, server_state=self._server, app_state=self._state
        )
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        protocol.data_received(data)


class _Serving:
    """What all connections of a server have in common.

    Attributes:
        keep_alive: pings them.
        root_path: where the application is mounted, as the server was told.
    """

    def __init__(self, config: Config) -> None:
        app = cast("object", config.loaded_app)  # pyright: ignore[reportUnknownMemberType]
        self._proxy: ProxyHeadersMiddleware | None = None
        if isinstance(app, ProxyHeadersMiddleware):
            self._proxy = ProxyHeadersMiddleware(cast("Any", _take_scope))
            self._proxy.trusted_hosts = app.trusted_hosts
            app = app.app
        self._app = app if isinstance(app, Fairlead) else None
        self.root_path = config.root_path
        self.keep_alive = KeepAlive(config.ws_ping_interval, config.ws_ping_timeout)

    @classmethod
    def of(cls, state: ServerState, config: Config) -> _Serving:
        """That of a server."""
        found = _servings.get(state)
        if found is None:
            found = _servings[state] = cls(config)
        return found

    def find_endpoint(self, path: str) -> WebSocketEndpoint | None:
        """What serves WebSockets there, past ASGI."""
        return self._app.find_websocket(path) if self._app is not None else None

    def apply_proxy_headers(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """The client's own address, where a proxy that is trusted says so."""
        if self._proxy is None or not _FORWARDED.intersection(headers):
            return
        scope["headers"] = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in headers.items()
        ]
        run = cast("Callable[..., Coroutine[Any, Any, None]]", self._proxy)
        try:
            run(scope, _receive_nothing, _send_nothing).send(None)  # it never waits
        except StopIteration:
            return


_servings: WeakKeyDictionary[ServerState, _Serving] = WeakKeyDictionary()


def _find_client(transport: asyncio.Transport) -> tuple[str, int] | None:
    info: object = transport.get_extra_info("peername")
    if not isinstance(info, tuple):
        return None  # a socket of the file system
    host, port, *_ = cast("tuple[str, int]", info)
    return host, port


async def _take_scope(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that does nothing: the middleware's work on the scope is all."""


async def _receive_nothing() -> Message:
    return {}


async def _send_nothing(message: Message) -> None:
    del message

"""uvicorn's WebSocket protocol with a direct way to the socket, for Fairlead's own connections.

    uvicorn.run(app, ws="fairlead.asgi.uvicorn_websocket:DirectWebSocketProtocol")

`fairlead serve` does so. Handshake, closing, pings and every other application are uvicorn's own
and served through ASGI. An endpoint that finds itself in the scope's extensions may attach to the
socket instead: it is called with each message, and writes frames to the transport itself. That
saves a queue, a task and three copies per message; flow control is the transport's.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from fairlead.asgi.direct import EXTENSION, DirectOutbox, Receiver

__all__ = ["DirectWebSocketProtocol"]


class _Inbox:
    """Stands in for uvicorn's queue of ASGI events: passes them on at once."""

    __slots__ = ("_receiver",)

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def put_nowait(self, event: dict[str, Any]) -> None:
        """Called by uvicorn's protocol."""
        _pass_on(event, self._receiver)

    def empty(self) -> bool:
        """Nothing waits here."""
        return True


def _pass_on(event: Any, receiver: Receiver) -> None:
    if event["type"] == "websocket.disconnect":
        receiver.disconnected()
    elif event["type"] == "websocket.receive":
        receiver.receive(event.get("text"))


class DirectWebSocketProtocol(WebSocketsSansIOProtocol):
    """See the module's description."""

    _receiver: Receiver | None = None
    _unread = 0
    _outbox: DirectOutbox | None = None

    def handle_connect(self, event: Request) -> None:
        """The handshake has arrived."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions = cast("dict[str, dict[str, object]]", self.scope)["extensions"]
            extensions[EXTENSION] = self

    def attach(self, receiver: Receiver, outbox: DirectOutbox) -> None:
        """Takes an accepted connection over."""
        waiting = self.queue
        self._receiver = receiver
        self._outbox = outbox
        self.queue = _Inbox(receiver)  # type: ignore[assignment]
        while not waiting.empty():
            _pass_on(waiting.get_nowait(), receiver)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def detach(self) -> None:
        """Forgets the receiver; what arrives from now on is dropped."""
        self._receiver = None
        self._outbox = None
        self.queue = asyncio.Queue()

    def send_receive_event_to_app(self) -> None:
        """A message is complete."""
        receiver = self._receiver
        if receiver is None:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type != "text":
            receiver.receive(None)
            return
        try:
            text = str(data, "utf-8")
        except UnicodeDecodeError:
            self.conn.fail(1007, "invalid UTF-8")
            self.handle_parser_exception()
            return
        receiver.receive(text)

    def resume_writing(self) -> None:
        """The reader has caught up."""
        super().resume_writing()
        if self._outbox is not None and not self.transport.is_closing():
            self._outbox.tell_room()

    def keepalive_timeout(self) -> None:
        """No pong in time: the client is gone, unless it still reads what came before."""
        size = self.transport.get_write_buffer_size()
        if size and size != self._unread and self.ping_timeout is not None:
            self._unread = size
            self.pong_timer = self.loop.call_later(
                self.ping_timeout, self.keepalive_timeout
            )
            return
        super().keepalive_timeout()

"""A WebSocket written to directly, past ASGI: frames made once, flow control by the transport."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from fairlead.asgi.outbox import KEPT_BYTES, KEPT_FORMS, Outbox
from fairlead.asgi.types import Scope
from fairlead.protocol.websocket import Close
from fairlead.pushing import SharedEvent

__all__ = [
    "EXTENSION",
    "DirectOutbox",
    "DirectSocket",
    "Receiver",
    "find_direct",
    "make_frame",
]

EXTENSION = "fairlead.direct"
"""The key among an ASGI scope's extensions under which a server offers a `DirectSocket`."""
SMALL, MEDIUM = 126, 65_536


class Receiver(Protocol):
    """Who is told what arrives."""

    def receive(self, text: str | None) -> None:
        """A message; None for a binary one."""
        ...

    def disconnected(self) -> None:
        """The client has gone, or the server is about to."""
        ...


class DirectSocket(Protocol):
    """What a server's own WebSocket protocol offers an endpoint.

    Attributes:
        writable: set while the transport's buffer is below its high-water mark.
    """

    transport: asyncio.Transport
    writable: asyncio.Event

    def attach(self, receiver: Receiver, outbox: DirectOutbox) -> None:
        """Takes an accepted connection over; `outbox.tell_room` is called when there is room."""
        ...

    def detach(self) -> None:
        """Gives it back to ASGI, to be closed."""
        ...


def make_head(size: int) -> bytes:
    """The head of an unfragmented, unmasked text frame (RFC 6455, 5.2)."""
    if size < SMALL:
        return bytes((0x81, size))
    if size < MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")


def make_frame(payload: bytes) -> bytes:
    """A text frame as a server sends it."""
    return make_head(len(payload)) + payload


class DirectOutbox(Outbox):
    """Writes frames to the transport, which sends all of one loop turn in one system call."""

    def __init__(self, socket: DirectSocket, bound: int | None) -> None:
        super().__init__(bound)
        self._socket = socket
        self._write = socket.transport.write
        self._writable = socket.writable
        self._event_size = 0

    @property
    def has_room(self) -> bool:
        """Is the transport's buffer below its high-water mark?"""
        return self._writable.is_set()

    @property
    def _is_open(self) -> bool:
        return not self._socket.transport.is_closing() and self.close_frame is None

    def post(self, text: str) -> None:
        """Writes a frame."""
        if not self._is_open or self.overflowed:
            return
        self._write(make_frame(text.encode()))
        size = self._socket.transport.get_write_buffer_size()
        if self._bound is not None and size > self._bound + self._event_size:
            self._overflow()

    def post_event(self, head: bytes, tail: bytes) -> None:
        """Writes an event."""
        if self._is_open:
            self._event_size = len(tail)
            self._write(make_head(len(head) + len(tail)) + head)
            self._write(tail)

    def post_shared(self, head: bytes, tail: bytes, event: SharedEvent) -> None:
        """Writes an event; its frame is made once for all that use the same id."""
        frame = event.encoded.get(head)
        if frame is None:
            if len(tail) > KEPT_BYTES:
                # The transport keeps a reference: slow readers share the large part.
                self.post_event(head, tail)
                return
            frame = make_frame(head + tail)
            if len(event.encoded) < KEPT_FORMS:
                event.encoded[head] = frame
        if self._is_open:
            self._write(frame)  # type: ignore[arg-type]

    def tell_room(self) -> None:
        """The transport has sent what it had."""
        self._event_size = 0
        self._tell_room()

    def close(self, close: Close) -> None:
        """Closes the connection after what is queued."""
        if self.close_frame is None:
            self.close_frame = close
            if self.on_broken is not None:
                self.on_broken()


def find_direct(scope: Scope) -> DirectSocket | None:
    """The socket behind an ASGI scope, where the server offers it."""
    extensions: dict[str, object] = scope.get("extensions") or {}
    return cast("DirectSocket | None", extensions.get(EXTENSION))

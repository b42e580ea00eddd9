"""Writing to a WebSocket's transport: frames made once, flow control by the transport."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from fairlead.asgi.outbox import KEPT_BYTES, KEPT_FORMS, Outbox
from fairlead.protocol.frames import make_frame, make_head
from fairlead.protocol.websocket import Close
from fairlead.pushing import SharedEvent

__all__ = ["DirectOutbox", "DirectSocket"]


class DirectSocket(Protocol):
    """A connection that was accepted.

    Attributes:
        is_slow: the transport's buffer is above its high-water mark.
    """

    transport: asyncio.Transport
    is_slow: bool

    def end(self) -> None:
        """The session is over, or its reader too slow."""
        ...


class DirectOutbox(Outbox):
    """Writes frames to the transport, which sends all of one loop turn in one system call."""

    __slots__ = ("_event_size", "_socket", "_write")

    def __init__(self, socket: DirectSocket, bound: int | None) -> None:
        super().__init__(bound)
        self._socket = socket
        self._write = socket.transport.write
        self._event_size = 0

    @property
    def has_room(self) -> bool:
        """Is the transport's buffer below its high-water mark?"""
        return not self._socket.is_slow

    @property
    def _is_open(self) -> bool:
        return self.close_frame is None and not self._socket.transport.is_closing()

    def post(self, text: str) -> None:
        """Writes a frame."""
        if not self._is_open or self.overflowed:
            return
        self._write(make_frame(text.encode()))
        self._check_bound()

    def post_pieces(self, pieces: Sequence[bytes]) -> None:
        """Writes a frame; the transport keeps references to large pieces."""
        if not self._is_open or self.overflowed:
            return
        size = sum(map(len, pieces))
        if size <= KEPT_BYTES:
            self._write(make_frame(b"".join(pieces)))
        else:
            self._socket.transport.writelines([make_head(size), *pieces])
        self._check_bound()

    def _check_bound(self) -> None:
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
        if not isinstance(frame, bytes):
            if len(tail) > KEPT_BYTES:
                # The transport keeps a reference: slow readers share the large part.
                self.post_event(head, tail)
                return
            frame = make_frame(head + tail)
            if len(event.encoded) < KEPT_FORMS:
                event.encoded[head] = frame
        if self._is_open:
            self._write(frame)

    def tell_room(self) -> None:
        """The transport has sent what it had."""
        self._event_size = 0
        self._tell_room()

    def close(self, close: Close) -> None:
        """Closes the connection after what is queued."""
        if self.close_frame is None:
            self.close_frame = close
            self._tell_end()

    def _tell_end(self) -> None:
        self._socket.end()

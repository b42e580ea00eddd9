"""The frames that wait for a WebSocket's reader."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from fairlead.asgi.types import Send
from fairlead.protocol.websocket import Close
from fairlead.pushing import SharedEvent

__all__ = ["AsgiOutbox", "Outbox", "send_close"]

ROOM = 65_536
CLOSE_SECONDS = 1.0
KEPT_FORMS = 64
"""Subscription ids are small numbers, so most clients' frames are the same bytes."""
KEPT_BYTES = 65_536
"""A larger event is put together for each reader, or sent in two parts."""


class Writer(Protocol):
    """Who has more to send than there was room for."""

    def send_waiting(self) -> None:
        """There is room again after there was none."""
        ...


class Outbox(ABC):
    """What waits to be sent. Memory is bounded: a reader too slow for that is cut off.

    Attributes:
        writer: is told of room.
        close_frame: how the connection is to be closed, once it is.
        overflowed: the reader was too slow.
    """

    __slots__ = (
        "_bound",
        "_room_waiters",
        "close_frame",
        "overflowed",
        "writer",
    )

    def __init__(self, bound: int | None) -> None:
        self._bound = bound
        self._room_waiters: list[asyncio.Future[None]] | None = None
        self.writer: Writer | None = None
        self.close_frame: Close | None = None
        self.overflowed = False

    @property
    @abstractmethod
    def has_room(self) -> bool:
        """Does the reader keep up? A subscription goes no faster than that."""

    @abstractmethod
    def post(self, text: str) -> None:
        """Queues a frame."""

    @abstractmethod
    def post_pieces(self, pieces: Sequence[bytes]) -> None:
        """Queues a frame of UTF-8 that lies in pieces; a large piece may be others' as well."""

    @abstractmethod
    def post_event(self, head: bytes, tail: bytes) -> None:
        """Queues an event of a source, which looks for room before: it is never too large."""

    @abstractmethod
    def post_shared(self, head: bytes, tail: bytes, event: SharedEvent) -> None:
        """Queues an event that others get as well: the same `tail` for all, and a `head` that
        many have in common."""

    @abstractmethod
    def close(self, close: Close) -> None:
        """Closes the connection after what is queued."""

    async def wait_room(self) -> None:
        """Waits while much is queued."""
        while not self.has_room and not self.overflowed and self.close_frame is None:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            if self._room_waiters is None:
                self._room_waiters = []
            self._room_waiters.append(waiter)
            await waiter

    def _tell_room(self) -> None:
        waiters, self._room_waiters = self._room_waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)
        if self.writer is not None:
            self.writer.send_waiting()

    def _overflow(self) -> None:
        self.overflowed = True
        self._tell_room()
        self._tell_end()

    @abstractmethod
    def _tell_end(self) -> None:
        """The connection must end: its reader is too slow, or it is to be closed."""


def count_bytes(text: str) -> int:
    """How long a text is in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


class AsgiOutbox(Outbox):
    """Sends through ASGI's `send`, one frame after the other, in a task of its own.

    Attributes:
        broken: set when the reader is too slow.
    """

    def __init__(self, send: Send, bound: int | None) -> None:
        super().__init__(bound)
        self.broken = asyncio.Event()
        self._send = send
        self._waiting: deque[str] = deque()
        self._size = 0
        self._news = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Is little queued?"""
        return self._size <= ROOM

    def post(self, text: str) -> None:
        """Queues a frame."""
        self._queue(text)
        if self._bound is not None and self._size > self._bound:
            self._waiting.clear()
            self._overflow()

    def post_pieces(self, pieces: Sequence[bytes]) -> None:
        """Queues a frame."""
        self.post(b"".join(pieces).decode())

    def post_event(self, head: bytes, tail: bytes) -> None:
        """Queues an event."""
        self._queue((head + tail).decode())

    def post_shared(self, head: bytes, tail: bytes, event: SharedEvent) -> None:
        """Queues an event; its text is made once for all that use the same id."""
        key = (head, "text")
        text = event.encoded.get(key)
        if not isinstance(text, str):
            text = (head + tail).decode()
            if len(tail) <= KEPT_BYTES and len(event.encoded) < KEPT_FORMS:
                event.encoded[key] = text
        self._queue(text)

    def _queue(self, text: str) -> None:
        if self.close_frame is not None or self.overflowed:
            return
        self._waiting.append(text)
        self._size += count_bytes(text)
        self._news.set()

    def _tell_end(self) -> None:
        self.broken.set()

    def close(self, close: Close) -> None:
        """Closes the connection after what is queued."""
        if self.close_frame is None:
            self.close_frame = close
            self._news.set()

    async def run(self) -> None:
        """Sends, until it is time for the close frame."""
        while True:
            while self._waiting:
                text = self._waiting.popleft()
                await self._send({"type": "websocket.send", "text": text})
                had_room = self._size <= ROOM
                self._size -= count_bytes(text)
                if not had_room and self._size <= ROOM:
                    self._tell_room()
            if self.close_frame is not None:
                self._tell_room()
                return
            self._news.clear()
            await self._news.wait()


async def send_close(outbox: Outbox, send: Send) -> None:
    """Sends the close frame that is due, for as long as a client may take to read it."""
    close = (
        Close(1013, "reading too slowly") if outbox.overflowed else outbox.close_frame
    )
    if close is not None:
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await send(
                    {
                        "type": "websocket.close",
                        "code": close.code,
                        "reason": close.reason,
                    }
                )

"""The frames that wait for a WebSocket's reader."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from fairlead.asgi.types import Send
from fairlead.protocol.websocket import Close

__all__ = ["Outbox"]

ROOM = 65_536
CLOSE_SECONDS = 1.0


class Outbox:
    """What waits to be sent. Memory is bounded: a reader too slow for that is cut off."""

    def __init__(self, send: Send, bound: int | None) -> None:
        self._send = send
        self._bound = bound
        self.broken = asyncio.Event()
        self._waiting: deque[str] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self.close_frame: Close | None = None
        self.overflowed = False

    def post(self, text: str) -> None:
        """Queues a frame."""
        if self.close_frame is not None or self.overflowed:
            return
        self._waiting.append(text)
        self._size += len(text)
        if self._bound is not None and self._size > self._bound:
            self.overflowed = True
            self._waiting.clear()
            self._room.set()
            self.broken.set()
        self._news.set()

    def close(self, close: Close) -> None:
        """Closes the connection after what is queued."""
        if self.close_frame is None:
            self.close_frame = close
            self._news.set()

    async def wait_room(self) -> None:
        """Waits while much is queued: a subscription goes no faster than its reader."""
        while self._size > ROOM and not self.overflowed:
            self._room.clear()
            await self._room.wait()

    async def run(self) -> None:
        """Sends, until it is time for the close frame."""
        while True:
            while self._waiting:
                text = self._waiting.popleft()
                await self._send({"type": "websocket.send", "text": text})
                self._size -= len(text)
                if self._size <= ROOM:
                    self._room.set()
            if self.close_frame is not None:
                self._room.set()
                return
            self._news.clear()
            await self._news.wait()

    async def send_close(self) -> None:
        """Sends the close frame that is due, for as long as a client may take to read it."""
        close = (
            Close(1013, "reading too slowly") if self.overflowed else self.close_frame
        )
        if close is not None:
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._send(
                        {
                            "type": "websocket.close",
                            "code": close.code,
                            "reason": close.reason,
                        }
                    )

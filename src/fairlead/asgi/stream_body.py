"""A response body that is written piece by piece."""

from __future__ import annotations

import asyncio

from fairlead.asgi.types import Send

__all__ = ["HeaderList", "StreamBody"]

HeaderList = list[tuple[bytes, bytes]]


class StreamBody:
    """A response body that is written piece by piece, with pings while it is quiet.

    Attributes:
        may_ping: False in the middle of what a ping would break.
    """

    def __init__(self, send: Send, ping: bytes, ping_seconds: float | None) -> None:
        self._send = send
        self._ping = ping
        self._ping_seconds = ping_seconds
        self._last = 0.0
        self._pinger: asyncio.Task[None] | None = None
        self._sending = False
        self.may_ping = True

    async def start(self, status: int, headers: HeaderList) -> None:
        """Sends the head; pings from then on."""
        await self._send(
            {"type": "http.response.start", "status": status, "headers": headers}
        )
        self._last = asyncio.get_running_loop().time()
        if self._ping_seconds is not None:
            self._pinger = asyncio.create_task(
                self._ping_when_quiet(self._ping_seconds)
            )

    async def write(self, data: bytes) -> None:
        """Sends a piece."""
        self._sending = True
        await self._send(
            {"type": "http.response.body", "body": data, "more_body": True}
        )
        self._sending = False
        self._last = asyncio.get_running_loop().time()

    async def finish(self, data: bytes = b"") -> None:
        """Sends the last piece."""
        self.close()
        await self._send(
            {"type": "http.response.body", "body": data, "more_body": False}
        )

    def close(self) -> None:
        """Stops the pings."""
        if self._pinger is not None:
            self._pinger.cancel()

    async def _ping_when_quiet(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(max(0.0, self._last + seconds - loop.time()))
            if loop.time() >= self._last + seconds:
                if self._sending or not self.may_ping:
                    self._last = loop.time()  # a reader this slow has enough to read
                else:
                    await self.write(self._ping)

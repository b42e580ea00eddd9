"""Readers of a watch that cost little, so that the server is measured and not they."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

_NAME = re.compile(rb'"name":"(fan-[^"]*)"')
_SYNCED = b"k8s.io/initial-events-end"


@dataclass(slots=True)
class Board:
    """When each write was sent, and how long it took to each reader, in seconds."""

    readers: int
    sent: dict[bytes, float] = field(default_factory=dict[bytes, float])
    took: list[float] = field(default_factory=list[float])
    seen: dict[bytes, int] = field(default_factory=dict[bytes, int])
    synced: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, name: bytes, now: float) -> None:
        """Write down that a reader has got an event."""
        begun = self.sent.get(name)
        if begun is None:
            return
        self.took.append(now - begun)
        self.seen[name] = self.seen.get(name, 0) + 1
        if self.seen[name] == self.readers:
            self.changed.set()

    async def wait_for_all(self, name: bytes) -> None:
        """Return when all readers have got an event."""
        while self.seen.get(name, 0) < self.readers:
            self.changed.clear()
            await self.changed.wait()

    async def wait_synced(self) -> None:
        """Return when all readers have got the present state."""
        while self.synced < self.readers:
            self.changed.clear()
            await self.changed.wait()


class Reader(asyncio.Protocol):
    """One watch: looks for names in what arrives, without decoding it."""

    def __init__(self, board: Board, request: bytes) -> None:
        self._board = board
        self._request = request
        self._rest = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note the events that are complete."""
        now = time.perf_counter()
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        whole += newline
        if _SYNCED in whole:
            self._board.synced += 1
            self._board.changed.set()
        for line in whole.split(b"\n"):
            if line.startswith(b'{"type":"ADDED"') and (found := _NAME.search(line)):
                self._board.note(found[1], now)


async def start_readers(
    url: str, trusted: ssl.SSLContext, token: str, path: str, board: Board
) -> list[Reader]:
    """Open the watches of a board, and return when they have the present state."""
    server = urlsplit(url)
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {server.netloc}\r\n"
        f"Authorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    readers: list[Reader] = []
    for _ in range(board.readers):
        _, reader = await loop.create_connection(
            lambda: Reader(board, request),
            server.hostname,
            server.port or 443,
            ssl=trusted,
        )
        readers.append(reader)
    await board.wait_synced()
    return readers

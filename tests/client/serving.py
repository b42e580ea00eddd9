"""An application under uvicorn in this process, and a gate that cuts its clients off."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Self
from urllib.parse import urlsplit

import uvicorn

from fairlead import Fairlead


@asynccontextmanager
async def serve(app: Fairlead) -> AsyncGenerator[str]:
    """The URL of an application that is served until the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


class Gate:
    """A TCP proxy that can be shut: connections are cut, and new ones refused."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_open = True
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: str) -> AsyncGenerator[Self]:
        gate = cls(upstream)
        listener = await asyncio.start_server(gate._pass_on, "127.0.0.1", 0)
        gate.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield gate
        finally:
            await gate.shut()
            listener.close()
            await listener.wait_closed()

    async def shut(self) -> None:
        self._is_open = False
        for writer in tuple(self._writers):
            writer.transport.abort()

    def reopen(self) -> None:
        self._is_open = True

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if not self._is_open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(
            self._upstream.hostname, self._upstream.port
        )
        self._writers |= {writer, back}
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._writers -= {writer, back}
            writer.close()
            back.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()

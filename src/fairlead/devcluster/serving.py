"""The web server of one cluster: uvicorn, without its signals and its waiting."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator
from typing import Any, cast

import uvicorn

_TICK_SECONDS = 1.0
_POLL_SECONDS = 0.005


class Server(uvicorn.Server):
    """A server that may be one of many in a process, and that stops at once when asked to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()
        self._is_cut = False

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take no signals: they belong to the process."""
        yield

    def stop(self) -> None:
        """Stop listening and end when the running answers are out."""
        self.should_exit = True
        self._stopping.set()

    def cut(self) -> None:
        """Break all connections without a word, and every new one until `heal`."""
        self._is_cut = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def heal(self) -> None:
        """Take connections again."""
        self._is_cut = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        server = self
        plain = self.config.http_protocol_class

        class Cuttable(plain):  # type: ignore[misc, valid-type] # whichever one was chosen
            """A connection that is broken when it is made while the network is cut.

            Or after the server stopped: it was still shaking hands when the others were closed,
            and would go on to be answered from a cluster that is over.
            """

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                if server._is_cut or server.should_exit:
                    cast("asyncio.Transport", transport).abort()

        self.config.http_protocol_class = Cuttable
        await super().startup(sockets)

    async def main_loop(self) -> None:
        """Keep the date of answers right until `stop`."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is idle, let what is running end within the grace period."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.tasks or any(map(_is_writing, state.connections)):  # noqa: ASYNC110 - uvicorn tells nobody
                    await asyncio.sleep(_POLL_SECONDS)
        for task in list(state.tasks):
            task.cancel()
        # A client that keeps an idle connection need not answer the farewell of TLS.
        for connection in list(state.connections):
            connection.transport.abort()


def _is_writing(connection: Any) -> bool:
    transport: asyncio.Transport = connection.transport
    return transport.get_write_buffer_size() > 0

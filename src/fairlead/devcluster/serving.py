"""The web server of one cluster: uvicorn, without its signals and its waiting."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator, Iterable
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fairlead.devcluster.lines import LINE

_TICK_SECONDS = 1.0
_POLL_SECONDS = 0.005


class Settings(uvicorn.Config):
    """The settings of a server, and whether it takes connections.

    Attributes:
        is_cut: The network is cut.
        has_stopped: The server stopped. Who was still shaking hands then would go on to be
            answered from a cluster that is over.
    """

    is_cut: bool = False
    has_stopped: bool = False

    def load(self) -> None:
        """Prepare TLS: a dev cluster's clients keep their connections, so none is resumed."""
        super().load()
        if self.ssl is not None:
            self.ssl.num_tickets = 0


class Connection(HttpToolsProtocol):
    """A connection that can be cut, and that a watch may write to itself."""

    on_room: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin, unless the network is cut or the server has stopped."""
        super().connection_made(transport)
        if isinstance(self.config, Settings) and (
            self.config.is_cut or self.config.has_stopped
        ):
            transport.abort()

    def on_message_begin(self) -> None:
        """Let the application find this connection."""
        super().on_message_begin()
        self.scope["extensions"] = {LINE: cast("dict[object, object]", self)}

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who writes that nobody reads any more."""
        super().connection_lost(exc)
        if self.on_room is not None:
            self.on_room()

    @property
    def is_slow(self) -> bool:
        """Whether the transport holds more than it should."""
        return self.flow.write_paused

    def resume_writing(self) -> None:
        """Tell who writes that there is room again."""
        super().resume_writing()
        if self.on_room is not None:
            self.on_room()


class Server(uvicorn.Server):
    """A server that may be one of many in a process, and that stops at once when asked to."""

    def __init__(self, config: Settings) -> None:
        super().__init__(config)
        self._settings = config
        self._stopping = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take no signals: they belong to the process."""
        yield

    def stop(self) -> None:
        """Stop listening and end when the running answers are out."""
        self.should_exit = self._settings.has_stopped = True
        self._stopping.set()

    def cut(self) -> None:
        """Break all connections without a word, and every new one until `heal`."""
        self._settings.is_cut = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def heal(self) -> None:
        """Take connections again."""
        self._settings.is_cut = False

    async def main_loop(self) -> None:
        """Keep the date of answers right until `stop`."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is idle, let what is running end within the grace period."""
        await stop_accepting(sockets or ())
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


async def stop_accepting(listeners: Iterable[socket.socket]) -> None:
    """Let what was just accepted become a connection, and accept nothing more.

    asyncio loses a connection, its socket left open, whose server closes between the two.
    """
    loop = asyncio.get_running_loop()
    for listener in listeners:
        loop.remove_reader(listener)
    await asyncio.sleep(0)


def _is_writing(connection: Any) -> bool:
    transport: asyncio.Transport = connection.transport
    return transport.get_write_buffer_size() > 0

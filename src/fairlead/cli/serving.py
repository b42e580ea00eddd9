"""Serves an application with uvicorn and stops cleanly: exit code 0, no traceback."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, cast

import uvicorn

from fairlead.asgi.app import Fairlead
from fairlead.asgi.uvicorn_websocket import (
    DirectHttpProtocol,
    DirectWebSocketProtocol,
)
from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication

__all__ = ["AddressInUseError", "bind", "serve", "settle", "stop_on_signals"]


YOUNG_OBJECTS = 100_000
"""After so many new objects cycles are looked for among them. A subscriber leaves about fifty that
stay, so that two thousand may come before they are looked through: some 30 ms of work."""


LISTENERS = 8
"""uvloop accepts one connection per listening socket and turn of its loop. Clients that come back at
once are served in an eighth of the turns where the socket is listened on eight times; one that comes
alone costs seven calls that find nobody."""


class AddressInUseError(FairleadError):
    """Another program listens on the address already."""


class _Server(uvicorn.Server):
    """A server that says when it listens, and whose signals are its caller's business."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None] | None
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """Takes the address at once, so that a clash is known before anything else starts.

    Raises:
        AddressInUseError: somebody has it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio's own loop turns off Nagle's algorithm too: 40 ms a call.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUseError(
                f"port {port} is in use: stop what listens there, or choose another "
                f"(--port, or PORT=... make run)"
            ) from error
        raise
    return sock


@contextlib.contextmanager
def stop_on_signals(stop: asyncio.Event) -> Generator[None]:
    """SIGINT and SIGTERM set the event instead of raising."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def settle() -> None:
    """Takes what the start made out of garbage collection: it stays to the end.

    A thousand clients that come at once make the collector look at everything several times.
    What they bring stays as well, so it need not be looked for cycles after every few of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)


async def serve(
    app: object,
    sock: socket.socket,
    stop: asyncio.Event,
    *,
    on_ready: Callable[[], None] | None = None,
    grace: int = 5,
) -> None:
    """Serves an ASGI application until `stop` is set, be it while it still starts.

    Args:
        on_ready: called once connections are accepted.
        grace: seconds that calls in flight get to end.

    Raises:
        FairleadError: it did not start.
    """
    server = _Server(
        uvicorn.Config(
            cast("ASGIApplication", app),
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=grace,
            http=DirectHttpProtocol,
            ws=DirectWebSocketProtocol,
        ),
        on_ready,
    )

    async def watch() -> None:
        await stop.wait()
        if not server.started:
            serving.cancel()
            return
        try:
            for listener in server.servers:
                listener.close()
            if isinstance(app, Fairlead):
                await app.lifecycle.drain(grace)
        finally:
            server.should_exit = True

    serving = asyncio.create_task(server.serve(sockets=_multiply(sock)))
    watcher = asyncio.create_task(watch())
    try:
        await serving
    except asyncio.CancelledError:
        if server.started or not stop.is_set():
            raise
    finally:
        watcher.cancel()
    if not server.started and not stop.is_set():
        raise FairleadError("the application did not start; its error is above")


def _multiply(sock: socket.socket) -> list[socket.socket]:
    """What to listen on, for a loop that takes one connection of each socket at a time."""
    loop = type(asyncio.get_running_loop())
    copies = LISTENERS - 1 if loop.__module__.partition(".")[0] == "uvloop" else 0
    return [sock, *(sock.dup() for _ in range(copies))]

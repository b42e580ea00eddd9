"""Start and stop: services entered and left, clients moved elsewhere before the process ends."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import FrameType, MethodType
from typing import TypeAlias, cast

from fairlead.asgi.connections import Connections
from fairlead.asgi.types import Receive, Send

__all__ = ["Lifecycle"]

log = logging.getLogger("fairlead.lifecycle")

Hook: TypeAlias = Callable[[], AbstractAsyncContextManager[object]]


class Lifecycle:
    """The application's life in one process.

    Attributes:
        ready: started, and not about to stop.
    """

    def __init__(
        self,
        parts: Iterable[object],
        hooks: Iterable[Hook],
        connections: Connections,
        drain_seconds: float,
    ) -> None:
        self._parts = tuple(parts)
        self._hooks = tuple(hooks)
        self._connections = connections
        self._drain_seconds = drain_seconds
        self._running = 0
        self._idle: asyncio.Event | None = None
        self.ready = False

    # --- requests in flight

    def enter(self) -> None:
        """A request has begun."""
        self._running += 1

    def leave(self) -> None:
        """A request has ended."""
        self._running -= 1
        if self._idle is not None and self._running == 0:
            self._idle.set()

    async def drain(self, seconds: float | None = None) -> None:
        """Sends WebSocket clients elsewhere and lets what runs finish, for at most that long.

        Call it after the server stopped accepting. Clients open a new connection when told to
        reconnect, and close the old one once its calls are answered.
        """
        self.ready = False
        self._connections.draining = True
        self._connections.broadcast_reconnect()
        limit = self._drain_seconds if seconds is None else seconds
        try:
            async with asyncio.timeout(limit):
                await self._connections.wait_empty()
                while self._running:
                    self._idle = asyncio.Event()
                    await self._idle.wait()
        except TimeoutError:
            log.warning(
                "%d connections and %d requests were still there after %g s: closing them",
                len(self._connections), self._running, limit,
            )  # fmt: skip

    # --- ASGI lifespan

    async def handle_lifespan(self, receive: Receive, send: Send) -> None:
        """Serves the server's lifespan scope."""
        await receive()
        try:
            stack = AsyncExitStack()
            await stack.enter_async_context(self.run())
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"
            if isinstance(error, asyncio.CancelledError):
                message = "stopped while it started"
            await send({"type": "lifespan.startup.failed", "message": message})
            raise
        await send({"type": "lifespan.startup.complete"})
        with _drain_on_sigterm(self):
            await receive()
        await stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Enters every service that is an async context manager, then the hooks."""
        async with AsyncExitStack() as stack:
            for part in self._parts:
                if isinstance(part, AbstractAsyncContextManager):
                    manager = cast("AbstractAsyncContextManager[object]", part)
                    await stack.enter_async_context(manager)
            for hook in self._hooks:
                await stack.enter_async_context(hook())
            self.ready = True
            try:
                yield
            finally:
                self.ready = False


def _is_granian_worker() -> bool:
    """Does this process exist to serve for granian?"""
    return multiprocessing.parent_process() is not None and "granian" in sys.modules


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.raise_signal(signal.SIGINT)


_Handler: TypeAlias = Callable[[int, FrameType | None], object]


class _drain_on_sigterm:  # noqa: N801  used as a statement
    """Puts the drain before the server's own reaction to SIGTERM, where the server is in Python.

    A server closes its WebSockets first thing when it stops; clients would lose their calls.
    """

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._previous: _Handler | None = None
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if _is_granian_worker():
            # Its handler is the loop's, and nobody can ask for it; SIGINT has the same one.
            self._previous = _interrupt
            self._loop = asyncio.get_running_loop()
            self._loop.add_signal_handler(
                signal.SIGTERM, self._start, signal.SIGTERM, None
            )
            return
        previous = signal.getsignal(signal.SIGTERM)
        # A bound method is a server's own handler, such as uvicorn's; a loop's handler (and with
        # it a caller that drains by itself, like the command line) is none.
        if isinstance(previous, MethodType):
            self._previous = previous
            self._loop = asyncio.get_running_loop()
            signal.signal(signal.SIGTERM, self._on_signal)

    def __exit__(self, *_: object) -> None:
        if (
            self._previous is not None
            and signal.getsignal(signal.SIGTERM) == self._on_signal
        ):
            signal.signal(signal.SIGTERM, self._previous)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._start, number, frame)

    def _start(self, number: int, frame: FrameType | None) -> None:
        if self._task is not None or self._previous is None:
            self._stop(number, frame)  # a second signal: at once
            return
        self._task = self._loop.create_task(self._drain(number, frame))

    async def _drain(self, number: int, frame: FrameType | None) -> None:
        await self._lifecycle.drain()
        self._stop(number, frame)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._previous is not None:
            self._previous(number, frame)

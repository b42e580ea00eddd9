"""Two ways to run a WebSocket session: through ASGI's `receive` and `send`, or on the socket."""

from __future__ import annotations

import asyncio

from fairlead.asgi.direct import DirectOutbox, DirectSocket
from fairlead.asgi.outbox import AsgiOutbox, send_close
from fairlead.asgi.types import Receive, Send
from fairlead.asgi.websocket_session import WebSocketSession

__all__ = ["run_directly", "run_over_asgi"]


async def run_over_asgi(
    session: WebSocketSession, outbox: AsgiOutbox, receive: Receive
) -> None:
    """Serves a connection until either side ends it."""
    broken = asyncio.Event()
    outbox.on_broken = broken.set
    tasks: list[asyncio.Task[object]] = [
        asyncio.create_task(outbox.run()),
        asyncio.create_task(_read(session, outbox, receive)),
        asyncio.create_task(broken.wait()),
    ]
    try:
        session.start(outbox)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        session.end()
        # Granian sends no close frame while somebody waits in receive().
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await send_close(outbox, outbox.send)
        await session.finish()


async def _read(
    session: WebSocketSession, outbox: AsgiOutbox, receive: Receive
) -> None:
    while True:
        message = await receive()
        if message["type"] != "websocket.receive":
            return
        session.receive(message.get("text"))
        await outbox.wait_room()


class _Receiver:
    """Passes messages on, and wakes who waits for the end."""

    __slots__ = ("_done", "_session")

    def __init__(self, session: WebSocketSession, done: asyncio.Future[None]) -> None:
        self._session = session
        self._done = done

    def receive(self, text: str | None) -> None:
        self._session.receive(text)

    def disconnected(self) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def run_directly(
    session: WebSocketSession, socket: DirectSocket, bound: int | None, send: Send
) -> None:
    """Serves a connection until either side ends it; no task but this one waits for it."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    receiver = _Receiver(session, done)
    outbox = DirectOutbox(socket, bound)
    outbox.on_broken = receiver.disconnected
    try:
        session.start(outbox)
        socket.attach(receiver, outbox)
        await done
    finally:
        session.end()
        socket.detach()
        await send_close(outbox, send)
        await session.finish()
        if outbox.overflowed:
            socket.transport.abort()  # what it did not read must not stay in memory

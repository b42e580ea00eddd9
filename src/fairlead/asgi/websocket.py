"""tRPC over WebSockets: accepts connections, or turns them away while the server drains."""

from __future__ import annotations

import asyncio

from fairlead.asgi.outbox import AsgiOutbox, send_close
from fairlead.asgi.requests import Headers
from fairlead.asgi.runtime import Runtime
from fairlead.asgi.types import Receive, Scope, Send
from fairlead.asgi.websocket_session import WebSocketSession
from fairlead.protocol.websocket import Close

__all__ = ["WebSocketEndpoint"]


class WebSocketEndpoint:
    """Serves the WebSocket connections of one mount."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def find_refusal(self, headers: Headers) -> Close | None:
        """Why a connection is not to be accepted: another origin, or a server about to stop."""
        origins = self._runtime.origins
        if origins.find_refusal(headers.as_dict(), safe=False) is not None:
            return Close(1008, "another origin")
        if self._runtime.connections.draining:
            return Close(1012, "restarting")
        return None

    @property
    def outbound_bytes(self) -> int | None:
        """What may wait for a slow reader."""
        return self._runtime.options.limits.outbound_bytes

    def open(self, scope: Scope, headers: Headers) -> WebSocketSession:
        """A session for a connection that was accepted; `close` it."""
        session = WebSocketSession(self._runtime, scope, headers)
        self._runtime.connections.add(session)
        self._runtime.metrics.connections += 1
        return session

    async def close(self, session: WebSocketSession) -> None:
        """Its connection is gone: nothing of it stays."""
        try:
            session.end()
            await session.finish()
        finally:
            self._runtime.metrics.connections -= 1
            self._runtime.connections.remove(session)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection through ASGI until it ends."""
        await receive()
        headers = Headers(scope["headers"])
        refusal = self.find_refusal(headers)
        if refusal is not None:
            # Before it is accepted: the browser sees HTTP 403.
            await send(
                {
                    "type": "websocket.close",
                    "code": refusal.code,
                    "reason": refusal.reason,
                }
            )
            return
        await send({"type": "websocket.accept"})
        session = self.open(scope, headers)
        outbox = AsgiOutbox(send, self.outbound_bytes)
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(outbox.run()),
            asyncio.create_task(_read(session, outbox, receive)),
            asyncio.create_task(outbox.broken.wait()),
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
            await send_close(outbox, send)
            await self.close(session)


async def _read(
    session: WebSocketSession, outbox: AsgiOutbox, receive: Receive
) -> None:
    while True:
        message = await receive()
        if message["type"] != "websocket.receive":
            return
        session.receive(message.get("text"))
        await outbox.wait_room()

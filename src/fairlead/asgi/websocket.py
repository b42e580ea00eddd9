"""tRPC over WebSockets: accepts connections, or turns them away while the server drains."""

from __future__ import annotations

from fairlead.asgi.direct import find_direct
from fairlead.asgi.outbox import AsgiOutbox
from fairlead.asgi.requests import Headers
from fairlead.asgi.runtime import Runtime
from fairlead.asgi.types import Receive, Scope, Send
from fairlead.asgi.websocket_drivers import run_directly, run_over_asgi
from fairlead.asgi.websocket_session import WebSocketSession

__all__ = ["WebSocketEndpoint"]


class WebSocketEndpoint:
    """Serves the WebSocket connections of one mount."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection until it ends."""
        await receive()
        headers = Headers(scope["headers"])
        if self._runtime.origins.find_refusal(headers, safe=False) is not None:
            # Before it is accepted: the browser sees HTTP 403.
            await send(
                {"type": "websocket.close", "code": 1008, "reason": "another origin"}
            )
            return
        if self._runtime.connections.draining:
            await send(
                {"type": "websocket.close", "code": 1012, "reason": "restarting"}
            )
            return
        await send({"type": "websocket.accept"})
        session = WebSocketSession(self._runtime, scope)
        self._runtime.connections.add(session)
        self._runtime.metrics.connections += 1
        bound = self._runtime.options.limits.outbound_bytes
        direct = find_direct(scope)
        try:
            if direct is None:
                await run_over_asgi(session, AsgiOutbox(send, bound), receive)
            else:
                await run_directly(session, direct, bound, send)
        finally:
            self._runtime.metrics.connections -= 1
            self._runtime.connections.remove(session)

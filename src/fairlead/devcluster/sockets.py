"""WebSockets: the ASGI side of exec and attach, and of watches for browsers."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from fairlead.devcluster.errors import ApiError
from fairlead.devcluster.execution import Exchange
from fairlead.devcluster.responses import Response, Stream

# ASGI's own types: messages are dictionaries of anything.
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_BEARER = "base64url.bearer.authorization.k8s.io."
_FRAMED = ("binary.k8s.io", "base64.binary.k8s.io")


class Gone(Exception):  # noqa: N818 - not an error: how most connections end
    """The client has left."""


class AsgiSocket:
    """One WebSocket, as the sessions see it."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._open = True

    async def accept(self, protocol: str) -> None:
        """Complete the handshake."""
        await self._send({"type": "websocket.accept", "subprotocol": protocol or None})

    async def receive(self) -> bytes | str | None:
        """Return the next message; None when the client has gone."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._open = False
            return None
        data: bytes | None = message.get("bytes")
        text: str | None = message.get("text")
        return data if data is not None else text or ""

    async def send(self, message: bytes | str) -> None:
        """Send one message; Gone when there is nobody to take it."""
        if not self._open:
            raise Gone
        key = "text" if isinstance(message, str) else "bytes"
        try:
            await self._send({"type": "websocket.send", key: message})
        except (OSError, RuntimeError) as exc:
            self._open = False
            raise Gone from exc

    async def aclose(self) -> None:
        """Close, as one does when all is said."""
        if self._open:
            self._open = False
            with contextlib.suppress(OSError, RuntimeError):
                await self._send({"type": "websocket.close", "code": 1000})

    async def wait_gone(self) -> None:
        """Return when the client has gone."""
        while await self.receive() is not None:
            pass


def take_bearer(protocols: list[str]) -> tuple[str, list[str]]:
    """Return the token that a browser sent as a subprotocol, and the other ones.

    Raises:
        ApiError: The token is not base64url.
    """
    tokens = [item for item in protocols if item.startswith(_BEARER)]
    rest = [item for item in protocols if not item.startswith(_BEARER)]
    if not tokens:
        return "", rest
    text = tokens[0].removeprefix(_BEARER)
    try:
        token = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as exc:
        raise ApiError(401, "Unauthorized", "Unauthorized") from exc
    return token, rest


async def run_exchange(exchange: Exchange, socket: AsgiSocket) -> None:
    """Accept, and run a command to its end."""
    await socket.accept(exchange.channels.protocol)
    with contextlib.suppress(Gone):
        await exchange.run(socket)
    await socket.aclose()


async def send_frames(stream: Stream, protocols: list[str], socket: AsgiSocket) -> None:
    """Send a stream as messages, one for each line: how browsers watch."""
    protocol = next((item for item in protocols if item in _FRAMED), "")
    await socket.accept(protocol)
    sender = asyncio.create_task(_send_lines(stream, protocol, socket))
    leaving = asyncio.create_task(socket.wait_gone())
    try:
        await asyncio.wait({sender, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sender, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Gone):
                await task
    await socket.aclose()


async def _send_lines(stream: Stream, protocol: str, socket: AsgiSocket) -> None:
    async with contextlib.aclosing(stream.pieces) as pieces:
        async for piece in pieces:
            for line in piece.splitlines(keepends=True):
                await socket.send(_framed(line, protocol))


def _framed(line: bytes, protocol: str) -> bytes | str:
    if protocol == "base64.binary.k8s.io":
        return base64.b64encode(line).decode()
    return line if protocol else line.decode()


async def refuse(response: Response, send: Send) -> None:
    """Answer the handshake with an ordinary response."""
    head = [(b"content-type", response.media.encode())]
    head += [(key.encode(), value.encode()) for key, value in response.headers.items()]
    status = response.status if response.status >= 300 else 400
    await send(
        {"type": "websocket.http.response.start", "status": status, "headers": head}
    )
    await send({"type": "websocket.http.response.body", "body": response.body})

"""Drives an ASGI application without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx

from fairlead.asgi.types import ASGIApp, Message


@asynccontextmanager
async def open_http(app: ASGIApp) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test",
    ) as client:
        yield client


def to_input(value: object) -> str:
    return quote(json.dumps(value))


class Socket:
    """The client's side of one WebSocket."""

    def __init__(
        self,
        app: ASGIApp,
        path: str = "/trpc",
        client: str = "10.0.0.1",
        *,
        query: bytes = b"",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self.may_send = asyncio.Event()
        self.may_send.set()
        scope: dict[str, Any] = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": query, "headers": headers, "client": (client, 1)}  # fmt: skip
        self._inbox.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(self._run(app, scope))

    async def _run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        async def send(message: Message) -> None:
            await self.may_send.wait()
            self._outbox.put_nowait(message)

        await app(scope, self._inbox.get, send)

    def say(self, message: object) -> None:
        self._inbox.put_nowait(
            {"type": "websocket.receive", "text": json.dumps(message)}
        )

    def subscribe(self, request_id: int, path: str, value: object = None) -> None:
        self.say(
            {
                "id": request_id,
                "method": "subscription",
                "params": {"path": path, "input": value},
            }
        )

    def query(self, request_id: int, path: str, value: object = None) -> None:
        self.say(
            {
                "id": request_id,
                "method": "query",
                "params": {"path": path, "input": value},
            }
        )

    async def hear_message(self) -> Message:
        async with asyncio.timeout(5):
            return await self._outbox.get()

    async def hear(self) -> Any:
        """The next frame as JSON; a close frame as its code."""
        message = await self.hear_message()
        if message["type"] == "websocket.accept":
            return await self.hear()
        return (
            message["code"]
            if message["type"] == "websocket.close"
            else json.loads(message["text"])
        )

    async def leave(self) -> None:
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(5):
            await self.task

"""uvicorn with Fairlead's protocol classes: WebSockets past ASGI, everything else as ever."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import uvicorn
import websockets

from fairlead import Context, Fairlead, Router, public, query
from fairlead.asgi.types import ASGIApp, Receive, Scope, Send
from fairlead.asgi.uvicorn_websocket import (
    DirectHttpProtocol,
    DirectWebSocketProtocol,
)

HEAD = (
    b"GET /trpc HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
CALL = json.dumps({"id": 1, "method": "query", "params": {"path": "client"}})


class App(Router[Context]):
    """Says who asks."""

    @query(access=public)
    async def client(self) -> str:
        client = self.ctx.request.client
        return client[0] if client else ""


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        for _ in range(1000):
            if condition():
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serve(
    app: ASGIApp | None = None,
) -> AsyncGenerator[tuple[int, uvicorn.Server]]:
    config = uvicorn.Config(
        app or Fairlead(App, check_types=False),
        http=DirectHttpProtocol,
        ws=DirectWebSocketProtocol,
        log_level="critical",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started)
        try:
            yield listener.getsockname()[1], server
        finally:
            server.should_exit = True
            await task


async def ask(port: int, *, headers: dict[str, str] | None = None) -> object:
    uri = f"ws://127.0.0.1:{port}/trpc"
    async with websockets.connect(uri, additional_headers=headers) as client:
        await client.send(CALL)
        return json.loads(await client.recv())["result"]["data"]


async def test_http_and_websockets_are_served_on_one_port() -> None:
    async with (
        serve() as (port, server),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        for _ in range(2):  # the second on the same connection
            answer = await client.get("/trpc/client")
            assert answer.json() == {"result": {"data": "127.0.0.1"}}
        assert len(server.server_state.connections) == 1
        assert await ask(port) == "127.0.0.1"


async def test_a_proxy_says_where_the_client_is() -> None:
    async with serve() as (port, _):
        assert await ask(port, headers={"X-Forwarded-For": "10.1.2.3"}) == "10.1.2.3"


async def test_a_head_in_two_pieces_opens_a_websocket_too() -> None:
    async with serve() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD[:40])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(HEAD[40:] + b"\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
        writer.close()


async def test_what_is_no_http_is_refused() -> None:
    async with serve() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.close()


async def test_a_websocket_of_another_application_goes_through_asgi() -> None:
    seen: list[str] = []

    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "other"})
        await send({"type": "websocket.close"})

    app = Fairlead(App, check_types=False, mounts={"/other": other})
    async with (
        serve(app) as (port, _),
        websockets.connect(f"ws://127.0.0.1:{port}/other") as client,
    ):
        assert await client.recv() == "other"
    assert seen == ["/other"]


async def test_who_has_said_nothing_does_not_hold_up_the_end() -> None:
    async with serve() as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await until(lambda: server.server_state.connections)
    assert await reader.read() == b""
    writer.close()


async def test_who_leaves_without_a_word_is_forgotten() -> None:
    async with serve() as (port, server):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await until(lambda: server.server_state.connections)
        writer.close()
        await until(lambda: not server.server_state.connections)

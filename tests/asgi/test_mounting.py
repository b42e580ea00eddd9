"""An application lives inside others; docs/mounting.md shows the same."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast

import httpx
import pytest
from fastapi import FastAPI
from litestar import Litestar, asgi, get
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.asgi.harness import Socket, open_http

from fairlead import Context, Fairlead, Router, public, query
from fairlead.asgi.types import ASGIApp, Receive, Scope, Send


class App(Router[Context]):
    @query(access=public)
    async def ping(self, name: str = "nobody") -> str:
        return f"pong {name}"


def make_fastapi(api: Fairlead) -> ASGIApp:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with api.lifecycle.run():
            yield

    outer = FastAPI(lifespan=lifespan)
    outer.mount("/api", api)

    async def own() -> str:
        return "own"

    outer.get("/own")(own)
    return outer


def make_starlette(api: Fairlead) -> ASGIApp:
    return Starlette(routes=[Mount("/api", app=api)])


def make_litestar(api: Fairlead) -> ASGIApp:
    @asgi("/api", is_mount=True, copy_scope=True)
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await api(scope, receive, send)

    @get("/own")
    async def own() -> str:
        return "own"

    return cast("ASGIApp", Litestar([mounted, own]))


@pytest.mark.parametrize("make", [make_fastapi, make_starlette, make_litestar])
async def test_calls_reach_a_mounted_application(
    make: Callable[[Fairlead], ASGIApp],
) -> None:
    outer = make(Fairlead(App))
    async with open_http(outer) as client:
        single = await client.get("/api/trpc/ping", params={"input": '{"name":"ann"}'})
        batch: httpx.Response = await client.get("/api/trpc/ping,ping?batch=1")

    assert single.json() == {"result": {"data": "pong ann"}}
    assert [answer["result"]["data"] for answer in batch.json()] == [
        "pong nobody",
        "pong nobody",
    ]


@pytest.mark.parametrize("make", [make_fastapi, make_starlette, make_litestar])
async def test_sockets_reach_a_mounted_application(
    make: Callable[[Fairlead], ASGIApp],
) -> None:
    outer = make(Fairlead(App))
    socket = Socket(outer, "/api/trpc")
    socket.query(1, "ping", {"name": "ann"})

    assert await socket.hear() == {
        "id": 1,
        "result": {"type": "data", "data": "pong ann"},
    }
    await socket.leave()


async def test_the_outer_application_starts_the_inner_one() -> None:
    api = Fairlead(App)
    outer = make_fastapi(api)
    assert isinstance(outer, FastAPI)

    async with outer.router.lifespan_context(outer):
        assert api.lifecycle.ready
    assert not api.lifecycle.ready

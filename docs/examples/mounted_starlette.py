"""Fairlead inside a Starlette application: uvicorn --app-dir docs/examples mounted_starlette:app"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from fairlead import Context, Fairlead, Router, public, query, subscription


class App(Router[Context]):
    @query(access=public)
    async def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @subscription(access=public)
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            yield number


api = Fairlead(App)


@asynccontextmanager
async def lifespan(outer: Starlette) -> AsyncGenerator[None]:
    del outer
    async with api.lifecycle.run():
        yield


async def own(request: Request) -> JSONResponse:
    """A route of the application's own."""
    del request
    return JSONResponse("own")


# Clients use /api/trpc.
app = Starlette(lifespan=lifespan, routes=[Route("/own", own), Mount("/api", app=api)])

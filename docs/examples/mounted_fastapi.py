"""Fairlead inside a FastAPI application: uvicorn --app-dir docs/examples mounted_fastapi:app"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

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
async def lifespan(outer: FastAPI) -> AsyncGenerator[None]:
    del outer
    async with api.lifecycle.run():
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/api", api)  # clients use /api/trpc


@app.get("/own")
async def own() -> str:
    """A route of the application's own."""
    return "own"

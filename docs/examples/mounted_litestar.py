"""Fairlead inside a Litestar application: uvicorn --app-dir docs/examples mounted_litestar:app"""

from collections.abc import AsyncIterator

from litestar import Litestar, asgi, get
from litestar.types import Receive, Scope, Send

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


@asgi("/api", is_mount=True, copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    """Clients use /api/trpc."""
    await api(scope, receive, send)  # type: ignore[arg-type]  # Litestar's names for the same


@get("/own", media_type="application/json")
async def own() -> str:
    """A route of the application's own."""
    return "own"


app = Litestar([mounted, own], lifespan=[lambda _: api.lifecycle.run()])

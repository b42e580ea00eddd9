"""The development provider on a port of its own: a real provider that tests can look into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from fairlead.auth import OIDC
from fairlead.auth.settings import DEV_CLIENT_ID
from fairlead.devprovider.issuing import Issuer, Lifetimes, load_key
from fairlead.devprovider.personas import PERSONAS
from fairlead.devprovider.server import Handler, make_app

__all__ = ["RunningProvider", "run_provider"]


@dataclass
class RunningProvider:
    """A provider, and how often each of its endpoints was asked."""

    issuer: Issuer
    asked: list[str]
    fail: bool = False
    """The token endpoint answers 503."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, path: str) -> int:
        return self.asked.count(path)

    async def wait_for(self, path: str, count: int) -> None:
        """Waits until an endpoint was asked that often."""
        async with asyncio.timeout(10):
            while self.count(path) < count:
                await self.news.wait()
                self.news.clear()

    def make_options(self, **changes: object) -> OIDC:
        options: dict[str, object] = {
            "issuer": self.issuer.address,
            "client_id": DEV_CLIENT_ID,
            "name": "dev",
            "cluster_token": None,
            **changes,
        }
        return OIDC(**options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@asynccontextmanager
async def run_provider() -> AsyncGenerator[RunningProvider]:
    personas = {persona.name: persona for persona in PERSONAS}
    issuer = Issuer("", load_key(None), personas, Lifetimes())
    running = RunningProvider(issuer, [])

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        running.asked.append(request.path)
        running.news.set()
        if running.fail and request.path == "/token":
            return web.Response(status=503)
        return await handler(request)

    app = make_app(issuer)
    app.middlewares.append(note)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield running
    await runner.cleanup()

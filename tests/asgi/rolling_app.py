"""What the servers of the rolling restart serve; ROLLING_NAME tells them apart."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from fairlead import Context, Fairlead, Router, public, query, subscription, tracked

NAME = os.environ["ROLLING_NAME"]


class App(Router[Context]):
    @query(access=public)
    async def slow(self, ms: int) -> str:
        await asyncio.sleep(ms / 1000)
        return NAME

    @subscription(access=public)
    async def count(self, last_event_id: str = "0") -> AsyncIterator[tracked[str]]:
        number = int(last_event_id)
        while True:
            number += 1
            yield tracked(str(number), NAME)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def say_ready(app: Fairlead) -> AsyncGenerator[None]:
    del app
    print("started", flush=True)
    yield


app = Fairlead(App, lifespan=say_ready)

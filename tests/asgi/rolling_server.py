"""A server for the rolling restart: python -m tests.asgi.rolling_server FD NAME."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator

from fairlead import Context, Fairlead, Router, public, query, subscription, tracked
from fairlead.cli.serving import serve, stop_on_signals

NAME = sys.argv[2]


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


async def main() -> None:
    stop = asyncio.Event()
    with stop_on_signals(stop):
        sock = socket.socket(fileno=int(sys.argv[1]))
        await serve(
            Fairlead(App), sock, stop, on_ready=lambda: print("ready", flush=True)
        )


asyncio.run(main())

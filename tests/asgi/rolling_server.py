"""A server for the rolling restart, as of `fairlead serve`: python -m tests.asgi.rolling_server FD."""

from __future__ import annotations

import asyncio
import socket
import sys

from tests.asgi.rolling_app import app

from fairlead.cli.serving import serve, stop_on_signals


async def main() -> None:
    stop = asyncio.Event()
    with stop_on_signals(stop):
        sock = socket.socket(fileno=int(sys.argv[1]))
        await serve(app, sock, stop, on_ready=lambda: print("ready", flush=True))


asyncio.run(main())

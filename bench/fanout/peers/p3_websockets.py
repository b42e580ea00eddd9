"""P3b: the `websockets` library on uvloop, its broadcast() with one encoded payload."""

import asyncio
import json
import sys

import uvloop
from upstream import data, shared_upstream, started
from websockets.asyncio.server import broadcast, serve

port, base = int(sys.argv[1]), sys.argv[2]
subscribers: set = set()


async def main():
    snapshot = await shared_upstream(
        base, lambda raw: broadcast(subscribers, data(2, raw).decode())
    )

    async def handler(ws):
        try:
            async for text in ws:
                q = json.loads(text)
                if q["method"] == "query":
                    await ws.send(data(q["id"], snapshot).decode())
                else:
                    subscribers.add(ws)
                    await ws.send(started(q["id"]).decode())
        finally:
            subscribers.discard(ws)

    async with serve(handler, "127.0.0.1", port, compression=None, backlog=4096):
        await asyncio.Future()


uvloop.run(main())

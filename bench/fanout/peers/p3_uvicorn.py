"""P3a: a bare ASGI app on uvicorn; each event is encoded once and sent to every socket in turn.

python p3_uvicorn.py PORT UPSTREAM [websockets | websockets-sansio | wsproto]
"""

import asyncio
import json
import sys

import uvicorn
from upstream import data, shared_upstream, started

port, base = int(sys.argv[1]), sys.argv[2]
sends: set = set()
queue: asyncio.Queue = asyncio.Queue()
snapshot = b""


async def broadcast():
    while True:
        message = {
            "type": "websocket.send",
            "text": data(2, await queue.get()).decode(),
        }
        for send in list(sends):
            try:
                await send(message)
            except Exception:  # the socket went away: its own task cleans up
                pass


async def app(scope, receive, send):
    global snapshot
    if scope["type"] == "lifespan":
        while True:
            m = await receive()
            if m["type"] == "lifespan.startup":
                snapshot = await shared_upstream(base, queue.put_nowait)
                app.task = asyncio.create_task(broadcast())
            await send({"type": m["type"] + ".complete"})
            if m["type"] == "lifespan.shutdown":
                return
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (m := await receive())["type"] == "websocket.receive":
        q = json.loads(m["text"])
        if q["method"] == "query":
            await send(
                {"type": "websocket.send", "text": data(q["id"], snapshot).decode()}
            )
        else:
            sends.add(send)
            await send({"type": "websocket.send", "text": started(q["id"]).decode()})
    sends.discard(send)


uvicorn.run(
    app,
    port=port,
    loop="uvloop",
    http="httptools",
    ws=sys.argv[3] if len(sys.argv) > 3 else "websockets",
    log_level="error",
    access_log=False,
    backlog=4096,
)

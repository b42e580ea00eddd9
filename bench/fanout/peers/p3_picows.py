"""P3c: picows on uvloop, one encoded payload handed to every transport (it frames and copies per socket)."""

import asyncio
import json
import sys

import uvloop
from picows import WSListener, WSMsgType, ws_create_server
from upstream import data, shared_upstream, started

port, base = int(sys.argv[1]), sys.argv[2]
subscribers: set = set()
snapshot = b""


def on_event(raw: bytes):
    payload, text = data(2, raw), WSMsgType.TEXT
    for transport in subscribers:
        transport.send(text, payload)


class Listener(WSListener):
    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            return transport.disconnect()
        q = json.loads(frame.get_payload_as_bytes())
        if q["method"] == "query":
            transport.send(WSMsgType.TEXT, data(q["id"], snapshot))
        else:
            subscribers.add(transport)
            transport.send(WSMsgType.TEXT, started(q["id"]))

    def on_ws_disconnected(self, transport):
        subscribers.discard(transport)


async def main():
    global snapshot
    snapshot = await shared_upstream(base, on_event)
    await ws_create_server(lambda request: Listener(), "127.0.0.1", port, backlog=4096)
    await asyncio.Future()


uvloop.run(main())

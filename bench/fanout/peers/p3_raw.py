"""P3d, Python's floor: uvloop transports, WebSocket by hand, one framed buffer per event for every socket.

python p3_raw.py PORT UPSTREAM [loop]      loop: uvloop (default) | asyncio
"""

import asyncio
import base64
import hashlib
import json
import sys

import uvloop
from upstream import data, shared_upstream, started

port, base = int(sys.argv[1]), sys.argv[2]
subscribers: dict = {}
snapshot = b""  # framed once, for query id 1


def frame(payload: bytes) -> bytes:
    n = len(payload)
    if n < 126:
        return b"\x81%c" % n + payload
    return (
        b"\x81\x7e" + n.to_bytes(2, "big")
        if n < 65536
        else b"\x81\x7f" + n.to_bytes(8, "big")
    ) + payload


def on_event(raw: bytes):
    framed = frame(data(2, raw))
    for write in subscribers.values():
        write(framed)


class Socket(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buf, self.open = transport, b"", False

    def connection_lost(self, exc):
        subscribers.pop(self, None)

    def data_received(self, chunk):
        self.buf += chunk
        if not self.open:
            head, sep, rest = self.buf.partition(b"\r\n\r\n")
            if not sep:
                return
            key = next(
                l.split(b":", 1)[1].strip()
                for l in head.split(b"\r\n")
                if l.lower().startswith(b"sec-websocket-key")
            )
            accept = base64.b64encode(
                hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
            )
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            self.open, self.buf = True, rest
        while len(self.buf) >= 6:
            n, at = self.buf[1] & 127, 2
            if n == 126:
                n, at = int.from_bytes(self.buf[2:4], "big"), 4
            if len(self.buf) < at + 4 + n:
                return
            mask, body = self.buf[at : at + 4], self.buf[at + 4 : at + 4 + n]
            if self.buf[0] & 15 == 1:
                self.message(bytes(b ^ mask[i & 3] for i, b in enumerate(body)))
            self.buf = self.buf[at + 4 + n :]

    def message(self, text):
        q = json.loads(text)
        if q["method"] == "query":
            self.transport.write(snapshot)
        else:
            subscribers[self] = self.transport.write
            self.transport.write(frame(started(q["id"])))


async def main():
    global snapshot
    snapshot = frame(data(1, await shared_upstream(base, on_event)))
    await asyncio.get_running_loop().create_server(
        Socket, "127.0.0.1", port, backlog=4096
    )
    await asyncio.Future()


(asyncio if sys.argv[3:] == ["asyncio"] else uvloop).run(main())

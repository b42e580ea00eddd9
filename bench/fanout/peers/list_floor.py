"""LIST floors in Python on uvloop transports.

/pipe   the upstream's bytes passed through        /parse  msgspec decode + encode of the whole body
/join   encoded objects from a cache, joined       /bytes  one cached body
"""

import asyncio
import sys
import urllib.request
from urllib.parse import urlsplit

import msgspec
import uvloop
from upstream import PATH

port, base = int(sys.argv[1]), sys.argv[2]
HEAD, TAIL = b'{"result":{"data":', b"}}"
UPSTREAM = b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % PATH.encode()


def head(n: int) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % n
    )


class Pipe(asyncio.Protocol):
    """Upstream side: forwards to the client, or collects for /parse."""

    def __init__(self, client, parse):
        self.client, self.parse, self.buf, self.need, self.parts = (
            client,
            parse,
            b"",
            None,
            [],
        )

    def connection_made(self, transport):
        self.transport = transport
        self.client.upstream = transport
        transport.write(UPSTREAM)

    def data_received(self, data):
        if self.need is None:
            self.buf += data
            if b"\r\n\r\n" not in self.buf:
                return
            fields, data = self.buf.split(b"\r\n\r\n", 1)
            self.need = int(
                fields.lower().split(b"content-length:")[1].split(b"\r\n")[0]
            )
            if not self.parse:
                self.client.transport.write(
                    head(self.need + len(HEAD) + len(TAIL)) + HEAD
                )
        self.need -= len(data)
        if self.parse:
            self.parts.append(data)
        else:
            self.client.transport.write(data)
        if self.need == 0:
            if self.parse:
                body = (
                    HEAD
                    + msgspec.json.encode(msgspec.json.decode(b"".join(self.parts)))
                    + TAIL
                )
                self.client.transport.write(head(len(body)))
                self.client.transport.write(body)
            else:
                self.client.transport.write(TAIL)
            self.transport.close()


class Client(asyncio.Protocol):
    upstream = None

    def connection_made(self, transport):
        self.transport = transport

    def pause_writing(self):
        if self.upstream:
            self.upstream.pause_reading()

    def resume_writing(self):
        if self.upstream and not self.upstream.is_closing():
            self.upstream.resume_reading()

    def data_received(self, data):
        path = data.split(b" ", 2)[1]
        if path in (b"/pipe", b"/parse"):
            url = urlsplit(base)
            loop = asyncio.get_running_loop()
            loop.create_task(
                loop.create_connection(
                    lambda: Pipe(self, path == b"/parse"), url.hostname, url.port
                )
            )
            return
        body = [LIST] if path == b"/bytes" else [META, b",".join(OBJECTS), b"]}"]
        size = sum(map(len, body)) + len(HEAD) + len(TAIL)
        self.transport.writelines([head(size), HEAD, *body, TAIL])


LIST = urllib.request.urlopen(base + PATH).read()
Listing = msgspec.defstruct("Listing", [("items", list[msgspec.Raw])])
OBJECTS = [bytes(o) for o in msgspec.json.decode(LIST, type=Listing).items]
META = LIST[: LIST.index(b'"items":[') + 9]


async def main():
    await asyncio.get_running_loop().create_server(Client, "127.0.0.1", port)
    await asyncio.Future()


uvloop.run(main())

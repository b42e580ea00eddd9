"""One upstream LIST + WATCH for the whole server; the events stay raw JSON bytes."""

import asyncio
import urllib.request
from urllib.parse import urlsplit

PATH = "/apis/tekton.dev/v1/namespaces/bench/pipelineruns"


class Lines(asyncio.Protocol):
    """Reads the chunked watch: each line that opens with '{' is one event (chunk sizes and blanks are not)."""

    def __init__(self, request: bytes, on_line):
        self.request, self.on_line, self.rest = request, on_line, b""

    def connection_made(self, transport):
        transport.write(self.request)

    def data_received(self, data):
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            if line.startswith(b"{"):
                self.on_line(line)


async def shared_upstream(base: str, on_line) -> bytes:
    """Calls on_line(raw event) for every event from now on; returns the raw LIST."""
    listing = await asyncio.to_thread(
        lambda: urllib.request.urlopen(base + PATH).read()
    )
    rv = listing.split(b'"resourceVersion":"', 1)[1].split(b'"', 1)[0]
    url = urlsplit(base)
    request = b"GET %b?watch=true&resourceVersion=%b HTTP/1.1\r\nHost: x\r\n\r\n" % (
        PATH.encode(),
        rv,
    )
    await asyncio.get_running_loop().create_connection(
        lambda: Lines(request, on_line), url.hostname, url.port
    )
    return listing


def started(id_: int) -> bytes:
    return b'{"id":%d,"result":{"type":"started"}}' % id_


def data(id_: int, raw: bytes) -> bytes:
    return b'{"id":%d,"result":{"type":"data","data":%b}}' % (id_, raw)

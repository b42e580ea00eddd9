"""The connection under a streamed answer, for those who write to it directly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Protocol

LINE = "fairlead.devcluster.line"  # the key in ASGI's extensions


class Line(Protocol):
    """A connection in the middle of a chunked answer.

    Attributes:
        on_room: called when it takes more again, or is gone.
    """

    transport: asyncio.Transport
    on_room: Callable[[], None] | None

    @property
    def is_slow(self) -> bool:
        """Whether the transport holds more than it should."""
        ...


# How much is handed to a connection at once. TLS keeps a buffer of the largest piece that
# it ever encrypted for as long as the connection lives.
SLICE_BYTES = 16 * 1024


def slices(data: bytes) -> Iterator[bytes | memoryview]:
    """Yield data in pieces that a connection takes without keeping large buffers."""
    if len(data) <= SLICE_BYTES:
        yield data
        return
    view = memoryview(data)
    for start in range(0, len(data), SLICE_BYTES):
        yield view[start : start + SLICE_BYTES]


def write(line: Line, data: bytes) -> None:
    """Write data to a connection."""
    for piece in slices(data):
        line.transport.write(piece)


def chunk(data: bytes) -> bytes:
    """Return data as one chunk of an HTTP/1.1 answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)

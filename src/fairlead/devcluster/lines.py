"""The connection under a streamed answer, for those who write to it directly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

LINE = "fairlead.devcluster.line"  # the key in ASGI's extensions


class Line(Protocol):
    """A connection in the middle of a chunked answer.

    Attributes:
        on_room: called when it takes more again.
    """

    transport: asyncio.Transport
    on_room: Callable[[], None] | None

    @property
    def is_slow(self) -> bool:
        """Whether the transport holds more than it should."""
        ...


def chunk(data: bytes) -> bytes:
    """Return data as one chunk of an HTTP/1.1 answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)

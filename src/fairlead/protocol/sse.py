"""Server-sent events, as tRPC's httpSubscriptionLink reads them."""

from __future__ import annotations

import re

from fairlead.protocol.options import SseOptions
from fairlead.protocol.transformer import dump_json

__all__ = ["PING", "RETURN", "SSE_HEADERS", "SseEncoder", "is_valid_event_id"]

SSE_HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
PING = b"event: ping\ndata: \n\n"
RETURN = b"event: return\ndata: \n\n"

_NOT_IN_IDS = re.compile("[\0\n\r]")


def is_valid_event_id(event_id: str) -> bool:
    """May this stand in an `id:` line?"""
    return event_id != "" and not _NOT_IN_IDS.search(event_id)


class SseEncoder:
    """The events of one stream.

    A browser keeps the last id it saw for events without one. tRPC must not hand that to an
    untracked event, so such an event clears the id and a `restore-id` event sets it again.
    """

    __slots__ = ("_last_event_id",)

    def __init__(self, last_event_id: str | None = None) -> None:
        valid = last_event_id is not None and is_valid_event_id(last_event_id)
        self._last_event_id = last_event_id if valid else None

    @staticmethod
    def encode_connected(options: SseOptions) -> bytes:
        """The first event: the client's options."""
        return b"event: connected\ndata: %b\n\n" % dump_json(options.client)

    def encode_data(self, data: bytes | None, event_id: str | None = None) -> bytes:
        """One event; `data` is JSON, None is undefined, `event_id` that of a tracked one."""
        # JavaScript's template string prints undefined so; clients fail on it in the same way.
        line = b"data: %b\n" % (b"undefined" if data is None else data)
        if event_id is not None:
            self._last_event_id = event_id
            return b"%bid: %b\n\n" % (line, event_id.encode())
        if self._last_event_id is None:
            return line + b"\n"
        restored = self._last_event_id.encode()
        return b"%bid: \n\nevent: restore-id\ndata: \nid: %b\n\n" % (line, restored)

    @staticmethod
    def encode_error(shape: bytes) -> bytes:
        """The last event of a stream that failed."""
        return b"event: serialized-error\ndata: %b\n\n" % shape

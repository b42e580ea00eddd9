"""Server-sent events as a client reads them: bytes in, events out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.client.errors import ProtocolError

__all__ = ["ServerEvent", "SseParser"]

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event.

    Attributes:
        name: `message` unless the server named it.
        id: None when the event has none; it may be empty.
    """

    name: str
    data: bytes
    id: str | None


class SseParser:
    """A stream of events."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._name = ""
        self._id: str | None = None
        self._data: list[bytes] = []
        self._started = False
        self._length = 0

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that are complete now.

        Raises:
            ProtocolError: an event is longer than the bound.
        """
        self._rest += data
        if not self._started and self._rest:
            self._started = True
            self._rest = self._rest.removeprefix(b"\xef\xbb\xbf")
        events: list[ServerEvent] = []
        # A long line comes in many pieces: nothing is searched twice.
        if b"\n" in data or b"\r" in self._rest[-1 - len(data) :]:
            events = self._read_lines()
        if self._length + len(self._rest) > self._limit:
            raise ProtocolError(
                f"the server sent an event longer than {self._limit} bytes: raise "
                "ClientOptions.message_bytes"
            )
        return events

    def _read_lines(self) -> list[ServerEvent]:
        text = bytes(self._rest)
        # A carriage return at the end may be half of a line end.
        held = b"\r" if text.endswith(b"\r") else b""
        *lines, rest = _LINE_END.split(text.removesuffix(held))
        self._rest = bytearray(rest + held)
        found = [self._read_line(line) for line in lines]
        return [event for event in found if event is not None]

    def _read_line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._length += len(value) + 1
        elif name == b"event":
            self._name = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        return None

    def _dispatch(self) -> ServerEvent | None:
        data, name, event_id = self._data, self._name, self._id
        self._data, self._name, self._id, self._length = [], "", None, 0
        if not data and not name and event_id is None:
            return None
        return ServerEvent(name or "message", b"\n".join(data), event_id)

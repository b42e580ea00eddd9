"""Logs of containers: bytes with timestamps to lines, and back to where a reader left off."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime

from fairlead.errors import TRPCError

__all__ = ["MAX_LINE", "LogReader", "write_time"]

MAX_LINE = 65_536
"""Characters: a longer line comes in pieces."""

_TIME = r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"
_STAMP = re.compile(_TIME, re.ASCII)
_POSITION = re.compile(rf"({_TIME})?/(\d{{1,9}})(?:/(\d{{1,9}}))?", re.ASCII)


class LogReader:
    """Log bytes with timestamps to lines, from where a reader left off.

    A cluster resumes at a whole second, so lines that were sent already come again; they are
    told by their timestamp, by how many lines of that very timestamp were sent, and by how much
    of the line after these.

    Args:
        position: what `position` was when the reader left off.
        timestamps: leave each line's time before it.

    Raises:
        TRPCError: BAD_REQUEST; that is no position.
    """

    def __init__(
        self, position: str | None = None, *, timestamps: bool = False
    ) -> None:
        self._timestamps = timestamps
        self._resume_at, self._to_skip, self._to_cut = _read_position(position)
        self._last = self._resume_at
        self._count = self._to_skip
        # Bytes of one character may come in two chunks.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        # Of the line that is not at its end:
        self._inside = False
        self._is_stamped = False
        self._is_new = False
        self._sent = self._to_cut

    @property
    def since(self) -> str | None:
        """From when to ask for lines; None from the start."""
        return self._resume_at or None

    @property
    def position(self) -> str:
        """Where it is now."""
        place = f"{self._last}/{self._count}"
        return f"{place}/{self._sent}" if self._sent else place

    def feed(self, chunk: bytes, *, final: bool = False) -> list[str]:
        """The new lines that are complete now, and pieces of a line that is too long."""
        text = self._rest + self._decoder.decode(chunk, final)
        *lines, self._rest = text.split("\n")
        found = [self._take(line, ends=True) for line in lines]
        if self._rest and (final or len(self._rest) > MAX_LINE):
            found.append(self._take(self._rest, ends=False))
            self._rest = ""
        return [line for line in found if line is not None]

    def _take(self, piece: str, *, ends: bool) -> str | None:
        """What of a line, or of its next piece, was not sent before."""
        prefix = ""
        first = not self._inside
        if first:
            prefix, piece = self._begin(piece)
        self._inside = not ends
        if not self._is_new:
            return None
        if ends:
            piece = piece.removesuffix("\r")
        if not self._is_stamped:
            return piece or None
        new = piece[self._to_cut :]
        again = self._to_cut > 0
        self._to_cut = max(0, self._to_cut - len(piece))
        if first and not again:
            self._sent = 0
        self._sent = 0 if ends else self._sent + len(new)
        self._count += ends
        if again:
            return new or None
        return f"{prefix}{new}" if new or first else None

    def _begin(self, line: str) -> tuple[str, str]:
        """Looks at a line's time; what to show of it, and the line."""
        stamp, blank, text = line.partition(" ")
        self._is_stamped = bool(blank) and _STAMP.fullmatch(stamp) is not None
        self._is_new = True
        if not self._is_stamped:
            return "", line
        if stamp < self._resume_at:
            self._is_new = False
        elif stamp == self._resume_at and self._to_skip > 0:
            self._to_skip -= 1
            self._is_new = False
        elif stamp != self._last:
            self._last, self._count = stamp, 0
            self._to_cut = self._sent = 0
        return f"{stamp} " if self._timestamps else "", text


def _read_position(position: str | None) -> tuple[str, int, int]:
    """A time, the lines of it that were sent, and how much of the next."""
    if not position:
        return "", 0, 0
    found = _POSITION.fullmatch(position)
    if found is None:
        raise TRPCError("BAD_REQUEST", "lastEventId is no place in a log")
    stamp, count, sent = found.groups()
    return stamp or "", int(count), int(sent or 0)


def write_time(time: datetime | None) -> str | None:
    """A time as clusters read it: whole seconds; without a zone it is UTC.

    Raises:
        TRPCError: BAD_REQUEST; it is before the first year, or after the last.
    """
    if time is None:
        return None
    zoned = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    try:
        utc = zoned.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise TRPCError("BAD_REQUEST", "sinceTime is no time of a log") from error
    return f"{utc.isoformat(timespec='seconds')}Z"

"""Lists of built-in kinds on their way: items get the kind that API servers leave out of them.

Where an item ends, only a look at all of it tells. So what has come is cut before the last item
that may be whole, and read as a list: what was cut inside of an item is no JSON, and another cut
is tried. At most what is read at once, and an item, is held back.
"""

from __future__ import annotations

import msgspec

from fairlead.kube.errors import KubeProtocolError
from fairlead.kube.passing import NO_END, read_head
from fairlead.kube.wire import ITEMS, ListMetadata, WireReader, write_metadata

__all__ = ["CompletedList"]

FIRST = b'[{"metadata":'
"""How the items of a built-in list begin: their fields have a fixed order."""
NEXT = b'},{"metadata":'
"""What is between two of them, and between other things that have metadata inside of one."""
LOOK_BYTES = 65_536
"""So much is read at once."""
MOST_CUTS = 16
"""How many cuts are tried until there is twice as much."""


class _Rest(msgspec.Struct):
    items: msgspec.Raw
    metadata: ListMetadata | None = None


_rest_decoder = msgspec.json.Decoder(_Rest)


class CompletedList:
    """Rewrites a long list, chunk by chunk, as `PassedList` does.

    Attributes:
        added: None; how much longer it becomes, only its end tells.
    """

    added: int | None = None

    def __init__(
        self, reader: WireReader, cut: int, metadata: ListMetadata | None
    ) -> None:
        self._reader = reader
        self._cut = cut
        self._is_told = metadata is not None
        self._opening = ITEMS
        if metadata is not None:
            self._opening = b'"metadata":%b,%b' % (write_metadata(metadata), ITEMS)
        self._opening = b"{" + self._opening
        self._held: list[bytes] = []
        self._size = 0
        self._enough = LOOK_BYTES

    @staticmethod
    def begin(first: bytes, reader: WireReader) -> CompletedList | None:
        """Begins one by its first bytes, at least `LONGEST_HEAD`; feed them to it.

        Returns:
            None where it is no list, or not in the form that API servers give it.
        """
        head = read_head(first)
        if head is None or not first.startswith(FIRST, head.items - 1):
            return None
        return CompletedList(reader, head.items, head.metadata)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Takes what has come; returns what can be sent."""
        if self._cut:
            chunk, self._cut = chunk[self._cut :], 0
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size < self._enough:
            return []
        held = b"".join(self._held)
        ready = self._take(held)
        if ready is None:
            # Read as often as it doubles, it costs no more than some times its length.
            self._held, self._enough = [held], 2 * self._size
            return []
        return [ready]

    def finish(self) -> bytes:
        """What is left to send when all has come.

        Raises:
            KubeProtocolError: it broke off, or is no list after all.
        """
        try:
            rest = _rest_decoder.decode(b'{"items":[' + b"".join(self._held))
        except msgspec.DecodeError as error:
            raise KubeProtocolError(NO_END) from error
        items = self._reader.complete(rest.items)[1:]
        if self._is_told:
            return b"%b%b}" % (self._open(), items)
        if rest.metadata is None:
            raise KubeProtocolError(NO_END)
        metadata = write_metadata(rest.metadata)
        return b'%b%b,"metadata":%b}' % (self._open(), items, metadata)

    def _take(self, held: bytes) -> bytes | None:
        """The items that are whole; None while none is known to be."""
        view = memoryview(held)
        end = len(held)
        for _ in range(MOST_CUTS):
            end = held.rfind(NEXT, 0, end)
            if end < 0:
                return None
            try:
                cut = b"".join((b"[", view[: end + 1], b"]"))
                items = memoryview(self._reader.complete(cut))
            except KubeProtocolError:
                continue
            rest = held[end + 2 :]
            self._held, self._size = [rest], len(rest)
            self._enough = len(rest) + LOOK_BYTES
            return b"".join((self._open(), items[1:-1], b","))
        return None

    def _open(self) -> bytes:
        opening, self._opening = self._opening, b""
        return opening

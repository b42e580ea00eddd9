"""Lists on their way from the cluster to a client, without a look at their items.

API servers send a list's metadata before its items (built-in kinds) or after them (custom
resources). Either way it is rewritten to what clients expect, and the items' bytes stay as they are.
"""

from __future__ import annotations

from collections import deque

import msgspec

from fairlead.kube.errors import KubeProtocolError
from fairlead.kube.wire import (
    ITEMS,
    LONGEST_HEAD,
    ListMetadata,
    names_kinds,
    write_metadata,
)

__all__ = ["PassedList"]

LONGEST_TAIL = 16_384
"""Bytes of a list after its items: its kind, version, and a token for the next page."""
MOST_ENDS = 16
"""How many brackets from the end the items' own is looked for."""


class _Ends(msgspec.Struct):
    metadata: ListMetadata | None = None
    items: msgspec.Raw = msgspec.Raw(b"[]")


_decoder = msgspec.json.Decoder(_Ends)


class PassedList:
    """Rewrites a long list, chunk by chunk; holds back no more than may be its tail.

    Attributes:
        added: how many bytes longer it becomes; None where only its end will tell.
    """

    def __init__(self, opening: bytes, cut: int, metadata: ListMetadata | None) -> None:
        self._held = deque((opening,))
        self._size = len(opening)
        self._cut = cut
        self._is_told = metadata is not None
        self.added = len(opening) - cut if self._is_told else None

    @staticmethod
    def begin(first: bytes) -> PassedList | None:
        """Begins one by its first bytes, at least `LONGEST_HEAD`; feed them to it.

        Returns:
            None where its items have to be looked at: they leave out their kind, or it is no list.
        """
        start = first.find(ITEMS, 0, LONGEST_HEAD)
        items = start + len(ITEMS)
        if start < 0 or not names_kinds(memoryview(first)[items - 1 : items + 16]):
            return None
        try:
            metadata = _decoder.decode(first[:items] + b"]}").metadata
        except msgspec.DecodeError:
            return None  # those were the items of something else
        if metadata is None:
            return PassedList(b"{", start, None)
        opening = b'{"metadata":' + write_metadata(metadata) + b","
        return PassedList(opening, start, metadata)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Takes what has come; returns what can be sent."""
        if self._cut:
            chunk, self._cut = chunk[self._cut :], 0
        held = self._held
        held.append(chunk)
        self._size += len(chunk)
        ready: list[bytes] = []
        while self._size - len(held[0]) >= LONGEST_TAIL:
            self._size -= len(held[0])
            ready.append(held.popleft())
        return ready

    def finish(self) -> bytes:
        """What is left to send when all has come.

        Raises:
            KubeProtocolError: it broke off, or is no list after all.
        """
        rest = b"".join(self._held)
        end = rest.rfind(b"]")
        for _ in range(MOST_ENDS):
            if end < 0:
                break
            try:
                found = _decoder.decode(b"{" + ITEMS + rest[end:])
            except msgspec.DecodeError:
                end = rest.rfind(b"]", 0, end)
                continue
            if self._is_told:
                return rest
            if found.metadata is not None:
                return rest[: end + 1] + b',"metadata":%b}' % write_metadata(
                    found.metadata
                )
            break
        raise KubeProtocolError("The cluster sent a list without an end")

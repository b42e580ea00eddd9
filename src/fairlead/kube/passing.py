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

__all__ = ["NO_END", "PassedList", "read_head"]

LONGEST_TAIL = 16_384
"""Bytes of a list after its items: its kind, version, and a token for the next page."""
MOST_ENDS = 16
"""How many brackets from the end the items' own is looked for."""
NO_END = "The cluster sent a list without an end"


class Head(msgspec.Struct, frozen=True):
    """What comes before the items of a list.

    Attributes:
        start: where their field begins; `items` where the first of them does.
        metadata: None where it comes after them.
    """

    start: int
    items: int
    metadata: ListMetadata | None


class _Ends(msgspec.Struct):
    metadata: ListMetadata | None = None
    items: msgspec.Raw = msgspec.Raw(b"[]")


_decoder = msgspec.json.Decoder(_Ends)


def read_head(first: bytes) -> Head | None:
    """What the first bytes of a list say; None where they are those of something else."""
    start = first.find(ITEMS, 0, LONGEST_HEAD)
    if start < 0:
        return None
    items = start + len(ITEMS)
    try:
        metadata = _decoder.decode(first[:items] + b"]}").metadata
    except msgspec.DecodeError:
        return None  # those were the items of something else
    return Head(start, items, metadata)


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
        head = read_head(first)
        if head is None:
            return None
        if not names_kinds(memoryview(first)[head.items - 1 : head.items + 16]):
            return None
        if head.metadata is None:
            return PassedList(b"{", head.start, None)
        opening = b'{"metadata":' + write_metadata(head.metadata) + b","
        return PassedList(opening, head.start, head.metadata)

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
        raise KubeProtocolError(NO_END)

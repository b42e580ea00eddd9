"""What a session store promises. One contract suite tests it on every kind of store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Protocol

from fairlead.errors import FairleadError

__all__ = ["SessionRow", "SessionStore", "StoreError"]


class StoreError(FairleadError):
    """The store cannot be reached, or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session as it is stored: nothing in it says whose it is.

    Attributes:
        key: digest of what the cookie holds.
        data: the session, encrypted.
        version: counts the replacements of `data`, from 1.
        tags: digests by which sessions of one user, or of one sign-in at a provider, are found.
        last_seen: epoch seconds of the last use.
        expires_at: epoch seconds from when it is as good as gone.
    """

    key: str
    data: bytes
    version: int = 1
    tags: tuple[str, ...] = ()
    last_seen: float
    expires_at: float


class SessionStore(Protocol):
    """Keeps sessions where all replicas find them.

    Only `insert` makes a row: `replace` and `touch` leave alone what is gone, so nothing that
    was under way when a session ended can bring it back.
    """

    async def __aenter__(self) -> SessionStore:
        """Connects, and makes tables where there are none."""
        ...

    async def __aexit__(self, *_: object) -> None:
        """Disconnects."""
        ...

    async def insert(self, row: SessionRow) -> None:
        """Adds a session."""
        ...

    async def find(self, key: str) -> SessionRow | None:
        """The session, unless it has expired."""
        ...

    async def replace(self, key: str, data: bytes, version: int) -> bool:
        """Writes new data if the session is there and still has that version."""
        ...

    async def touch(self, key: str, last_seen: float, expires_at: float) -> bool:
        """Notes a use; False when the session is gone."""
        ...

    async def delete(self, keys: Collection[str]) -> set[str]:
        """Removes sessions and tells everyone who watches; those that were there."""
        ...

    async def find_tagged(self, tag: str) -> list[SessionRow]:
        """All sessions with that tag that have not expired."""
        ...

    async def find_alive(self, keys: Collection[str]) -> set[str]:
        """Which of these sessions are there and have not expired."""
        ...

    async def purge(self) -> int:
        """Removes what has expired; how many sessions that were."""
        ...

    async def try_lock(self, name: str, holder: str, seconds: float) -> bool:
        """Takes a lock for at most that long; False when another holds it."""
        ...

    async def unlock(self, name: str, holder: str) -> None:
        """Gives the lock back, if it is still the holder's."""
        ...

    def watch(self) -> AsyncIterator[str | None]:
        """Keys of sessions as they are deleted, here or by another replica.

        None: deletions may have been missed, so look again at every session that matters;
        it also comes first, once the watch has begun.
        """
        ...

"""The open WebSocket connections of an application: counted, told to reconnect, closed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from fairlead.context import Request
from fairlead.errors import TRPCError

__all__ = ["Connection", "Connections"]


class Connection(Protocol):
    """One open connection."""

    @property
    def request(self) -> Request | None:
        """Who it is, once known."""
        ...

    def send_reconnect(self) -> None:
        """Asks the client to connect anew, elsewhere if need be."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Closes it; its subscriptions are cancelled."""
        ...


class Connections:
    """All open connections.

    Attributes:
        draining: the server is about to stop: newcomers are sent away.
    """

    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._by_owner: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Counts a connection in."""
        self._open.add(connection)
        self._empty.clear()

    def remove(self, connection: Connection) -> None:
        """Counts it out."""
        self._open.discard(connection)
        if not self._open:
            self._empty.set()

    def claim(self, request: Request, bound: int | None) -> str:
        """Counts a connection of a user, or of an address where nobody has signed in.

        Returns:
            Whose it is, for `release`.

        Raises:
            TRPCError: TOO_MANY_REQUESTS; there are as many of them as the bound already.
        """
        user, client = request.user, request.client
        owner = f"user {user.name}" if user else f"address {client and client[0]}"
        if bound is not None and self._by_owner[owner] >= bound:
            raise TRPCError(
                "TOO_MANY_REQUESTS",
                f"There are {bound} connections of this {owner.partition(' ')[0]} already: close one",
            )
        self._by_owner[owner] += 1
        return owner

    def release(self, owner: str) -> None:
        """Takes a claimed connection back."""
        self._by_owner[owner] -= 1
        if not self._by_owner[owner]:
            del self._by_owner[owner]

    def broadcast_reconnect(self) -> None:
        """Asks every client to connect anew; what runs on the old connection goes on meanwhile."""
        for connection in tuple(self._open):
            connection.send_reconnect()

    def close_where(self, test: Callable[[Request], bool], reason: str) -> int:
        """Closes the connections whose request fits, as when a session ends; how many."""
        found = [
            each
            for each in self._open
            if each.request is not None and test(each.request)
        ]
        for connection in found:
            connection.close(1008, reason)
        return len(found)

    async def wait_empty(self) -> None:
        """Waits until the last one has gone."""
        await self._empty.wait()

"""Pings of WebSocket connections: one timer for all of a server's."""

from __future__ import annotations

import asyncio
from typing import Protocol

from fairlead.protocol.frames import Opcode, make_control

__all__ = ["KeepAlive", "Pinged"]


class Pinged(Protocol):
    """A connection that is looked after.

    Attributes:
        heard: something has arrived since it was last looked at.
        silent: for how many looks nothing has.
        unread: bytes that were waiting at the last look.
    """

    transport: asyncio.Transport
    heard: bool
    silent: int
    unread: int


class KeepAlive:
    """Pings who is silent, and cuts who does not answer.

    Args:
        interval: seconds of silence; None for no pings.
        timeout: seconds to answer.
    """

    def __init__(self, interval: float | None, timeout: float | None) -> None:
        self._period = (interval or 0.0) / 2
        self._patience = 2 + round((timeout or 1e9) / self._period) if interval else 0
        self._connections: set[Pinged] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Pinged) -> None:
        """Another one."""
        self._connections.add(connection)
        if self._period and self._timer is None:
            self._set_timer()

    def remove(self, connection: Pinged) -> None:
        """One is gone, if it was there."""
        self._connections.discard(connection)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._period, self._look)

    def _look(self) -> None:
        for connection in list(self._connections):
            self._look_at(connection)
        self._set_timer()

    def _look_at(self, connection: Pinged) -> None:
        unread = connection.transport.get_write_buffer_size()
        # A client that still reads what came before has not had the ping yet.
        if connection.heard or (unread and unread != connection.unread):
            connection.heard, connection.silent = False, 0
        else:
            connection.silent += 1
            if connection.silent == 2:
                connection.transport.write(make_control(Opcode.PING))
            elif connection.silent > self._patience:
                connection.transport.abort()
        connection.unread = unread

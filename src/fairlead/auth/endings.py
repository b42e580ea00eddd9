"""Who wants to know when a session ends: open connections and streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial

from fairlead.errors import TRPCError

__all__ = ["Endings", "make_ended_error"]

Tell = Callable[[TRPCError], None]


def make_ended_error() -> TRPCError:
    """The one answer by which a client knows that it has to sign in again."""
    return TRPCError("UNAUTHORIZED", "Your session has ended: sign in again")


class Endings:
    """Listeners by session; `keep` runs for each session that somebody listens for."""

    def __init__(self, keep: Callable[[str], Coroutine[object, object, None]]) -> None:
        self._keep = keep
        self._listeners: dict[str, dict[object, Tell]] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}

    @property
    def keys(self) -> set[str]:
        """The sessions that somebody listens for."""
        return set(self._listeners)

    def listen(self, key: str, tell: Tell) -> Callable[[], None]:
        """Calls `tell` when that session ends; returns what stops that."""
        token = object()
        self._listeners.setdefault(key, {})[token] = tell
        if key not in self._keepers:
            self._keepers[key] = asyncio.create_task(self._keep(key))
        return partial(self._stop, key, token)

    def _stop(self, key: str, token: object) -> None:
        listeners = self._listeners.get(key)
        if listeners is None or listeners.pop(token, None) is None or listeners:
            return
        self._remove(key)

    def _remove(self, key: str) -> None:
        self._listeners.pop(key, None)
        keeper = self._keepers.pop(key, None)
        if keeper is not None and keeper is not asyncio.current_task():
            keeper.cancel()

    def tell(self, key: str) -> None:
        """The session has ended."""
        listeners = self._listeners.get(key, {})
        self._remove(key)
        for tell in tuple(listeners.values()):
            tell(make_ended_error())

    def close(self) -> None:
        """Nobody is told any more."""
        for key in tuple(self._listeners):
            self._remove(key)

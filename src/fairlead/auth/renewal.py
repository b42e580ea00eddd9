"""Refreshing tokens: one request to the provider, however many calls on however many replicas wait.

A provider that rotates refresh tokens takes a second use of one for theft and ends the session.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from fairlead.auth.session import Session
from fairlead.auth.stores.store import SessionStore
from fairlead.errors import FairleadError

__all__ = ["RefreshRefusedError", "Renewal", "Renewer"]

log = logging.getLogger("fairlead.sessions")

LOCK_SECONDS = 30.0
"""Longer than a provider may take to answer."""
POLL_SECONDS = 0.05

Renewer = Callable[[Session], Awaitable[Session]]
"""Asks the provider; raises RefreshRefusedError when it refuses."""


class RefreshRefusedError(FairleadError):
    """The provider gives no new tokens: its own session has ended."""


class _Loaded(Protocol):
    session: Session


L = TypeVar("L", bound=_Loaded)


class Renewal(Generic[L]):
    """Runs at most one refresh per session at a time."""

    def __init__(
        self,
        store: SessionStore,
        load: Callable[[str], Awaitable[L | None]],
        save: Callable[[str, Session, int], Awaitable[bool]],
        renew: Renewer,
    ) -> None:
        self._store = store
        self._load = load
        self._save = save
        self._renew = renew
        self._running: dict[str, asyncio.Task[L | None]] = {}

    async def run(self, key: str, refused: str | None) -> L | None:
        """The session with new tokens; None when it has ended.

        Cancelling who waits does not cancel the refresh: its refresh token may be used up.

        Raises:
            TRPCError: the provider does not answer.
        """
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._run(key, refused))
            self._running[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: str, task: asyncio.Task[L | None]) -> None:
        del self._running[key]
        if not task.cancelled():
            task.exception()  # whoever waited has seen it; if nobody does any more, so be it

    async def wait(self) -> None:
        """Waits for those under way."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _run(self, key: str, refused: str | None) -> L | None:
        name, holder = f"refresh:{key}", secrets.token_hex(8)
        while not await self._store.try_lock(name, holder, LOCK_SECONDS):
            await asyncio.sleep(POLL_SECONDS)
            loaded = await self._load(key)
            if loaded is None or not _is_due(loaded.session, refused):
                return loaded
        try:
            return await self._run_alone(key, refused)
        finally:
            await self._store.unlock(name, holder)

    async def _run_alone(self, key: str, refused: str | None) -> L | None:
        row = await self._store.find(key)
        loaded = await self._load(key)
        if row is None or loaded is None or not _is_due(loaded.session, refused):
            return loaded
        try:
            renewed = await self._renew(loaded.session)
        except RefreshRefusedError as error:
            log.info("a session ends: %s", error)
            return None
        if not await self._save(key, renewed, row.version):
            return None  # it ended meanwhile, and stays so
        return await self._load(key)


def _is_due(session: Session, refused: str | None) -> bool:
    tokens = session.tokens
    if refused is not None and tokens.cluster == refused:
        return True
    return tokens.refresh_at is not None and tokens.refresh_at <= time.time()

"""Rights that are taken away end what was opened with them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from fairlead.access import Decision
from fairlead.errors import TRPCError
from fairlead.kube.subscription import Subscription

__all__ = ["Guard"]


SOON = 0.5
"""Seconds within which all readers ask once rights may have changed."""

Listen: TypeAlias = "Callable[[Callable[[], None]], Callable[[], None]]"
"""Takes what is to be called on news, and returns how to stop that."""


class Guard:
    """Asks whether a reader may still read; ends it with FORBIDDEN if not.

    It asks every so often, and soon after rights may have changed. A cluster that does not
    answer takes no rights away: the feed itself tells that it is lost.
    """

    def __init__(
        self,
        subscription: Subscription,
        check: Callable[[], Awaitable[Decision]],
        seconds: float,
        listen: Listen | None = None,
        on_denied: Callable[[TRPCError], None] | None = None,
    ) -> None:
        self._subscription = subscription
        self._check = check
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._news = False
        self._on_denied = on_denied
        self._stop = None if listen is None else listen(self._on_news)
        self._schedule()

    def _on_news(self) -> None:
        self._news = True
        if self._task is None or self._task.done():
            self._schedule()

    def _schedule(self) -> None:
        # Spread, so that a thousand readers do not ask in the same moment.
        longest = min(SOON, self._seconds) if self._news else self._seconds
        wait = longest * random.uniform(0.1 if self._news else 0.7, 1.0)  # noqa: S311
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(wait, self._start)

    def _start(self) -> None:
        self._news = False
        if self._subscription.ended:
            self._end()
        else:
            self._task = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        try:
            decision = await self._check()
        except TRPCError as error:
            if error.code in ("UNAUTHORIZED", "FORBIDDEN"):
                self._end(error)
                return
            decision = Decision(allowed=True)
        if decision.allowed:
            self._schedule()
        else:
            reason = decision.reason or "You may not watch this any more"
            self._end(TRPCError("FORBIDDEN", reason))

    def _end(self, error: TRPCError | None = None) -> None:
        if self._stop is not None:
            self._stop()
        if error is not None:
            if self._on_denied is not None:
                self._on_denied(error)
            self._subscription.fail(error)

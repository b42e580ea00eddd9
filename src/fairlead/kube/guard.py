"""Rights that are taken away end what was opened with them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from fairlead.access import Decision
from fairlead.errors import TRPCError
from fairlead.kube.subscription import Subscription

__all__ = ["Guard"]


class Guard:
    """Asks every so often whether a reader may still read; ends it with FORBIDDEN if not.

    A cluster that does not answer takes no rights away: the feed itself tells that it is lost.
    """

    def __init__(
        self,
        subscription: Subscription,
        check: Callable[[], Awaitable[Decision]],
        seconds: float,
    ) -> None:
        self._subscription = subscription
        self._check = check
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None
        self._schedule()

    def _schedule(self) -> None:
        # Spread, so that a thousand readers do not ask in the same moment.
        wait = self._seconds * random.uniform(0.7, 1.0)  # noqa: S311
        asyncio.get_running_loop().call_later(wait, self._start)

    def _start(self) -> None:
        if not self._subscription.ended:
            self._task = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        try:
            decision = await self._check()
        except TRPCError as error:
            if error.code in ("UNAUTHORIZED", "FORBIDDEN"):
                self._subscription.fail(error)
                return
            decision = Decision(allowed=True)
        if decision.allowed:
            self._schedule()
        else:
            reason = decision.reason or "You may not watch this any more"
            self._subscription.fail(TRPCError("FORBIDDEN", reason))

"""Rights that are taken away end what was opened with them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeAlias, TypeVar

from fairlead.access import Decision
from fairlead.alarms import Alarm, Alarms
from fairlead.errors import TRPCError
from fairlead.kube.errors import KubeUnauthorizedError

__all__ = ["ATTEMPTS", "FRESH", "Guard", "Guarded", "guard_events"]

T = TypeVar("T")

FRESH = 0.2
"""Of the time a right may be outlived, how old an answer about it may be: the rest is the wait."""
ATTEMPTS = 4
"""How often in a row a cluster may refuse a user's credentials: one that has just started knows no
tokens yet. They share the time that an answer may be old."""
SOON = 0.5
"""Seconds within which all readers ask once rights may have changed."""

Listen: TypeAlias = "Callable[[Callable[[], None]], Callable[[], None]]"
"""Takes what is to be called on news, and returns how to stop that."""


class Guarded(Protocol):
    """What ends when its reader may no longer read."""

    @property
    def ended(self) -> bool:
        """Is it over anyway?"""
        ...

    def fail(self, error: TRPCError) -> None:
        """Ends it; the reader is told why."""
        ...


class Guard:
    """Asks whether a reader may still read; ends it with FORBIDDEN if not.

    It asks every so often, and soon after rights may have changed. A cluster that does not
    answer takes no rights away: the feed itself tells that it is lost.

    Args:
        check: asks; its answer may be `FRESH` times `seconds` old.
        seconds: how long a reader may outlive his right.
    """

    __slots__ = (
        "_alarm",
        "_check",
        "_news",
        "_on_denied",
        "_refusals",
        "_seconds",
        "_stop",
        "_subscription",
        "_task",
    )

    def __init__(
        self,
        subscription: Guarded,
        check: Callable[[], Awaitable[Decision]],
        seconds: float,
        listen: Listen | None = None,
        on_denied: Callable[[TRPCError], None] | None = None,
    ) -> None:
        self._subscription = subscription
        self._check = check
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None
        self._alarm: Alarm | None = None
        self._news = False
        self._refusals = 0
        self._on_denied = on_denied
        self._stop = None if listen is None else listen(self._on_news)
        self._schedule()

    def _on_news(self) -> None:
        self._news = True
        if self._task is None or self._task.done():
            self._schedule()

    def _schedule(self) -> None:
        # Spread, so that a thousand readers do not ask in the same moment.
        longest = (
            min(SOON, self._seconds) if self._news else self._seconds * (1 - FRESH)
        )
        if self._refusals:
            longest = self._seconds * FRESH / ATTEMPTS
        wait = longest * random.uniform(0.1 if self._news else 0.7, 1.0)  # noqa: S311
        loop = asyncio.get_running_loop()
        alarms = Alarms.of(loop)
        if self._alarm is not None:
            alarms.cancel(self._alarm)
        self._alarm = alarms.set_at(loop, loop.time() + wait, self._start)

    def _start(self) -> None:
        self._news = False
        if self._subscription.ended:
            self._end()
        else:
            self._task = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        try:
            decision = await self._check()
        except KubeUnauthorizedError as error:
            self._refusals += 1
            if self._refusals < ATTEMPTS:
                self._schedule()
            else:
                self._end(error)
            return
        except TRPCError as error:
            if error.code in ("UNAUTHORIZED", "FORBIDDEN"):
                self._end(error)
                return
            decision = Decision(allowed=True)
        self._refusals = 0
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


async def guard_events(
    events: AsyncIterator[T], set_guard: Callable[[Guarded], object]
) -> AsyncGenerator[T]:
    """The events of an iterator, until a guard on them ends it.

    Args:
        set_guard: makes the `Guard`.

    Raises:
        TRPCError: FORBIDDEN; the right to them was taken away.
    """
    end = _End()
    set_guard(end)
    pending: asyncio.Future[T] | None = None
    try:
        while True:
            pending = asyncio.ensure_future(anext(events))
            await asyncio.wait((pending, end.told), return_when=asyncio.FIRST_COMPLETED)
            if end.told.done():
                raise end.told.result()
            done, pending = pending, None
            try:
                event = done.result()
            except StopAsyncIteration:
                return
            yield event
    finally:
        end.ended = True
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
                await pending
        close: Callable[[], Awaitable[None]] | None = getattr(events, "aclose", None)
        if close is not None:
            await close()


class _End:
    """Where a guard says that it is over."""

    def __init__(self) -> None:
        self.ended = False
        self.told: asyncio.Future[TRPCError] = (
            asyncio.get_running_loop().create_future()
        )

    def fail(self, error: TRPCError) -> None:
        """The right was taken away."""
        if not self.told.done():
            self.told.set_result(error)

"""Several namespaces as one live view, of users who may not see them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

from fairlead.errors import TRPCError
from fairlead.kube.backoff import Backoff
from fairlead.kube.errors import KubeError, KubeUnauthorizedError
from fairlead.kube.frames import RawFrame
from fairlead.kube.guard import ATTEMPTS, FRESH
from fairlead.kube.scopes import Scope
from fairlead.kube.subscription import Subscription

__all__ = ["follow_scope"]


REFUSALS = 3
"""How often in a row what a user may see may be refused all the same."""
FIRST_WAIT = 0.1


async def follow_scope(
    resolve: Callable[[], Awaitable[Scope]],
    open_one: Callable[[Scope], Subscription],
    recheck_seconds: float,
    note: Callable[[TRPCError], None],
) -> AsyncGenerator[RawFrame]:
    """One stream of all namespaces that the user may see now; a change starts it anew.

    Args:
        note: records that the user is refused, before he is told.

    Raises:
        TRPCError: FORBIDDEN; there is none, or none is left. Or what is asked for cannot be.
    """
    scope = await resolve()
    wait = Backoff(FIRST_WAIT, recheck_seconds)
    refusals = 0
    while True:
        if scope.namespaces == ():
            refusal = TRPCError("FORBIDDEN", scope.reason)
            note(refusal)
            raise refusal
        following = _Following(scope, open_one(scope), resolve, recheck_seconds)
        try:
            async for frame in following:
                refusals = 0
                yield frame
        finally:
            await following.aclose()
        if following.error is not None:
            # A right was taken away, a namespace is gone, or nobody may ask that.
            following.found = await resolve()
            if following.found == scope:
                refusals += 1
                if following.error.code != "FORBIDDEN":
                    raise following.error
                if refusals > REFUSALS:
                    note(following.error)
                    raise following.error
                await asyncio.sleep(wait.next())
        if following.found is None:
            return
        scope = following.found


class _Following:
    """Frames of one scope, until another one is found.

    Attributes:
        found: what the user may see now, where that has changed.
        error: why the frames ended, if not by themselves.
    """

    def __init__(
        self,
        scope: Scope,
        subscription: Subscription,
        resolve: Callable[[], Awaitable[Scope]],
        seconds: float,
    ) -> None:
        self.found: Scope | None = None
        self.error: TRPCError | None = None
        self._scope = scope
        self._subscription = subscription
        self._resolve = resolve
        self._seconds = seconds * (1 - FRESH)
        self._again = seconds * FRESH / ATTEMPTS
        self._refusals = 0
        self._loop = asyncio.get_running_loop()
        self._asks_at = self._loop.time() + self._seconds
        self._pending: asyncio.Task[RawFrame] | None = None

    def __aiter__(self) -> _Following:
        return self

    async def __anext__(self) -> RawFrame:
        while True:
            # Asked by the clock: a stream that is never quiet is asked about as well.
            left = self._asks_at - self._loop.time()
            if left <= 0 and await self._has_changed():
                raise StopAsyncIteration
            self._pending = self._pending or asyncio.ensure_future(
                anext(self._subscription)
            )
            await asyncio.wait([self._pending], timeout=max(left, 0))
            if self._pending.done():
                task, self._pending = self._pending, None
                try:
                    return task.result()
                except TRPCError as error:
                    self.error = error
                    raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Reads no further."""
        task, self._pending = self._pending, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration, TRPCError):
                await task
        await self._subscription.aclose()

    async def _has_changed(self) -> bool:
        self._asks_at = self._loop.time() + self._seconds
        try:
            found = await self._resolve()
        except KubeUnauthorizedError:
            self._refusals += 1
            if self._refusals >= ATTEMPTS:
                raise
            self._asks_at = self._loop.time() + self._again
            return False  # a cluster that has just started knows no tokens yet
        except KubeError as error:
            if error.code in ("UNAUTHORIZED", "FORBIDDEN"):
                raise
            return False  # that the cluster is lost takes no rights away
        self._refusals = 0
        self.found = found if found != self._scope else None
        return self.found is not None

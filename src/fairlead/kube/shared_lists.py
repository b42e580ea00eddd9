"""Lists that many ask for in the same moment, as all do who come back after a restart.

The first is asked of the cluster. Who comes while it is on its way waits, with all who ask the
same as the same user, for the next, which is asked once for all of them: nobody gets an answer to
a question that is older than his own. Nobody waits for long either: where the cluster is slow, the
next is asked while the one before has not come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeAlias

from fairlead.kube.errors import KubeError
from fairlead.kube.long_answers import PassedChunks

__all__ = ["SharedLists"]

PATIENCE = 0.25
"""Seconds to wait for the request before one's own."""
WHOLE_BYTES = 131_072
"""A list that is not longer is sent in one piece."""
SHARED_BYTES = 4_194_304
"""A longer one is not kept for several readers: each passes it on as it comes."""

Ask: TypeAlias = Callable[[int], Awaitable[bytes | PassedChunks]]
"""Asks the cluster; its argument is from how many bytes on the list is passed on as it comes."""


_Waiter: TypeAlias = "tuple[asyncio.Future[bytes | Exception | None], Ask]"


class _Lane:
    """One list as one user sees it.

    Attributes:
        running: requests that are on their way.
        waiting: who waits for the next, and how each would ask.
        is_long: it is too long to be shared.
    """

    __slots__ = ("is_long", "running", "timer", "waiting")

    def __init__(self) -> None:
        self.running = 0
        self.waiting: list[_Waiter] = []
        self.is_long = False
        self.timer: asyncio.TimerHandle | None = None

    def take_waiting(self) -> list[_Waiter]:
        """Who waits and has not gone."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        waiting = [each for each in self.waiting if not each[0].done()]
        self.waiting = []
        return waiting


class SharedLists:
    """The lists that are asked for now."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(
        self, key: Hashable, ask: Ask, *, whole: bool = False
    ) -> bytes | PassedChunks:
        """The list, from a request that is not older than the call.

        Args:
            key: equal where the same is asked for by who sees the same.
            whole: the caller has no use for a list that comes in pieces.

        Raises:
            KubeError: there was no answer, or it is an error.
        """
        size = SHARED_BYTES if whole else WHOLE_BYTES
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
        if lane.running and not lane.is_long:
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[bytes | Exception | None] = loop.create_future()
            lane.waiting.append((waiter, ask))
            if lane.timer is None:
                lane.timer = loop.call_later(PATIENCE, self._go_on, key, lane)
            found = await waiter
            if isinstance(found, Exception):
                raise found
            return await ask(size) if found is None else found
        lane.running += 1
        try:
            return await ask(size)
        finally:
            self._end(key, lane)

    def _end(self, key: Hashable, lane: _Lane) -> None:
        """A request has come to its end: the next one, if somebody waits for it."""
        lane.running -= 1
        self._go_on(key, lane)

    def _go_on(self, key: Hashable, lane: _Lane) -> None:
        if waiting := lane.take_waiting():
            lane.running += 1
            task = asyncio.get_running_loop().create_task(
                self._ask_for(key, lane, waiting)
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif not lane.running:
            del self._lanes[key]

    async def _ask_for(
        self, key: Hashable, lane: _Lane, waiting: list[_Waiter]
    ) -> None:
        found: bytes | Exception | None = None
        try:
            # The newest one's sign-in is the most likely to last.
            answer = await waiting[-1][1](SHARED_BYTES)
            if isinstance(answer, bytes):
                found = answer
            else:
                lane.is_long = True
                await answer.aclose()
        except Exception as error:
            found = error
        finally:
            self._end(key, lane)
            for waiter, _ in waiting:
                if not waiter.done():
                    # One for each: tracebacks grow on an exception that is shared.
                    anew = found.copy() if isinstance(found, KubeError) else found
                    waiter.set_result(anew)

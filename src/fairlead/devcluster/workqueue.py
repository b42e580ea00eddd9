"""One queue of background work, done a moment later and never inside a write."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import ParamSpec

from fairlead.devcluster.timekeeping import Clock

P = ParamSpec("P")
log = logging.getLogger("fairlead.devcluster")

_RECHECK_SECONDS = 1.0  # how often a frozen clock is looked at again


class WorkQueue:
    """Runs functions one after the other; requests get their turn in between."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to work off the queue."""
        self._clock.listen(self._put_due)
        self._task = asyncio.create_task(self._run(), name="devcluster-controllers")

    async def aclose(self) -> None:
        """Stop; what is still queued is dropped (the next start finds it again)."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def join(self) -> None:
        """Return when all work that is due has been done."""
        await self._queue.join()

    def put(
        self, work: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Do something soon."""
        self._queue.put_nowait(partial(work, *args, **kwargs))

    def put_later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something after a while, by the cluster's clock."""
        due = self._clock.steady() + seconds
        heapq.heappush(self._later, (due, next(self._order), work))
        if self._later[0][0] == due:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._later:
            return
        wait = max(0.0, self._later[0][0] - self._clock.steady())
        if self._clock.frozen:
            wait = max(wait, _RECHECK_SECONDS)
        self._timer = asyncio.get_running_loop().call_later(wait, self._put_due)

    def _put_due(self) -> None:
        now = self._clock.steady()
        while self._later and self._later[0][0] <= now:
            self._queue.put_nowait(heapq.heappop(self._later)[2])
        self._set_timer()

    async def _run(self) -> None:
        while True:
            work = await self._queue.get()
            try:
                work()
            except Exception:
                log.exception("a controller failed; it goes on with the next item")
            finally:
                self._queue.task_done()
            await asyncio.sleep(0)

"""One queue of background work, done a moment later and never inside a write."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import ParamSpec

P = ParamSpec("P")
log = logging.getLogger("fairlead.devcluster")


class WorkQueue:
    """Runs functions one after the other; requests get their turn in between."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._timers: set[asyncio.TimerHandle] = set()

    def start(self) -> None:
        """Begin to work off the queue."""
        self._task = asyncio.create_task(self._run(), name="devcluster-controllers")

    async def aclose(self) -> None:
        """Stop; what is still queued is dropped (the next start finds it again)."""
        for timer in self._timers:
            timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def put(
        self, work: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Do something soon."""
        self._queue.put_nowait(partial(work, *args, **kwargs))

    def put_later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something after a while."""

        def run() -> None:
            self._timers.discard(handle)
            self._queue.put_nowait(work)

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)

    async def _run(self) -> None:
        while True:
            work = await self._queue.get()
            try:
                work()
            except Exception:
                log.exception("a controller failed; it goes on with the next item")
            await asyncio.sleep(0)

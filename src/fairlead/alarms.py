"""Many timers of an event loop, of which the loop sees the next one only.

Thousands of connections wait for deadlines that hardly ever come. Each as a timer of the loop
is a handle, a copy of the context and an entry of the loop's own; here it is one small object.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from heapq import heapify, heappop, heappush
from weakref import WeakKeyDictionary

from msgspec import Struct

__all__ = ["Alarm", "Alarms"]

EARLY = 0.001
"""Loops count in milliseconds, so that a timer may come that much too soon."""
KEPT = 100
"""So many that were cancelled may wait for their time, more only as long as others do."""


class Alarm(Struct, order=True):
    """Something to be called later, with no context of its own.

    Attributes:
        when: on the loop's clock.
        number: which of two at the same time was set first.
        call: None once it was called or cancelled.
    """

    when: float
    number: int
    call: Callable[[], None] | None


class Alarms:
    """Those of one event loop."""

    def __init__(self) -> None:
        self._heap: list[Alarm] = []
        self._set = 0
        self._cancelled = 0
        self._next = float("inf")

    @staticmethod
    def of(loop: asyncio.AbstractEventLoop) -> Alarms:
        """Those of a loop."""
        found = _alarms.get(loop)
        if found is None:
            found = _alarms[loop] = Alarms()
        return found

    def __len__(self) -> int:
        return len(self._heap)

    def set_at(
        self,
        loop: asyncio.AbstractEventLoop,
        when: float,
        call: Callable[[], None],
    ) -> Alarm:
        """Has a function called at a time of the loop's clock."""
        self._set += 1
        alarm = Alarm(when, self._set, call)
        heappush(self._heap, alarm)
        if when < self._next:
            self._wait(loop, when)
        return alarm

    def cancel(self, alarm: Alarm) -> None:
        """It is not called any more, if it was not yet."""
        if alarm.call is None:
            return
        alarm.call = None
        self._cancelled += 1
        if self._cancelled > KEPT and self._cancelled > len(self._heap) // 2:
            self._heap = [each for each in self._heap if each.call is not None]
            heapify(self._heap)
            self._cancelled = 0

    def _wait(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        # One that was to come later is left to come: it finds nothing to do.
        self._next = when
        loop.call_at(when, self._ring, loop, context=Context())

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time() + EARLY
        if now < self._next:
            return
        self._next = float("inf")
        due: list[Alarm] = []
        while self._heap and self._heap[0].when <= now:
            due.append(heappop(self._heap))
        if self._heap:
            self._wait(loop, self._heap[0].when)
        for alarm in due:
            self._call(loop, alarm)

    def _call(self, loop: asyncio.AbstractEventLoop, alarm: Alarm) -> None:
        call, alarm.call = alarm.call, None
        if call is None:
            self._cancelled -= 1
            return
        try:
            call()
        except Exception as error:
            loop.call_exception_handler(
                {"message": "an alarm's function failed", "exception": error}
            )


_alarms: WeakKeyDictionary[asyncio.AbstractEventLoop, Alarms] = WeakKeyDictionary()

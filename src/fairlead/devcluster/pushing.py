"""Watches that are written straight to their connections.

A change makes one turn of the loop in which the frames are made once for all watchers
who see the same, and handed to every connection: no task wakes up, nothing is queued
for a watcher. A connection that is slow to take what it got is passed over; it goes on
from its position when it has room again.
"""

from __future__ import annotations

import asyncio

from fairlead.devcluster.lines import Line, chunk, write
from fairlead.devcluster.state import Shared
from fairlead.devcluster.watching import Schedule, Watcher


class WatchPusher:
    """Writes one watch to its connection."""

    __slots__ = ("_line", "_sight", "_watcher", "_woken")

    def __init__(self, watcher: Watcher, line: Line) -> None:
        self._watcher = watcher
        self._line = line
        self._woken = asyncio.Event()
        self._sight = watcher.sight

    def wake(self) -> None:
        """Look at the time and at the end of the watch again."""
        self._woken.set()

    def _is_over(self) -> bool:
        return self._line.transport.is_closing() or self._watcher.is_over()

    def push(self, shared: Shared) -> None:
        """Write the next events, as far as the connection takes them."""
        watcher, line = self._watcher, self._line
        while not line.is_slow and not self._is_over():
            before = (self._sight, watcher.position)
            found = shared.get(before)
            if found is None:
                piece = watcher.next_events()
                data = chunk(piece) if piece else b""
                found = (data, watcher.position)
                if not watcher.ended:  # an error ends only the watch that it is told to
                    shared[before] = found
            else:
                watcher.follow(found[1], shown=bool(found[0]))
            if not found[0]:
                break
            self._sight = watcher.sight
            write(line, found[0])
        if self._is_over():
            self._woken.set()

    async def run(self) -> None:
        """Write until the watch is over; the answer itself is not ended here."""
        watcher, line = self._watcher, self._line
        for piece in watcher.opening():
            write(line, chunk(piece))
            await self._room()
        if watcher.ended or line.transport.is_closing():
            return
        self._sight = watcher.sight
        bell = watcher.state.bell
        bell.join(watcher.key, self)
        line.on_room = self.wake
        try:
            await self._live()
        finally:
            line.on_room = None
            bell.leave(watcher.key, self)
        if (farewell := watcher.farewell()) and not line.transport.is_closing():
            write(line, chunk(farewell))

    async def _room(self) -> None:
        self._line.on_room = self.wake
        while self._line.is_slow and not self._line.transport.is_closing():
            self._woken.clear()
            await self._woken.wait()

    async def _live(self) -> None:
        watcher, line, steady = (
            self._watcher,
            self._line,
            self._watcher.state.clock.steady,
        )
        schedule = Schedule.begin(watcher.options.seconds, watcher.state)
        while True:
            self.push({})
            now = steady()
            if self._is_over() or now >= schedule.end:
                return
            wait = schedule.end - now
            if not line.is_slow:
                # A bookmark may not overtake events that are still to be written.
                if now >= schedule.next_mark:
                    if watcher.options.bookmarks:
                        write(line, chunk(watcher.bookmark()))
                    schedule.advance(now)
                wait = schedule.wait(now)
            self._woken.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                continue


async def push_watch(watcher: Watcher, line: Line) -> None:
    """Write a watch to its connection, until it is over."""
    with watcher.running():
        await WatchPusher(watcher, line).run()
    if line.is_slow:
        # Its reader does not read: there is no room for a proper end.
        line.transport.abort()

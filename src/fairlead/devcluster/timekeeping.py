"""The cluster's time: wall time, and a steady one for everything that takes a while.

A test may move it (`advance`) or hold it (`freeze`): timestamps, token lifetimes, event
expiry, graceful deletion, watch time-outs, bookmarks and history all follow.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Wall time and steady time, both of which a test can move forward.

    Args:
        wall: Where wall time comes from, in seconds since 1970.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._ahead = 0.0
        self._held: tuple[float, float] | None = None
        self._listeners: list[Callable[[], None]] = []

    def __call__(self) -> float:
        """Return wall time, in seconds since 1970."""
        return (self._wall() if self._held is None else self._held[0]) + self._ahead

    def steady(self) -> float:
        """Return a time that only differences of mean something, in seconds."""
        base = time.monotonic() if self._held is None else self._held[1]
        return base + self._ahead

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._held is not None

    def freeze(self) -> None:
        """Hold time: from now on only `advance` moves it."""
        if self._held is None:
            self._held = (self._wall(), time.monotonic())

    def advance(self, seconds: float) -> None:
        """Move time forward.

        Raises:
            ValueError: `seconds` is negative: time does not go back.
        """
        if seconds < 0:
            raise ValueError("time does not go back: advance by a positive number of seconds")  # fmt: skip
        self._ahead += seconds
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a function after every `advance`."""
        self._listeners.append(listener)

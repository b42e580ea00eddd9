"""Waits between attempts."""

from __future__ import annotations

import random

__all__ = ["Backoff"]


class Backoff:
    """Waits that double, with jitter, so that a fleet does not come back in step.

    Args:
        first: seconds before the second attempt.
        longest: no wait is longer.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._ceiling = 0.0

    def reset(self) -> None:
        """Something has worked."""
        self._ceiling = 0.0

    def next(self) -> float:
        """Seconds; the first wait is next to none: most interruptions are over at once."""
        if self._ceiling == 0.0:
            self._ceiling = self._first
            return random.uniform(0, self._first / 10)  # noqa: S311
        wait = random.uniform(self._ceiling / 2, self._ceiling)  # noqa: S311
        self._ceiling = min(self._ceiling * 2, self._longest)
        return wait

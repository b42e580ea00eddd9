"""How often signing in may fail from one address, before it has to wait."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from fairlead.errors import TRPCError

__all__ = ["AttemptOptions", "Attempts", "TooManyAttemptsError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOptions:
    """Bounds of failed sign-ins; per process.

    Attributes:
        failures: so many from one address within `seconds`, then it has to wait. Behind a proxy
            that does not tell the client's address, all clients share one.
        addresses: of so many it is known; the one that was quiet for longest is forgotten first.
    """

    failures: int = 30
    seconds: float = 60.0
    addresses: int = 10_000


class TooManyAttemptsError(TRPCError):
    """Signing in failed too often from there.

    Attributes:
        retry_after: whole seconds after which it may be tried again.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "TOO_MANY_REQUESTS",
            f"Signing in failed too often: try again in {retry_after} s",
        )
        self.retry_after = retry_after


class Attempts:
    """The failures of the last while, by address."""

    def __init__(
        self, options: AttemptOptions, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._options = options
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failed)

    def check(self, address: str | None) -> None:
        """May it try?

        Raises:
            TooManyAttemptsError: not yet.
        """
        failed = self._failed.get(address or "")
        if failed is None or len(failed) < self._options.failures:
            return
        left = failed[0] + self._options.seconds - self._clock()
        if left > 0:
            raise TooManyAttemptsError(math.ceil(left))

    def note_failure(self, address: str | None) -> None:
        """It tried in vain."""
        key = address or ""
        failed = self._failed.pop(key, None)
        if failed is None:
            failed = deque[float](maxlen=self._options.failures)
        failed.append(self._clock())
        self._failed[key] = failed  # at the end: heard of last
        if len(self._failed) > self._options.addresses:
            self._failed.popitem(last=False)

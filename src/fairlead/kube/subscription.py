"""One reader of a feed: a cursor into its store, and a bell.

`take` is the whole logic and does not wait; iterating waits for the bell in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fairlead.errors import TRPCError
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeError
from fairlead.kube.frames import FeedState, FrameSource, RawFrame, make_state
from fairlead.kube.store import Store
from fairlead.pushing import EventSource

__all__ = ["Pace", "Subscription", "SubscriptionSource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a reader wants to be told; what happens in between is conflated.

    Attributes:
        frames_per_second: not more frames than that.
        bytes_per_second: after a frame, quiet for as long as its bytes would take.
    """

    frames_per_second: float | None = None
    bytes_per_second: float | None = None

    @classmethod
    def of(
        cls, frames_per_second: float | None, bytes_per_second: float | None
    ) -> Pace | None:
        """None where nothing is bounded."""
        if frames_per_second is None and bytes_per_second is None:
            return None
        return cls(
            frames_per_second=frames_per_second, bytes_per_second=bytes_per_second
        )

    def get_wait(self, size: int) -> float:
        """Seconds of quiet after a frame of that many bytes."""
        wait = 1 / self.frames_per_second if self.frames_per_second else 0.0
        if self.bytes_per_second:
            wait = max(wait, size / self.bytes_per_second)
        return wait


class SubscriptionSource(Protocol):
    """What a subscription reads from: a feed."""

    store: Store
    frames: FrameSource
    state: FeedState
    reason: str | None
    failure: KubeError | None
    closed: bool

    def release(self, reader: Subscription, /) -> None:
        """The subscription is over."""
        ...


class Subscription(EventSource[RawFrame]):
    """An async iterator of frames; ends when the feed is closed, fails when it fails.

    Attributes:
        on_refused: called when it ends because the cluster refuses what is followed.
    """

    __slots__ = (
        "_bell",
        "_cursor",
        "_ended",
        "_error",
        "_last_event_id",
        "_pace",
        "_paused",
        "_seen",
        "_source",
        "_told",
        "_waiter",
        "credentials",
        "on_refused",
    )

    def __init__(
        self,
        source: SubscriptionSource,
        credentials: Credentials,
        last_event_id: str | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.credentials = credentials
        self.on_refused: Callable[[TRPCError], None] | None = None
        self._source = source
        self._last_event_id = last_event_id
        self._cursor: int | None = None
        self._told: tuple[FeedState, str | None] = ("live", None)
        self._seen = last_event_id or ""
        self._pace = pace
        self._paused: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._bell: Callable[[], None] | None = None
        self._ended = False
        self._error: TRPCError | None = None

    @property
    def ended(self) -> bool:
        """Is it over, for whatever reason?"""
        return self._ended or self._source.closed

    def fail(self, error: TRPCError) -> None:
        """Ends this reader alone; it is told why."""
        self._error = error
        self.wake()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> RawFrame:
        while True:
            frame = self.take()
            if frame is not None:
                return frame
            if self.ended:
                await self.aclose()
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    async def aclose(self) -> None:
        """Ends it; the feed closes some time after its last one."""
        if not self._ended:
            self._ended = True
            self._stop_pause()
            self._source.release(self)
            self.wake()

    def wake(self) -> None:
        """There is news."""
        if self._bell is not None:
            self._bell()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def set_bell(self, bell: Callable[[], None] | None) -> None:
        """Has a function called when there is news."""
        self._bell = bell

    def take(self) -> RawFrame | None:
        """The next frame, when there is one now.

        Raises:
            KubeError: the feed failed for good.
            TRPCError: the reader's right was taken away.
        """
        source = self._source
        if self._ended and self._error is None:
            return None
        if self._error is not None or source.failure is not None:
            self._end()
        ready = bool(source.store.resource_version)
        if ready and self._paused is None:
            frame = self._take_data(source)
            if frame is not None:
                self._seen = frame.id
                if source.state == "stale":
                    # Clients take news for a sign of life: a list that is polled has both.
                    self._told = ("live", None)
                self._start_pause(len(frame.data.data))
                return frame
        # What is missing from it is told after the first objects, that it is stale at once.
        now = (source.state, source.reason)
        if now != self._told and (ready or source.state != self._told[0]):
            self._told = now
            # Its id is what the reader has seen: it may resume from this frame as well.
            return make_state(self._seen, *now)
        return None

    def _start_pause(self, size: int) -> None:
        wait = self._pace.get_wait(size) if self._pace is not None else 0.0
        if wait > 0:
            self._paused = asyncio.get_running_loop().call_later(wait, self._end_pause)

    def _end_pause(self) -> None:
        self._paused = None
        self.wake()

    def _stop_pause(self) -> None:
        if self._paused is not None:
            self._paused.cancel()
            self._paused = None

    def _end(self) -> None:
        error, self._error = self._error, None
        if self._ended:
            return
        self._ended = True
        self._stop_pause()
        self._source.release(self)
        if error is not None:
            raise error
        if self._source.failure is not None:
            # A new one for each reader: tracebacks grow on an exception that is shared.
            failure = self._source.failure.copy()
            if self.on_refused is not None and failure.code == "FORBIDDEN":
                self.on_refused(failure)
            raise failure

    def _take_data(self, source: SubscriptionSource) -> RawFrame | None:
        store = source.store
        cursor = self._cursor
        if cursor is None and self._last_event_id is not None:
            resumed = store.find_cursor(self._last_event_id)
            self._last_event_id = None
            if resumed is not None:
                # Also when nothing was missed: it tells the client that it is up to date.
                self._cursor = store.head
                return source.frames.get_delta(resumed)
        if cursor == store.head:
            return None
        self._cursor = store.head
        if cursor is None or not store.can_resume(cursor):
            if self._told[0] == "live":
                # It replaces all that was told: what is missing is told after it again.
                self._told = ("live", None)
            return source.frames.get_snapshot()
        return source.frames.get_delta(cursor)

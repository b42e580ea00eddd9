"""What can be read live: a feed of the cluster, or something derived from feeds.

A source has a store, makes frames of it, and wakes its readers when there is news.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeError
from fairlead.kube.frames import FeedState, FrameSource
from fairlead.kube.store import Store
from fairlead.kube.subscription import Pace, Subscription

__all__ = ["Reader", "Source"]


class Reader(Protocol):
    """Somebody who reads a source."""

    @property
    def credentials(self) -> Credentials:
        """As whom it reads."""
        ...

    def wake(self) -> None:
        """There is news."""
        ...


class Source:
    """Base of feeds and of what is derived from them.

    Attributes:
        state: stale while the cluster is not reached; `reason` says why.
        reason: while live, what is missing and why.
        failure: why it ended for good: its subscriptions end with it.
    """

    def __init__(
        self, store: Store, frames: FrameSource, on_idle: Callable[[Source], None]
    ) -> None:
        self.store = store
        self.frames = frames
        self.state: FeedState = "live"
        self.reason: str | None = None
        self.failure: KubeError | None = None
        self.closed = False
        self._on_idle = on_idle
        self._readers: dict[Reader, None] = {}

    @property
    def subscriptions(self) -> int:
        """How many read it now."""
        return len(self._readers)

    @property
    def credentials(self) -> Credentials | None:
        """The newest reader's: the one whose session is most likely to last."""
        reader = next(reversed(self._readers), None)
        return None if reader is None else reader.credentials

    def subscribe(
        self,
        credentials: Credentials,
        last_event_id: str | None = None,
        pace: Pace | None = None,
    ) -> Subscription:
        """Another reader of frames."""
        subscription = Subscription(self, credentials, last_event_id, pace)
        self.attach(subscription)
        return subscription

    def attach(self, reader: Reader) -> None:
        """Another reader, or one whose credentials are newer now."""
        self._readers.pop(reader, None)
        self._readers[reader] = None
        self._start()

    def release(self, reader: Reader, /) -> None:
        """A reader has gone."""
        if self._readers.pop(reader, self) is None and not self._readers:
            self.frames.forget()
            self._on_idle(self)

    async def aclose(self) -> None:
        """Ends it; its subscriptions end."""
        self.closed = True
        self._wake()

    def _start(self) -> None:
        """There is somebody to work for."""

    def _set_state(self, state: FeedState, reason: str | None) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state = state
            self.reason = reason
            self._wake()

    def _fail(self, error: KubeError) -> None:
        self.failure = error
        self._wake()
        self._on_idle(self)

    def _wake(self) -> None:
        for reader in list(self._readers):
            reader.wake()

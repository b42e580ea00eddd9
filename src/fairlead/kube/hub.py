"""All live feeds of a cluster: one list and watch upstream, however many look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field

from fairlead.kube.client import KubeClient
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeError
from fairlead.kube.feed import Feed, FeedOptions, FeedTarget
from fairlead.kube.frames import FeedState
from fairlead.kube.subscription import Subscription

__all__ = ["FeedHealth", "Hub", "HubOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Bounds of a hub."""

    max_feeds: int = 2000
    max_subscriptions: int = 50_000
    feed: FeedOptions = field(default_factory=FeedOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How one feed is."""

    resource: str
    namespace: str | None
    state: FeedState
    reason: str | None
    objects: int
    subscriptions: int
    lists: int
    watches: int


class Hub:
    """Feeds by what they follow and as whom; made when wanted, kept a while when not."""

    def __init__(self, client: KubeClient, options: HubOptions | None = None) -> None:
        self._client = client
        self._options = options or HubOptions()
        self._feeds: dict[Hashable, Feed] = {}
        self._keys: dict[Feed, Hashable] = {}
        self._timers: dict[Feed, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    def subscribe(
        self,
        target: FeedTarget,
        credentials: Credentials,
        last_event_id: str | None = None,
    ) -> Subscription:
        """Follows what the credentials see of a target.

        Args:
            last_event_id: the id of the last frame seen, to resume from.

        Raises:
            KubeError: the hub is closed or full.
        """
        if self._closed:
            raise KubeError("The server is shutting down", code="SERVICE_UNAVAILABLE")
        key: Hashable = (target, credentials.key)
        feed = self._feeds.get(key)
        self._check_bounds(is_new=feed is None)
        if feed is None:
            feed = Feed(self._client, target, self._options.feed, self._on_idle)
            self._feeds[key] = feed
            self._keys[feed] = key
        self._cancel_timer(feed)
        return feed.subscribe(credentials, last_event_id)

    def get_health(self) -> list[FeedHealth]:
        """How each feed is; for metrics and for people."""
        return [
            FeedHealth(
                resource=feed.target.info.qualified_plural,
                namespace=feed.target.namespace,
                state=feed.state,
                reason=feed.reason,
                objects=len(feed.store),
                subscriptions=feed.subscriptions,
                lists=feed.lists_made,
                watches=feed.watches_opened,
            )
            for feed in self._feeds.values()
        ]

    async def aclose(self) -> None:
        """Closes all feeds; their subscriptions end."""
        self._closed = True
        for feed in list(self._keys):
            self._drop(feed)
        while self._closing:
            await asyncio.gather(*self._closing)

    def _check_bounds(self, *, is_new: bool) -> None:
        options = self._options
        if is_new and len(self._feeds) >= options.max_feeds:
            raise KubeError(
                f"{options.max_feeds} different things are being watched already",
                code="TOO_MANY_REQUESTS",
            )
        if sum(feed.subscriptions for feed in self._feeds.values()) >= (
            options.max_subscriptions
        ):
            raise KubeError(
                f"{options.max_subscriptions} subscriptions are open already",
                code="TOO_MANY_REQUESTS",
            )

    def _on_idle(self, feed: Feed) -> None:
        """A feed has no reader left, or has failed."""
        if feed not in self._keys:
            return
        self._cancel_timer(feed)
        if feed.failure is not None or self._closed:
            self._drop(feed)
        elif feed.subscriptions == 0:
            self._timers[feed] = asyncio.get_running_loop().call_later(
                self._options.feed.linger, self._drop, feed
            )

    def _drop(self, feed: Feed) -> None:
        self._cancel_timer(feed)
        key = self._keys.pop(feed, None)
        if key is None:
            return
        del self._feeds[key]
        task = asyncio.get_running_loop().create_task(feed.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _cancel_timer(self, feed: Feed) -> None:
        timer = self._timers.pop(feed, None)
        if timer is not None:
            timer.cancel()

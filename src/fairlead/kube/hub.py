"""All live feeds of a cluster: one list and watch upstream, however many look at it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fairlead.kube.client import KubeClient
from fairlead.kube.credentials import Credentials
from fairlead.kube.deriving import DerivedSource, Merge, Step
from fairlead.kube.errors import KubeError
from fairlead.kube.feed import Feed, FeedOptions, FeedTarget
from fairlead.kube.frames import FeedState
from fairlead.kube.initial import Abilities
from fairlead.kube.resource import Resource
from fairlead.kube.sources import Source
from fairlead.kube.store import Store
from fairlead.kube.subscription import Pace, Subscription
from fairlead.kube.urls import to_query
from fairlead.kube.views import Compute, RowMaker, View
from fairlead.kube.windows import Window, WindowQuery

__all__ = ["FeedHealth", "Hub", "HubOptions", "LiveQuery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Bounds of a hub."""

    max_feeds: int = 2000
    max_subscriptions: int = 50_000
    feed: FeedOptions = field(default_factory=FeedOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How one feed is.

    Attributes:
        selectors: of labels and fields, as they stand in the URL; empty for none.
        quiet_seconds: since the cluster last told anything; a watch is renewed and bookmarks
            come, so much more than a few minutes means that it is lost. None: nothing yet.
    """

    resource: str
    namespace: str | None
    selectors: str
    state: FeedState
    reason: str | None
    objects: int
    subscriptions: int
    lists: int
    watches: int
    quiet_seconds: float | None


class LiveQuery(Struct, frozen=True, cache_hash=True):
    """What a subscription asks for.

    Attributes:
        targets: what is followed; several are merged into one.
        view: computes rows of the objects; None for the objects themselves.
        window: which rows, in which order; only with a view.
        note: what is missing and why, told to readers.
    """

    targets: tuple[FeedTarget, ...]
    view: tuple[type[Resource], type[View[Any]]] | None = None
    window: WindowQuery | None = None
    note: str | None = None


class Hub:
    """Feeds by what they follow and as whom; made when wanted, kept a while when not."""

    def __init__(self, client: KubeClient, options: HubOptions | None = None) -> None:
        self._client = client
        self._options = options or HubOptions()
        self._abilities = Abilities()
        self._era = f"~{secrets.token_hex(4)}"
        self._sources: dict[Hashable, Source] = {}
        self._keys: dict[Source, Hashable] = {}
        self._timers: dict[Source, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False
        self._subscribed = 0

    def subscribe(
        self,
        target: FeedTarget | LiveQuery,
        credentials: Credentials,
        last_event_id: str | None = None,
        pace: Pace | None = None,
    ) -> Subscription:
        """Follows what the credentials see of a target.

        Args:
            last_event_id: the id of the last frame seen, to resume from.
            pace: how fast the reader wants to be told.

        Raises:
            KubeError: the hub is closed or full.
        """
        if self._closed:
            raise KubeError("The server is shutting down", code="SERVICE_UNAVAILABLE")
        self._check_subscriptions()
        query = target if isinstance(target, LiveQuery) else LiveQuery((target,))
        source = self._find(query, credentials)
        return source.subscribe(credentials, last_event_id, pace)

    def _find(self, query: LiveQuery, credentials: Credentials) -> Source:
        """The source of a query, made of those below it where it is new."""
        key: Hashable = (query, credentials.key)
        source = self._sources.get(key)
        if source is None:
            source = self._make(query, credentials)
            self._sources[key] = source
            self._keys[source] = key
        if not source.subscriptions:  # who is on the way to it may not arrive
            self._cancel_timer(source)
            self._set_timer(source)
        return source

    def _make(self, query: LiveQuery, credentials: Credentials) -> Source:
        if len(self._keys) >= self._options.max_feeds:
            raise KubeError(
                f"{self._options.max_feeds} different things are being watched already",
                code="TOO_MANY_REQUESTS",
            )
        options = self._options.feed
        era = ""
        if query.window is not None:
            step: Callable[[Store], Step] = partial(Window, query.window)
            below = [("", replace(query, window=None))]
        elif query.view is not None:
            step = partial(Compute, RowMaker(*query.view))
            below = [("", replace(query, view=None))]
            # Another server, or this one after a restart, may compute other rows.
            era = self._era
        elif len(query.targets) == 1 and query.note is None:
            return Feed(
                self._client, query.targets[0], options, self._on_idle, self._abilities
            )
        else:
            step = Merge
            below = [
                (target.namespace or "", LiveQuery((target,)))
                for target in query.targets
            ]
        inputs = [
            (name, partial(self._find, each, credentials)) for name, each in below
        ]
        return DerivedSource(inputs, step, options, self._on_idle, query.note, era)

    def get_health(self) -> list[FeedHealth]:
        """How each feed is; for metrics and for people."""
        now = asyncio.get_running_loop().time()
        return [
            FeedHealth(
                resource=feed.target.info.qualified_plural,
                namespace=feed.target.namespace,
                selectors=to_query(feed.target.selectors),
                state=feed.state,
                reason=feed.reason,
                objects=len(feed.store),
                subscriptions=feed.subscriptions,
                lists=feed.lists_made,
                watches=feed.watches_opened,
                quiet_seconds=None if feed.heard is None else now - feed.heard,
            )
            for feed in self._keys
            if isinstance(feed, Feed)
        ]

    async def aclose(self) -> None:
        """Closes all feeds; their subscriptions end."""
        self._closed = True
        for feed in list(self._keys):
            self._drop(feed)
        while self._closing:
            await asyncio.gather(*self._closing)

    def _check_subscriptions(self) -> None:
        bound = self._options.max_subscriptions
        if self._subscribed >= bound:  # or fewer: those that ended were not taken off
            self._subscribed = sum(source.subscriptions for source in self._keys)
        if self._subscribed >= bound:
            raise KubeError(
                f"{bound} subscriptions are open already", code="TOO_MANY_REQUESTS"
            )
        self._subscribed += 1

    def _on_idle(self, feed: Source) -> None:
        """A feed has no reader left, or has failed."""
        if feed not in self._keys:
            return
        self._cancel_timer(feed)
        if feed.failure is not None or feed.closed or self._closed:
            self._drop(feed)
        elif feed.subscriptions == 0:
            self._set_timer(feed)

    def _set_timer(self, source: Source) -> None:
        self._timers[source] = asyncio.get_running_loop().call_later(
            self._options.feed.linger, self._drop_idle, source
        )

    def _drop_idle(self, source: Source) -> None:
        if source.subscriptions == 0:
            self._drop(source)

    def _drop(self, feed: Source) -> None:
        self._cancel_timer(feed)
        key = self._keys.pop(feed, None)
        if key is None:
            return
        del self._sources[key]
        task = asyncio.get_running_loop().create_task(feed.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _cancel_timer(self, feed: Source) -> None:
        timer = self._timers.pop(feed, None)
        if timer is not None:
            timer.cancel()

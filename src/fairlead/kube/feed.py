"""Keeps one store equal to the cluster: list, watch, and start over when in doubt.

After anything but a clean end of a watch the objects are listed again and compared with what
is known, so whatever happened meanwhile, deletions included, becomes a change like any other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Struct

from fairlead.errors import TRPCError
from fairlead.kube.backoff import Backoff
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import (
    KubeError,
    KubeGoneError,
    KubeProtocolError,
    KubeStatusError,
    KubeTimeoutError,
)
from fairlead.kube.frames import FeedState, FrameSource
from fairlead.kube.initial import NOT_OLDER, Abilities, InitialList
from fairlead.kube.refusals import (
    REFUSED,
    UNSTREAMED,
    NotStreamedError,
    WatchDeniedError,
    as_kube_error,
    is_refusal,
    judge,
)
from fairlead.kube.resource import ResourceInfo
from fairlead.kube.sources import Reader, Source
from fairlead.kube.store import Store, StoreLimits
from fairlead.kube.urls import Query, get_collection_path
from fairlead.kube.wire import LineSplitter, RawObject, WireReader

__all__ = ["Feed", "FeedOptions", "FeedTarget"]

STEADY_SECONDS = 1.0
"""What has worked for so long may be tried again at once when it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions:
    """How a feed behaves.

    Attributes:
        streaming: ask for lists as the beginning of a watch, where the cluster can do so.
        page_size: objects per page of a list that comes by itself.
        open_seconds: how long the cluster may take to begin a watch.
        watch_seconds: after about that long a watch is renewed; a dead one is noticed then.
        overdue_seconds: a silent watch may last so much longer before it is given up.
        stale_after: seconds without a connection after which readers are told.
        first_wait: seconds before the second try to connect; doubled each time.
        max_wait: no wait is longer.
        poll_seconds: between lists, where listing is allowed and watching is not.
        forbidden_attempts: a feed that worked fails after so many refusals in a row: an API
            server that has just started may not know its rules and users yet.
        linger: seconds a feed is kept for the next reader.
    """

    streaming: bool = True
    page_size: int = 500
    open_seconds: float = 10.0
    watch_seconds: int = 120
    overdue_seconds: float = 10.0
    stale_after: float = 1.0
    first_wait: float = 0.5
    max_wait: float = 30.0
    poll_seconds: float = 10.0
    forbidden_attempts: int = 3
    linger: float = 15.0
    limits: StoreLimits = field(default_factory=StoreLimits)


class FeedTarget(Struct, frozen=True, cache_hash=True):
    """What a feed follows.

    Attributes:
        polled: it may be listed and not watched.
    """

    info: ResourceInfo
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None
    polled: bool = False

    @property
    def selectors(self) -> Query:
        """The selectors as query parameters."""
        return {
            "labelSelector": self.label_selector,
            "fieldSelector": self.field_selector,
        }


class Feed(Source):
    """One list and watch for all subscriptions that want the same.

    Attributes:
        heard: when the cluster last told anything, on the loop's clock; bookmarks count.
    """

    def __init__(
        self,
        client: KubeClient,
        target: FeedTarget,
        options: FeedOptions,
        on_idle: Callable[[Source], None],
        abilities: Abilities | None = None,
    ) -> None:
        store = Store(options.limits)
        super().__init__(store, FrameSource(store), on_idle)
        self.target = target
        self.watches_opened = 0
        self.lists_made = 0
        self.heard: float | None = None
        self._client = client
        self._options = options
        self._abilities = abilities or Abilities()
        self._streams = options.streaming
        self._wire = WireReader(target.info)
        self._path = get_collection_path(target.info, target.namespace)
        self._credentials: Credentials | None = None
        self._task: asyncio.Task[None] | None = None
        self._stale_timer: asyncio.TimerHandle | None = None
        self._listed = 0.0

    async def aclose(self) -> None:
        """Stops following the cluster; subscriptions end."""
        await super().aclose()
        self._cancel_stale_timer()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def release(self, reader: Reader, /) -> None:
        """A reader has gone."""
        if self.subscriptions == 1:
            self._credentials = self.credentials or self._credentials
        super().release(reader)

    def _start(self) -> None:
        """The first reader starts it; the newest one's credentials are used."""
        self._credentials = self.credentials
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        wait = Backoff(self._options.first_wait, self._options.max_wait)
        refusals = 0
        self._expect_stale("The cluster has not answered yet")
        while self.failure is None:
            asked = 0.0
            try:
                if self.target.polled or not await self._stream_list(wait):
                    await self._list()
                if self.target.polled:
                    raise WatchDeniedError
                await self._follow(wait)
            except WatchDeniedError:
                self._set_state("stale", self._explain_polling())
                wait.reset()
                refusals = 0
                await asyncio.sleep(self._options.poll_seconds)
                continue
            except TRPCError as error:  # also of who knows the reader's token
                refusals = refusals + 1 if isinstance(error, REFUSED) else 0
                if self._is_final(error, refusals):
                    self._fail(as_kube_error(error))
                    return
                self._expect_stale(error.message)
                if isinstance(error, KubeStatusError) and error.retry_after:
                    asked = min(error.retry_after, self._options.max_wait)
            except Exception as error:
                self._fail(KubeProtocolError(f"The feed broke: {error}"))
                raise
            await asyncio.sleep(max(wait.next(), asked))

    def _is_final(self, error: TRPCError, refusals: int) -> bool:
        if not isinstance(error, KubeStatusError):
            return error.code in ("UNAUTHORIZED", "FORBIDDEN")  # the reader's session
        if refusals and self.store.resource_version:
            return refusals >= self._options.forbidden_attempts
        return is_refusal(error)

    async def _stream_list(self, wait: Backoff) -> bool:
        """Lists by the beginning of a watch, and goes on with it; False where that cannot be.

        Raises:
            WatchDeniedError: watching is not allowed, listing is.
        """
        refused, group = self._abilities.unstreamed, self.target.info.group
        if not self._streams or group in refused:
            return False
        lists = self.lists_made
        try:
            await self._watch(InitialList())
        except WatchDeniedError:
            await self._list()
            raise
        except KubeStatusError as error:
            if self.lists_made != lists or error.status not in UNSTREAMED:
                raise
            await self._list()  # tells what is wrong with the request, if it is that
            refused.add(group)
            return True
        except NotStreamedError:
            self._streams = False
            return False
        if asyncio.get_running_loop().time() - self._listed >= STEADY_SECONDS:
            wait.reset()
        return True

    async def _list(self) -> None:
        for size in (self._options.page_size, self._options.page_size, None):
            try:
                objects, version = await self._list_pages(size)
                break
            except KubeGoneError:
                continue  # the pages expired while we read them: the list was too slow
        else:
            raise KubeProtocolError("The cluster's list expires while it is read")
        self._take_list(objects, version)

    def _take_list(self, objects: list[RawObject], version: str) -> None:
        self.lists_made += 1
        self.heard = self._listed = asyncio.get_running_loop().time()
        self.store.replace(objects, version)
        self._wake()

    async def _list_pages(self, size: int | None) -> tuple[list[RawObject], str]:
        objects: list[RawObject] = []
        token: str | None = None
        while True:
            query = {**self.target.selectors, "limit": size, "continue": token}
            page = self._wire.read_list(await self._client.send(self._get(query)))
            objects += page.objects
            token = page.continue_
            if token is None:
                if not page.resource_version:
                    raise KubeProtocolError("The cluster's list has no resourceVersion")
                return objects, page.resource_version

    async def _follow(self, wait: Backoff) -> None:
        """Watches from where the store is, again and again while watches end cleanly."""
        loop = asyncio.get_running_loop()
        while True:
            started, head = loop.time(), self.store.head
            await self._watch()
            if loop.time() - started < STEADY_SECONDS and self.store.head == head:
                return  # a server that closes at once must not be asked in a busy loop
            wait.reset()

    async def _watch(self, initial: InitialList | None = None) -> None:
        """One watch until it ends; with `initial`, everything there is comes first."""
        seconds = self._options.watch_seconds * random.uniform(0.9, 1.1)  # noqa: S311
        request = self._get(self._get_watch_query(seconds, initial))
        lines = LineSplitter()
        opened = False
        # An API server answers a watch at once, also where nothing happens.
        if self.state == "live":
            self._expect_stale("The cluster does not answer")
        loop, patience = asyncio.get_running_loop(), self._options.open_seconds
        silence = seconds + self._options.overdue_seconds
        try:
            async with (
                asyncio.timeout(patience) as opening,
                self._client.stream(request, silence=silence) as chunks,
            ):
                opened = True
                self.watches_opened += 1
                if initial is None:
                    opening.reschedule(None)
                    self._set_state("live", None)
                async for chunk in chunks:
                    ready = list(lines.feed(chunk))
                    if initial is not None:
                        ready = self._begin(initial, ready)
                        done = initial.is_complete
                        opening.reschedule(None if done else loop.time() + patience)
                        initial = None if done else initial
                    self._apply(ready)
        except TimeoutError as error:
            if opened:
                raise NotStreamedError from error
            raise KubeTimeoutError("The cluster does not answer") from error
        except KubeTimeoutError:
            if not opened or initial is not None:
                raise
            # Whatever did not arrive is told by the next watch: it goes on from the same version.
        except KubeStatusError as error:
            judged = judge(error, opened=opened, listed=initial is None)
            if judged is error:
                raise
            raise judged from error
        if initial is not None:
            raise NotStreamedError

    def _get_watch_query(self, seconds: float, initial: InitialList | None) -> Query:
        query: Query = {
            **self.target.selectors,
            "watch": True,
            "allowWatchBookmarks": True,
            "timeoutSeconds": max(1, round(seconds)),
        }
        if initial is None:
            return {**query, "resourceVersion": self.store.resource_version}
        # Without a version: the newest there is.
        more: Query = {"sendInitialEvents": True, "resourceVersionMatch": NOT_OLDER}
        return {**query, **more}

    def _begin(self, initial: InitialList, lines: list[bytes]) -> list[bytes]:
        """Takes lines into the list; returns those that come after it."""
        for number, line in enumerate(lines, 1):
            initial.feed(self._wire.read_event(line))
            if initial.is_complete:
                self._take_list(initial.objects, initial.resource_version)
                self._set_state("live", None)
                return lines[number:]
        return []

    def _apply(self, lines: list[bytes]) -> None:
        """Takes events into the store, and tells readers when objects changed."""
        store = self.store
        head = store.head
        self.heard = asyncio.get_running_loop().time()
        try:
            for line in lines:
                event = self._wire.read_event(line)
                if event.type in ("ADDED", "MODIFIED"):
                    store.upsert(event.object)
                elif event.type == "DELETED":
                    store.delete(event.object.key)
                store.advance(event.object.resource_version)
        finally:
            if store.head != head:
                self._wake()

    def _get(self, query: Query) -> KubeRequest:
        # Looked up when needed: finding the newest reader takes long while many leave.
        credentials = self.credentials or self._credentials
        if credentials is None:
            raise KubeProtocolError("The feed has no reader to act for")
        return KubeRequest(
            method="GET", path=self._path, credentials=credentials, query=query
        )

    def _explain_polling(self) -> str:
        return (
            f"You may list {self.target.info.qualified_plural} but not watch them: "
            f"refreshed every {self._options.poll_seconds:g} s"
        )

    def _fail(self, error: KubeError) -> None:
        self._cancel_stale_timer()
        super()._fail(error)

    def _expect_stale(self, reason: str) -> None:
        """Readers are told unless the cluster is back in a moment."""
        if self.state == "stale":
            self._set_state("stale", reason)
        elif self._stale_timer is None:
            self._stale_timer = asyncio.get_running_loop().call_later(
                self._options.stale_after, self._set_state, "stale", reason
            )

    def _set_state(self, state: FeedState, reason: str | None) -> None:
        self._cancel_stale_timer()
        super()._set_state(state, reason)

    def _cancel_stale_timer(self) -> None:
        timer, self._stale_timer = self._stale_timer, None
        if timer is not None:
            timer.cancel()

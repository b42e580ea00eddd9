"""Sources made of other sources: several merged into one, rows computed, a window cut out.

    Feed team-a --+
                  +--> merged --> rows of a view --> sorted, filtered, windowed --> frames
    Feed team-b --+

Each step is a source like a feed: it keeps a store of its own, follows what changes in the
stores below it, and is shared by all who ask for the same. Work is done in slices, so that ten
thousand rows that are computed for the first time do not hold up anybody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeError, KubeProtocolError
from fairlead.kube.frames import FrameSource
from fairlead.kube.sources import Source
from fairlead.kube.store import Store, StoreLimits
from fairlead.kube.wire import RawObject

__all__ = ["DerivedSource", "Merge", "Step"]

SLICE_SECONDS = 0.005
AT_ONCE = 32


class Step(Protocol):
    """What becomes of objects on their way from one store to the next."""

    @property
    def frames(self) -> FrameSource:
        """What makes frames of the result."""
        ...

    def put(self, found: RawObject) -> None:
        """An object is new or has changed."""
        ...

    def drop(self, key: str) -> None:
        """An object is gone."""
        ...

    def flush(self) -> None:
        """All changes of a moment are in."""
        ...


class Merge:
    """Passes objects on as they are."""

    def __init__(self, store: Store) -> None:
        self.frames = FrameSource(store)
        self._store = store

    def put(self, found: RawObject) -> None:
        """An object is new or has changed."""
        self._store.upsert(found)

    def drop(self, key: str) -> None:
        """An object is gone."""
        self._store.delete(key)

    def flush(self) -> None:
        """Nothing is kept back."""


class _Input:
    """A place in one of the sources below."""

    def __init__(self, source: Source, parent: DerivedSource) -> None:
        self.source = source
        self.keys: set[str] = set()
        self.version = ""
        self._cursor: int | None = None
        self._parent = parent

    @property
    def credentials(self) -> Credentials:
        """Those of who reads the result."""
        found = self._parent.newest_credentials
        if found is None:
            raise KubeProtocolError("Nobody reads this any more")
        return found

    @property
    def is_behind(self) -> bool:
        """Has the source changed since it was last asked?"""
        store = self.source.store
        return bool(store.resource_version) and self._cursor != store.head

    def wake(self) -> None:
        self._parent.pull()

    def take(self) -> list[RawObject | str]:
        """What changed since it was last asked: objects, and the keys of those that are gone."""
        store = self.source.store
        self.version = store.resource_version
        cursor, self._cursor = self._cursor, store.head
        if cursor is not None and store.can_resume(cursor):
            changes = store.get_changes(cursor)
            gone = {f"{each.namespace or ''}/{each.name}" for each in changes.deletes}
            found = changes.upserts
        else:
            found = store.get_objects()
            gone = self.keys - {each.key for each in found}
        self.keys -= gone
        self.keys.update(each.key for each in found)
        return [*gone, *found]


class DerivedSource(Source):
    """Follows sources through a step.

    Args:
        note: what is missing from it and why, told to readers while it is live.
    """

    def __init__(
        self,
        inputs: Sequence[tuple[str, Source]],
        make_step: Callable[[Store], Step],
        limits: StoreLimits,
        on_idle: Callable[[Source], None],
        note: str | None = None,
    ) -> None:
        store = Store(limits)
        self._step = make_step(store)
        super().__init__(store, self._step.frames, on_idle)
        self.reason = self._note = note
        self.newest_credentials: Credentials | None = None
        self._inputs = [(name, _Input(source, self)) for name, source in inputs]
        self._work: deque[RawObject | str] = deque()
        self._next: asyncio.Handle | None = None
        self._woken = -1

    def pull(self) -> None:
        """Something below has changed."""
        if self.closed or self.failure is not None:
            return
        for _, each in self._inputs:
            failure = each.source.failure
            if failure is not None:
                self._fail(failure)
                return
        if any(each.source.closed for _, each in self._inputs):
            self.closed = True
            self._wake()
            self._on_idle(self)
            return
        if self._next is None:
            self._take()
        self._tell_state()

    async def aclose(self) -> None:
        """Ends it, and lets go of what is below."""
        await super().aclose()
        self._stop()

    def _start(self) -> None:
        self.newest_credentials = self.credentials
        for _, each in self._inputs:
            each.source.attach(each)
        self.pull()

    def _fail(self, error: KubeError) -> None:
        self._stop()
        super()._fail(error)

    def _stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        for _, each in self._inputs:
            each.source.release(each)

    def _take(self) -> None:
        for _, each in self._inputs:
            if each.source.store.resource_version:
                self._work.extend(each.take())
        self._do()

    def _do(self) -> None:
        """Works for a while, and goes on after others had their turn."""
        self._next = None
        step, work = self._step, self._work
        until = perf_counter() + SLICE_SECONDS
        while work:
            for _ in range(min(AT_ONCE, len(work))):
                found = work.popleft()
                if isinstance(found, str):
                    step.drop(found)
                else:
                    step.put(found)
            if work and perf_counter() > until:
                self._next = asyncio.get_running_loop().call_soon(self._do)
                return
        self._finish()

    def _finish(self) -> None:
        """The store is at one moment of what is below: readers may see it."""
        first = not self.store.resource_version
        self._step.flush()
        versions = [(name, each.version) for name, each in self._inputs]
        if all(version for _, version in versions):
            self.store.advance(
                versions[0][1]
                if len(versions) == 1
                else ",".join(f"{name}={version}" for name, version in versions)
            )
        if first or self.store.head != self._woken:
            self._woken = self.store.head
            self._wake()
        if any(each.is_behind for _, each in self._inputs):
            self._take()

    def _tell_state(self) -> None:
        stale = [
            f"{name}: {each.source.reason}" if name else each.source.reason or ""
            for name, each in self._inputs
            if each.source.state == "stale"
        ]
        if stale:
            self._set_state("stale", "; ".join(stale))
        else:
            self._set_state("live", self._note)

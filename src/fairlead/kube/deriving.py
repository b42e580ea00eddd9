"""Sources made of other sources: several merged into one, rows computed, a window cut out.

    Feed team-a --+
                  +--> merged --> rows of a view --> sorted, filtered, windowed --> frames
    Feed team-b --+

Each step is a source like a feed: it keeps a store of its own, follows what changes in the
stores below it, and is shared by all who ask for the same. Work is done in slices, so that ten
thousand rows that are computed for the first time do not hold up anybody else.

Where several are merged, one that does not answer, or fails for good, is left out until it is
back: the others are shown, and readers are told what is missing and why.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from fairlead.kube.backoff import Backoff
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeError, KubeProtocolError
from fairlead.kube.feed import FeedOptions
from fairlead.kube.frames import FeedState, FrameSource
from fairlead.kube.sources import Source
from fairlead.kube.store import Store
from fairlead.kube.wire import RawObject

__all__ = ["DerivedSource", "Merge", "Step"]

log = logging.getLogger("fairlead.kube")

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
    """A place in one of the sources below.

    Attributes:
        find: the source now to be read: another one, where the last one has failed.
        is_open: it is read; otherwise it waits to be opened again.
        trouble: why it failed the last time, until its objects are known.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[], Source],
        parent: DerivedSource,
        options: FeedOptions,
    ) -> None:
        self.name = name
        self.source = find()
        self.keys: set[str] = set()
        self.version = ""
        self.is_open = True
        self.trouble: KubeError | None = None
        self.wait = Backoff(options.first_wait, options.max_wait)
        self.timer: asyncio.TimerHandle | None = None
        self._find = find
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
        return self.is_ready and self._cursor != store.head

    @property
    def is_ready(self) -> bool:
        """Are its objects known?"""
        return self.is_open and bool(self.source.store.resource_version)

    @property
    def missing(self) -> str | None:
        """Why the others do not wait for it; None where they do, or where it is there."""
        if self.is_ready:
            return None
        if self.trouble is not None:
            return self.trouble.message
        return self.source.reason if self.source.state == "stale" else None

    def wake(self) -> None:
        self._parent.pull()

    def take(self) -> list[RawObject | str]:
        """What changed since it was last asked: objects, and the keys of those that are gone."""
        store = self.source.store
        self.version = store.resource_version
        if self.trouble is not None:
            self.trouble = None
            self.wait.reset()
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

    def set_aside(self, trouble: KubeError) -> list[RawObject | str]:
        """Does without it; returns the keys of what was read of it."""
        gone, self.keys = self.keys, set()
        self.trouble, self.is_open = trouble, False
        self.version, self._cursor = "", None
        self.source.release(self)
        return [*gone]

    def reopen(self) -> None:
        """Reads it again.

        Raises:
            KubeError: it cannot be opened.
        """
        self.source = self._find()
        self.is_open = True
        self.source.attach(self)


class DerivedSource(Source):
    """Follows sources through a step.

    Args:
        note: what is missing from it and why, told to readers while it is live.
        era: added to its versions: nobody resumes from what code of another era has made.
    """

    def __init__(  # noqa: PLR0913, PLR0917  what Hub knows
        self,
        inputs: Sequence[tuple[str, Callable[[], Source]]],
        make_step: Callable[[Store], Step],
        options: FeedOptions,
        on_idle: Callable[[Source], None],
        note: str | None = None,
        era: str = "",
    ) -> None:
        store = Store(options.limits)
        self._step = make_step(store)
        super().__init__(store, self._step.frames, on_idle)
        self.reason = self._note = note
        self._era = era
        self.newest_credentials: Credentials | None = None
        self._inputs = [_Input(name, find, self, options) for name, find in inputs]
        self._work: deque[RawObject | str] = deque()
        self._next: asyncio.Handle | None = None
        self._woken = -1

    def pull(self) -> None:
        """Something below has changed."""
        if self.closed or self.failure is not None:
            return
        for each in self._inputs:
            failure = each.source.failure
            if failure is not None and each.is_open:
                self._set_aside(each, failure)
        if all(each.trouble is not None for each in self._inputs):
            self._fail(self._inputs[0].trouble or KubeProtocolError("Nothing is left"))
            return
        if any(each.source.closed and each.is_open for each in self._inputs):
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
        for each in self._inputs:
            if each.is_open:
                each.source.attach(each)
        self.pull()

    def _set_aside(self, each: _Input, trouble: KubeError) -> None:
        """Does without one for a while: what it had is not to be seen meanwhile."""
        self._work.extend(each.set_aside(trouble))
        self._reopen_later(each)

    def _reopen_later(self, each: _Input) -> None:
        each.timer = asyncio.get_running_loop().call_later(
            each.wait.next(), self._reopen, each
        )

    def _reopen(self, each: _Input) -> None:
        try:
            each.reopen()
        except KubeError as error:
            each.trouble = error
            self._reopen_later(each)
        self.pull()

    def _fail(self, error: KubeError) -> None:
        self._stop()
        super()._fail(error)

    def _stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        for each in self._inputs:
            if each.timer is not None:
                each.timer.cancel()
            each.source.release(each)

    def _take(self) -> None:
        for each in self._inputs:
            if each.is_ready:
                self._work.extend(each.take())
        self._do()

    def _do(self) -> None:
        """Works for a while, and goes on after others had their turn."""
        self._next = None
        try:
            self._work_on()
        except Exception as error:
            # Alone: whoever else reads what is below has nothing to do with it.
            log.exception("a step of a live view broke")
            self._work.clear()
            self._fail(KubeProtocolError(f"The view broke: {error}"))

    def _work_on(self) -> None:
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
        versions = [(each.name, each.version) for each in self._inputs]
        known = [bool(each.version) for each in self._inputs]
        if any(known) and all(each.version or each.missing for each in self._inputs):
            version = (
                versions[0][1]
                if len(versions) == 1
                else ",".join(f"{name}={version}" for name, version in versions)
            )
            self.store.advance(f"{version}{self._era}")
        if first or self.store.head != self._woken:
            self._woken = self.store.head
            self._wake()
        if any(each.is_behind for each in self._inputs):
            self._take()

    def _tell_state(self) -> None:
        first = self._inputs[0]
        if not first.name and len(self._inputs) == 1:
            # Rows are as the objects they are made of.
            self._set_state(first.source.state, first.source.reason)
            return
        shown = any(each.version for each in self._inputs)
        stale: list[str] = []
        missing: list[str] = []
        for each in self._inputs:
            if shown and each.missing is not None:
                missing.append(f"{each.name} is missing: {each.missing}")
            elif each.source.state == "stale":
                where = f"{each.name}: " if each.name else ""
                stale.append(f"{where}{each.source.reason}")
        if self._note is not None:
            missing.append(self._note)
        state: FeedState = "stale" if stale else "live"
        self._set_state(state, "; ".join(stale + missing) or None)

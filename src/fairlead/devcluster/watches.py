"""watch: the events of a collection as they happen, from any version still kept.

A watcher holds a position (a version), not a queue: it reads what follows from the
shared recent events, or from the database when it has fallen behind. A slow reader
therefore costs no memory; one that falls behind the kept history gets 410.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass

import msgspec

from fairlead.devcluster import conversion
from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import ApiError, FieldError
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.negotiation import YAML, Form, choose_form, not_acceptable
from fairlead.devcluster.options import check_timeout
from fairlead.devcluster.registry import Version
from fairlead.devcluster.representation import shape_object, warn_deprecated
from fairlead.devcluster.request import Request, parse_int, parse_resource_version
from fairlead.devcluster.responses import Stream
from fairlead.devcluster.selection import Selection, select
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import ADDED, DELETED, Event, Record
from fairlead.devcluster.target import Target

_TYPES = ("ADDED", "MODIFIED", "DELETED")
_INITIAL_END = "k8s.io/initial-events-end"
_BATCH = 256


@dataclass(slots=True)
class WatchOptions:
    """The parameters of a watch request."""

    revision: int | None
    bookmarks: bool
    initial: bool | None
    seconds: float


def watch_options(state: State, request: Request) -> WatchOptions:
    """Read and check the parameters of a watch request."""
    text, match = (
        request.param("resourceVersion"),
        request.param("resourceVersionMatch"),
    )
    initial = (
        request.flag("sendInitialEvents")
        if "sendInitialEvents" in request.query
        else None
    )
    problems = list(_problems(match, initial))
    if problems:
        raise err.invalid("meta.k8s.io", "ListOptions", "", problems)
    seconds = float(parse_int(request.param("timeoutSeconds") or "0"))
    if seconds <= 0:
        longest = state.limits.watch_seconds
        seconds = check_timeout(request) or random.uniform(longest, 2 * longest)  # noqa: S311 - spreads reconnects, no secret
    revision = parse_resource_version(text) if text else None
    return WatchOptions(revision, request.flag("allowWatchBookmarks"), initial, seconds)


def _problems(match: str, initial: bool | None) -> Iterator[FieldError]:
    path = "resourceVersionMatch"
    if initial is not None and match != "NotOlderThan":
        yield err.forbidden_field(
            path,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )
    elif match and initial is None:
        yield err.forbidden_field(
            path,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )


def watch_objects(target: Target) -> Stream:
    """Answer a watch of a collection."""
    form = choose_form(target.request.header("accept"))
    if form.media == YAML:
        raise not_acceptable()
    selection = select(target.request, target.resource, target.version)
    options = watch_options(target.state, target.request)
    warn_deprecated(target)
    return Stream(Watcher(target, selection, form, options).pieces())


@dataclass(slots=True)
class Watcher:
    """One running watch."""

    target: Target
    selection: Selection
    form: Form
    options: WatchOptions
    position: int = 0
    headers_sent: bool = False
    epoch: int = 0
    dropped: str = ""

    @property
    def state(self) -> State:
        """The cluster."""
        return self.target.state

    @property
    def version(self) -> Version:
        """The version in which objects are shown."""
        return self.target.version

    @property
    def key(self) -> str:
        """The storage key of the watched resource."""
        return self.selection.resource.storage_key

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield frames until the time is over, the resource changes or the server closes."""
        self.epoch = self.state.epochs.get(self.key, 0)
        self.state.faults.on_drop.append(self._drop)
        try:
            yield b""  # the headers go out at once
            start = self._begin()
            if isinstance(start, bytes):
                yield start
                return
            for piece in self._initial(start):
                yield piece
            async for piece in self._live():
                yield piece
        finally:
            self.state.faults.on_drop.remove(self._drop)

    def _drop(self, expired: bool) -> None:
        self.dropped = "expired" if expired else "closed"
        self.state.bell.ring(self.key)

    def _begin(self) -> bool | bytes:
        """Set the position; return whether the present state comes first, or an error."""
        wanted, storage = self.options.revision, self.state.storage
        if self.options.initial is True or not wanted:
            self.position = max(storage.revision, 0)
            return self.options.initial is not False
        if wanted < storage.compacted:
            return self._too_old(wanted)
        self.position = wanted
        return False

    def _too_old(self, wanted: int) -> bytes:
        problem = err.expired(
            f"too old resource version: {wanted} ({self.state.storage.compacted})"
        )
        return frame("ERROR", problem.status())

    def _initial(self, send: bool) -> Iterator[bytes]:
        if not send:
            return
        storage, selection = self.state.storage, self.selection
        parts: list[bytes] = []
        # The records are taken at once: writes go on while the frames are being sent.
        for record in list(storage.scan(self.key, selection.namespace)):
            if selection.everything or selection.matches(
                record.namespace, record.name, record.raw
            ):
                parts.append(self._frame("ADDED", record))
                if len(parts) >= _BATCH:
                    yield b"".join(parts)
                    parts.clear()
        if self.options.bookmarks:
            parts.append(self._bookmark(initial_end=True))
        if parts:
            yield b"".join(parts)

    async def _live(self) -> AsyncIterator[bytes]:
        steady = self.state.clock.steady
        end = steady() + self.options.seconds
        last_mark = min(2.0, self.options.seconds / 2)
        next_mark = min(steady() + self.state.limits.bookmark_seconds, end - last_mark)
        while not self._is_over():
            waiter = self.state.bell.waiter(self.key)
            try:
                piece = self._next_events()
                if piece is None:
                    yield self._too_old(self.position)
                    return
                if piece:
                    yield piece
                    continue
                now = steady()
                if now >= end:
                    return
                if now >= next_mark:
                    if self.options.bookmarks:
                        yield self._bookmark()
                    period = self.state.limits.bookmark_seconds
                    next_mark = (
                        end
                        if now >= end - last_mark
                        else min(now + period, end - last_mark)
                    )
                    continue
                await asyncio.wait([waiter], timeout=min(next_mark, end) - now)
            finally:
                self.state.bell.forget(self.key, waiter)
        if self.dropped == "expired":
            yield self._too_old(self.position)

    def _is_over(self) -> bool:
        if self.dropped or self.state.closing:
            return True
        if self.state.epochs.get(self.key, 0) != self.epoch:
            # Deletions that ended the watch are still delivered: see end_watches.
            return self.position >= self._last_event()
        return False

    def _last_event(self) -> int:
        return self.state.storage.table(self.key).last_write

    def _next_events(self) -> bytes | None:
        """Return the frames of the next events; None when they are no longer kept."""
        storage = self.state.storage
        if self.position > storage.revision:
            return b""
        if self.position < storage.table(self.key).lost_until:
            return None
        parts: list[bytes] = []
        while not parts:
            events = storage.events_after(self.key, self.position, _BATCH)
            if not events:
                self.position = max(self.position, storage.revision)
                break
            self.position = events[-1].revision
            parts = [piece for event in events if (piece := self._event_frame(event))]
        return b"".join(parts)

    def _event_frame(self, event: Event) -> bytes:
        kind = self._seen_as(event)
        if kind is None:
            return b""
        if kind == DELETED and event.kind != DELETED:
            return self._frame("DELETED", event.last_seen())
        return self._frame(_TYPES[kind], event.record, event)

    def _seen_as(self, event: Event) -> int | None:
        """Return what an event is to this watcher: entering is ADDED, leaving DELETED."""
        selection, record = self.selection, event.record
        if selection.namespace is not None and record.namespace != selection.namespace:
            return None
        if selection.everything:
            return event.kind
        now = event.kind != DELETED and selection.matches(
            record.namespace, record.name, record.raw
        )
        before = event.previous is not None and selection.matches(
            record.namespace, record.name, event.previous
        )
        if now:
            return event.kind if before else ADDED
        return DELETED if before else None

    def _frame(self, kind: str, record: Record, event: Event | None = None) -> bytes:
        resource = self.selection.resource
        if self.form.shape:
            shaped = shape_object(
                self.target,
                record,
                self.form,
                headers=not self.headers_sent,
            )
            self.headers_sent = True
            return frame(kind, shaped)
        if event is None:
            return _object_frame(
                kind, conversion.encode_full(resource, self.version, record)
            )
        name = f"{kind}{resource.group}/{self.version.name}"
        found = event.frames.get(name)
        if found is None:
            found = event.frames[name] = _object_frame(
                kind, conversion.encode_full(resource, self.version, record)
            )
        return found

    def _bookmark(self, *, initial_end: bool = False) -> bytes:
        resource = self.selection.resource
        metadata: JsonObject = {
            "resourceVersion": str(max(self.position, self.state.storage.revision)),
            "creationTimestamp": None,
        }
        if initial_end:
            metadata["annotations"] = {_INITIAL_END: "true"}
        kind, api_version = resource.kind, resource.api_version(self.version.name)
        if self.form.shape == "Table":
            return frame(
                "BOOKMARK",
                {
                    "kind": "Table",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": metadata,
                    "columnDefinitions": None,
                    "rows": [],
                },
            )
        if self.form.shape:
            kind, api_version = "PartialObjectMetadata", "meta.k8s.io/v1"
        return frame(
            "BOOKMARK", {"kind": kind, "apiVersion": api_version, "metadata": metadata}
        )


def frame(kind: str, body: JsonObject) -> bytes:
    """Return one watch frame."""
    return msgspec.json.encode({"type": kind, "object": body}) + b"\n"


def _object_frame(kind: str, encoded: bytes) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), encoded)


def expired_stream(problem: ApiError) -> Stream:
    """Return a watch that says 410 and ends (for planned faults)."""

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield frame("ERROR", problem.status())

    return Stream(pieces())

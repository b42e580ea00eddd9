"""One running watch: what its client gets to see, without the sending.

A watcher holds a position (a version), not a queue: it reads what follows from the
shared recent events, or from the database when it has fallen behind. A slow reader
therefore costs no memory; one that falls behind the kept history gets 410.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from fairlead.devcluster import conversion
from fairlead.devcluster import errors as err
from fairlead.devcluster.columns import wall_time
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.negotiation import Form
from fairlead.devcluster.registry import Version
from fairlead.devcluster.representation import shape_object
from fairlead.devcluster.selection import Selection
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import ADDED, DELETED, Event, Record
from fairlead.devcluster.target import Target

_TYPES = ("ADDED", "MODIFIED", "DELETED")
_INITIAL_END = "k8s.io/initial-events-end"
_BATCH = 256
_BATCH_BYTES = 1024 * 1024


@dataclass(slots=True)
class WatchOptions:
    """The parameters of a watch request."""

    revision: int | None
    bookmarks: bool
    initial: bool | None
    seconds: float


@dataclass(slots=True)
class Schedule:
    """When a watch ends and when its next bookmark is due, on the cluster's steady clock."""

    end: float
    next_mark: float
    last_mark: float
    period: float

    @classmethod
    def begin(cls, seconds: float, state: State) -> Schedule:
        """Return the schedule of a watch that begins now."""
        now, period = state.clock.steady(), state.limits.bookmark_seconds
        end = now + seconds
        last_mark = end - min(2.0, seconds / 2)
        return cls(end, min(now + period, last_mark), last_mark, period)

    def advance(self, now: float) -> None:
        """Set the next bookmark, after one."""
        self.next_mark = (
            self.end
            if now >= self.last_mark
            else min(now + self.period, self.last_mark)
        )

    def wait(self, now: float) -> float:
        """Return the seconds until something is due."""
        return min(self.next_mark, self.end) - now


class Watcher:
    """One running watch."""

    __slots__ = (
        "_dropped", "_epoch", "_headers_sent", "ended", "form", "key", "options",
        "position", "selection", "state", "target",
    )  # fmt: skip

    def __init__(
        self, target: Target, selection: Selection, form: Form, options: WatchOptions
    ) -> None:
        self.target = target
        self.state: State = target.state
        self.selection = selection
        self.form = form
        self.options = options
        self.key = selection.resource.storage_key
        self.position = 0
        self.ended = False
        self._headers_sent = False
        self._epoch = 0
        self._dropped = ""

    @property
    def version(self) -> Version:
        """The version in which objects are shown."""
        return self.target.version

    @property
    def sight(self) -> Hashable:
        """What decides which bytes the client gets: equal for watchers who see the same."""
        selection, resource = self.selection, self.selection.resource
        shown = (resource.group, self.version.name, self.form, self._headers_sent)
        include = self.target.request.param("includeObject")
        return (*shown, include, selection.namespace, selection.labels, selection.fields)  # fmt: skip

    @contextmanager
    def running(self) -> Generator[None]:
        """Be reachable for planned faults."""
        self._epoch = self.state.epochs.get(self.key, 0)
        self.state.faults.on_drop.append(self._drop)
        try:
            yield
        finally:
            self.state.faults.on_drop.remove(self._drop)

    def _drop(self, expired: bool) -> None:
        self._dropped = "expired" if expired else "closed"
        self.state.bell.ring(self.key)

    # the beginning

    def opening(self) -> Iterator[bytes]:
        """Yield what comes first: the present state, or the error that ends the watch."""
        wanted, storage = self.options.revision, self.state.storage
        if self.options.initial is True or not wanted:
            self.position = max(storage.revision, 0)
            if self.options.initial is not False:
                yield from self._present()
        elif wanted < storage.compacted:
            yield self._too_old(wanted)
        else:
            self.position = wanted

    def _too_old(self, wanted: int) -> bytes:
        self.ended = True
        problem = err.expired(
            f"too old resource version: {wanted} ({self.state.storage.compacted})"
        )
        return frame("ERROR", problem.status())

    def _present(self) -> Iterator[bytes]:
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
            parts.append(self.bookmark(initial_end=True))
        if parts:
            yield b"".join(parts)

    # the end

    def is_over(self) -> bool:
        """Tell whether the watch was ended: by a fault, the server or the definition."""
        if self.ended or self._dropped or self.state.closing:
            return True
        if self.state.epochs.get(self.key, 0) != self._epoch:
            # Deletions that ended the watch are still delivered: see end_watches.
            return self.position >= self.state.storage.table(self.key).last_write
        return False

    def farewell(self) -> bytes:
        """Return the last frame, if the end needs one."""
        return self._too_old(self.position) if self._dropped == "expired" else b""

    # the events

    def next_events(self) -> bytes:
        """Return the frames of the next events, and move on behind them.

        When the events are no longer kept, this is the error that ends the watch.
        """
        storage = self.state.storage
        if self.position > storage.revision:
            return b""
        if self.position < storage.table(self.key).lost_until:
            return self._too_old(self.position)
        parts: list[bytes] = []
        while not parts:
            events = storage.events_after(self.key, self.position, _BATCH)
            if not events:
                self.position = max(self.position, storage.revision)
                break
            self._take(events, parts)
        return b"".join(parts)

    def follow(self, position: int, *, shown: bool) -> None:
        """Move on behind events whose frames another watcher made."""
        self.position = position
        self._headers_sent = self._headers_sent or shown

    def _take(self, events: list[Event], parts: list[bytes]) -> None:
        size = 0
        for event in events:
            self.position = event.revision
            if piece := self._event_frame(event):
                parts.append(piece)
                size += len(piece)
                if size >= _BATCH_BYTES:
                    return

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
            wall_time.set(self.state.clock)  # events may come in any task's context
            shaped = shape_object(
                self.target,
                record,
                self.form,
                headers=not self._headers_sent,
            )
            self._headers_sent = True
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

    def bookmark(self, *, initial_end: bool = False) -> bytes:
        """Return a bookmark of what was seen so far."""
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

"""The frames of a watch: their types for clients, and their bytes.

Frames are put together from the objects' own bytes, once per state of a feed: all subscribers
that lack the same get the same frame, down to the identity of the Python object.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fairlead.kube.resource import Resource
from fairlead.kube.store import Store
from fairlead.kube.wire import RawObject
from fairlead.pushing import SharedEvent
from fairlead.schema import RawJson

__all__ = [
    "Delta",
    "FeedState",
    "FrameSource",
    "ObjectRef",
    "RawFrame",
    "Snapshot",
    "StateChange",
    "make_state",
]

R = TypeVar("R", bound=Resource)

FeedState = Literal["live", "stale"]

UNKNOWN_VERSION = "0"
"""The version of frames that come before the first list; nothing resumes from it."""


class _Frame(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ObjectRef(_Frame):
    """A deleted object."""

    namespace: str | None
    name: str
    uid: str


class Snapshot(_Frame, Generic[R]):
    """All objects: what is not among them is gone."""

    type: Literal["snapshot"]
    resource_version: str
    items: list[R]


class Delta(_Frame, Generic[R]):
    """What has changed since the frame before."""

    type: Literal["delta"]
    resource_version: str
    upserts: list[R]
    deletes: list[ObjectRef]


class StateChange(_Frame):
    """The server itself has lost the cluster, or has it again.

    Attributes:
        reason: why it is stale; None when it is live.
    """

    type: Literal["state"]
    resource_version: str
    state: FeedState
    reason: str | None


RawFrame = SharedEvent
"""A frame as it is sent."""


class FrameSource:
    """Makes the frames of a store, each once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._head = -1
        self._version = ""
        self._made: dict[int | None, RawFrame] = {}

    def get_snapshot(self) -> RawFrame:
        """Everything."""
        return self._get(None)

    def get_delta(self, cursor: int) -> RawFrame:
        """What that cursor lacks."""
        return self._get(cursor)

    def forget(self) -> None:
        """Frees the bytes of frames that are made again when asked for."""
        self._made.clear()

    def _get(self, cursor: int | None) -> RawFrame:
        store = self._store
        if self._head != store.head or self._version != store.resource_version:
            self._made.clear()
            self._head = store.head
            self._version = store.resource_version
        frame = self._made.get(cursor)
        if frame is None:
            make = self._make_snapshot() if cursor is None else self._make_delta(cursor)
            frame = self._made[cursor] = make
        return frame

    def _make_snapshot(self) -> RawFrame:
        body = b'"items":[%b]' % _join(self._get_items())
        return track(
            self._store.resource_version, b"snapshot", body + self._get_total(None)
        )

    def _make_delta(self, cursor: int) -> RawFrame:
        changes = self._store.get_changes(cursor)
        deletes = msgspec.json.encode(
            [
                {"namespace": gone.namespace, "name": gone.name, "uid": gone.uid}
                for gone in changes.deletes
            ]
        )
        upserts, places = self._arrange(changes.upserts)
        body = b'"upserts":[%b],"deletes":%b' % (_join(upserts), deletes)
        return track(
            self._store.resource_version,
            b"delta",
            body + places + self._get_total(cursor),
        )

    def _get_items(self) -> list[RawObject]:
        return self._store.get_objects()

    def _arrange(self, upserts: list[RawObject]) -> tuple[list[RawObject], bytes]:
        """Changed objects in the order to be sent, and where they belong."""
        return upserts, b""

    def _get_total(self, cursor: int | None) -> bytes:
        """How many there are, where not all are sent, and what else that cursor lacks."""
        return b""


def track(version: str, kind: bytes, body: bytes) -> RawFrame:
    """A frame of ready JSON."""
    shown = msgspec.json.encode(version)
    data = b'{"type":"%b","resourceVersion":%b,%b}' % (kind, shown, body)
    return SharedEvent(version, RawJson[Any](data))


def make_state(version: str, state: FeedState, reason: str | None) -> RawFrame:
    """A frame that tells how the server itself stands with the cluster."""
    body = b'"state":"%b","reason":%b' % (state.encode(), msgspec.json.encode(reason))
    return track(version or UNKNOWN_VERSION, b"state", body)


def _join(objects: list[RawObject]) -> bytes:
    return b",".join([found.raw for found in objects])

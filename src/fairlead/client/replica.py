"""A copy of the cluster's objects, kept equal by the frames of a watch; nothing here waits."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from fairlead.kube.frames import Delta, FeedState, Snapshot, StateChange
from fairlead.kube.resource import Resource

__all__ = ["Change", "Frame", "Replica"]

R = TypeVar("R", bound=Resource)

Frame: TypeAlias = Snapshot[R] | Delta[R] | StateChange


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """What became of one object.

    Attributes:
        key: `namespace/name`, or `/name` for a cluster-scoped object.
        before: None when it was not there.
        after: None when it is gone.
    """

    key: str
    before: R | None
    after: R | None


class Replica(Mapping[str, R]):
    """The objects by key.

    Attributes:
        resource_version: that the objects stand at; opaque, None before the first snapshot.
        feed: what the server says of its own connection to the cluster.
        reason: why the feed is stale; while it is live, what is missing and why.
    """

    def __init__(self) -> None:
        self._objects: dict[str, R] = {}
        self._lent = False
        self.resource_version: str | None = None
        self.feed: FeedState = "live"
        self.reason: str | None = None

    def __getitem__(self, key: str) -> R:
        return self._objects[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lend())

    def __len__(self) -> int:
        return len(self._objects)

    def items(self) -> ItemsView[str, R]:
        """Keys and objects as they are now."""
        return self._lend().items()

    def values(self) -> ValuesView[R]:
        """Objects as they are now."""
        return self._lend().values()

    def _lend(self) -> dict[str, R]:
        """The objects for somebody who takes his time: the next change is made to a copy."""
        self._lent = True
        return self._objects

    def apply(self, frame: Frame[R]) -> list[Change[R]]:
        """Takes a frame in; returns what it changed."""
        if isinstance(frame, StateChange):
            self.feed, self.reason = frame.state, frame.reason
            return []
        self.resource_version = frame.resource_version
        if self._lent:
            self._objects, self._lent = dict(self._objects), False
        if isinstance(frame, Snapshot):
            self.forget_state()
            return self._replace(frame.items)
        # Deletes first: an object may be deleted and made again within one delta. By key alone:
        # who fell behind may be told of the end of an object that he never saw, which had the
        # name of the one that he knows.
        changes: dict[str, Change[R]] = {}
        for gone in frame.deletes:
            key = f"{gone.namespace or ''}/{gone.name}"
            before = self._objects.pop(key, None)
            if before is not None:
                changes[key] = Change(key, before, None)
        for change in self._put(frame.upserts):
            earlier = changes.get(change.key)
            before = change.before if earlier is None else earlier.before
            changes[change.key] = Change(change.key, before, change.after)
        return list(changes.values())

    def forget_state(self) -> None:
        """The server says anew how it stands, where it is not plainly live."""
        self.feed, self.reason = "live", None

    def _replace(self, items: Iterable[R]) -> list[Change[R]]:
        found = {item.key: item for item in items}
        gone = [key for key in self._objects if key not in found]
        removed = [Change(key, self._objects.pop(key), None) for key in gone]
        return [*removed, *self._put(found.values())]

    def _put(self, items: Iterable[R]) -> list[Change[R]]:
        changes: list[Change[R]] = []
        for item in items:
            before = self._objects.get(item.key)
            if before is None or not _is_same(before, item):
                self._objects[item.key] = item
                changes.append(Change(item.key, before, item))
        return changes


def _is_same(one: Resource, other: Resource) -> bool:
    """The same object in the same version: no need to compare what is in it."""
    ours, theirs = one.metadata, other.metadata
    if ours.resource_version and theirs.resource_version:
        return (
            ours.uid == theirs.uid and ours.resource_version == theirs.resource_version
        )
    return one == other

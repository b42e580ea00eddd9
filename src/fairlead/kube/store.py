"""The objects of one feed and what changed when: pure state, without input or output.

A subscriber is a cursor: the number of the last change it was told of. Each object carries the
number of its own last change, and the objects are kept in that order, so what a subscriber
lacks is the tail of two dictionaries: changed objects, and tombstones of deleted ones. However
slow a reader is, an object is in its tail once, with its newest state: changes are conflated
by construction, and a reader costs no memory here.

    entries      a@3  d@7  b@9        tombstones   c@8
    cursor 7  -> upserts b, deletes c
    cursor 2  -> upserts a, d, b, deletes c

Tombstones are bounded. A cursor older than one that was dropped gets everything anew.

Resource versions are opaque: one that was told to subscribers is looked up, never compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.kube.wire import RawObject

__all__ = ["Changes", "Store", "StoreLimits", "Tombstone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """Bounds of what is remembered of the past.

    Attributes:
        tombstones: deletions that are remembered one by one.
        versions: resource versions from which a subscription can be resumed.
    """

    tombstones: int = 4096
    versions: int = 4096


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An object that was deleted."""

    namespace: str | None
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a cursor lacks."""

    upserts: list[RawObject]
    deletes: list[Tombstone]


class Store:
    """Objects by key, ordered by their last change.

    Attributes:
        head: the number of the last change.
        resource_version: the version the objects are at; empty until the first list.
    """

    def __init__(self, limits: StoreLimits | None = None) -> None:
        self._limits = limits or StoreLimits()
        self._entries: dict[str, tuple[int, RawObject]] = {}
        self._tombstones: dict[str, tuple[int, Tombstone]] = {}
        self._versions: dict[str, int | None] = {}
        self._floor = 0
        self.head = 0
        self.resource_version = ""

    def __len__(self) -> int:
        return len(self._entries)

    def get_objects(self) -> list[RawObject]:
        """All objects, the one changed last at the end."""
        return [found for _, found in self._entries.values()]

    def find(self, key: str) -> RawObject | None:
        """The object of that key, if there is one."""
        entry = self._entries.get(key)
        return None if entry is None else entry[1]

    def upsert(self, found: RawObject) -> bool:
        """Takes an object's new state; True when it is news."""
        key = found.key
        entry = self._entries.get(key)
        if entry is not None and _is_same(entry[1], found):
            return False
        self.head += 1
        self._entries.pop(key, None)  # to the end: the order is that of changes
        self._entries[key] = (self.head, found)
        self._tombstones.pop(key, None)
        return True

    def delete(self, key: str) -> bool:
        """Removes an object; True when it was there."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        self.head += 1
        found = entry[1]
        self._tombstones[key] = (
            self.head,
            Tombstone(found.namespace, found.name, found.uid),
        )
        if len(self._tombstones) > self._limits.tombstones:
            oldest = next(iter(self._tombstones))
            self._floor = self._tombstones.pop(oldest)[0]
        return True

    def touch(self) -> None:
        """Something else than an object has changed: readers are told of it."""
        self.head += 1

    def replace(self, objects: Iterable[RawObject], resource_version: str) -> None:
        """Takes a whole list: what is not in it was deleted, what differs was changed."""
        listed = {found.key: found for found in objects}
        for key in [key for key in self._entries if key not in listed]:
            self.delete(key)
        for found in listed.values():
            self.upsert(found)
        self.advance(resource_version)

    def advance(self, resource_version: str) -> None:
        """Notes the version that the objects are at now."""
        if not resource_version:
            return
        known = self._versions.pop(resource_version, self.head)
        # One version at two states: the cluster was restored from a backup or made anew.
        # Nobody can tell which of the two a client has seen, so nobody resumes from it.
        self._versions[resource_version] = self.head if known == self.head else None
        self.resource_version = resource_version
        if len(self._versions) > self._limits.versions:
            del self._versions[next(iter(self._versions))]

    def find_cursor(self, resource_version: str) -> int | None:
        """The cursor of a subscriber that has seen that version; None: start anew."""
        cursor = self._versions.get(resource_version)
        return cursor if cursor is not None and self.can_resume(cursor) else None

    def can_resume(self, cursor: int) -> bool:
        """Is everything that happened since still known?"""
        return cursor >= self._floor

    def get_changes(self, cursor: int) -> Changes:
        """What a cursor lacks, oldest change first; ask `can_resume` before."""
        upserts: list[RawObject] = []
        for number, found in reversed(self._entries.values()):
            if number <= cursor:
                break
            upserts.append(found)
        deletes: list[Tombstone] = []
        for number, tombstone in reversed(self._tombstones.values()):
            if number <= cursor:
                break
            deletes.append(tombstone)
        upserts.reverse()
        deletes.reverse()
        return Changes(upserts, deletes)


def _is_same(one: RawObject, other: RawObject) -> bool:
    return one.resource_version == other.resource_version and one.uid == other.uid

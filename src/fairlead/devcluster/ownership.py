"""Who owns whom: the graph behind garbage collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

Place: TypeAlias = tuple[str, str, str]  # storage key, namespace, name


class Owner(msgspec.Struct):
    """One owner reference."""

    uid: str = ""
    name: str = ""
    kind: str = ""
    apiVersion: str = ""  # noqa: N815 - the wire's name
    blockOwnerDeletion: bool = False  # noqa: N815 - the wire's name


class Meta(msgspec.Struct):
    """The metadata that deletion depends on."""

    uid: str = ""
    deletionTimestamp: str = ""  # noqa: N815 - the wire's name
    ownerReferences: list[Owner] = []  # noqa: N815 - the wire's name
    finalizers: list[str] = []


class _Object(msgspec.Struct):
    metadata: Meta


_META = msgspec.json.Decoder(_Object)


def decode_meta(raw: bytes) -> Meta:
    """Return the metadata of a stored object."""
    return _META.decode(raw).metadata


@dataclass(slots=True)
class Graph:
    """Who owns whom, by uid."""

    owners: dict[Place, Meta] = field(default_factory=dict[Place, Meta])
    dependents: dict[str, set[Place]] = field(default_factory=dict[str, set[Place]])
    live: dict[str, Place] = field(default_factory=dict[str, Place])

    def add(self, place: Place, meta: Meta) -> None:
        """Record an object's present owners."""
        before = self.owners.get(place)
        if before is not None:
            self._unlink(place, before)
        self.owners[place] = meta
        self.live[meta.uid] = place
        for owner in meta.ownerReferences:
            self.dependents.setdefault(owner.uid, set()).add(place)

    def remove(self, place: Place) -> None:
        """Forget a deleted object."""
        meta = self.owners.pop(place, None)
        if meta is not None:
            self._unlink(place, meta)
            self.live.pop(meta.uid, None)

    def _unlink(self, place: Place, meta: Meta) -> None:
        for owner in meta.ownerReferences:
            found = self.dependents.get(owner.uid)
            if found is not None:
                found.discard(place)
                if not found:
                    del self.dependents[owner.uid]

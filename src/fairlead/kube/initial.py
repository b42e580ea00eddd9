"""A list that comes as the beginning of a watch (`sendInitialEvents`).

The objects come one by one, then a bookmark that says that these were all, then what changes.
Newer API servers answer so from their cache, object by object; older ones refuse, and are asked
by pages.
"""

from __future__ import annotations

from fairlead.kube.wire import RawObject, WatchEvent

__all__ = ["NOT_OLDER", "Abilities", "InitialList"]

NOT_OLDER = "NotOlderThan"


class Abilities:
    """What API servers turned out not to be able to do; shared by the feeds of a hub.

    Attributes:
        unstreamed: API groups whose server does not answer `sendInitialEvents`: a group may have
            a server of its own.
    """

    __slots__ = ("unstreamed",)

    def __init__(self) -> None:
        self.unstreamed: set[str] = set()


class InitialList:
    """Collects the objects until the bookmark; what changes meanwhile is taken in."""

    def __init__(self) -> None:
        self._objects: dict[str, RawObject] = {}
        self.resource_version = ""

    @property
    def objects(self) -> list[RawObject]:
        """What there is."""
        return list(self._objects.values())

    @property
    def is_complete(self) -> bool:
        """Has the bookmark come?"""
        return bool(self.resource_version)

    def feed(self, event: WatchEvent) -> None:
        """Takes the next event, up to the bookmark."""
        found = event.object
        if event.ends_initial:
            self.resource_version = found.resource_version
        elif event.type in ("ADDED", "MODIFIED"):
            self._objects[found.key] = found
        elif event.type == "DELETED":
            self._objects.pop(found.key, None)

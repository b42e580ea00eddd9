"""Keeping sight of the objects of one kind, through restarts of the cluster."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from fairlead.simulation.cluster import Cluster
from fairlead.simulation.errors import ClusterError, UnreachableError
from fairlead.simulation.labels import STORM_LABEL
from fairlead.simulation.objects import JsonObject, Kind, text

_logger = logging.getLogger("fairlead.simulation")

_GONE = 410
_SELECTOR = f"!{STORM_LABEL}"


class Watching(Protocol):
    """Who wants to know."""

    def replace(self, kind: Kind, values: Iterable[JsonObject]) -> None:
        """Takes all objects of a kind."""

    def apply(self, event: str, value: JsonObject) -> None:
        """Takes a change of one object."""


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next try: twice as long each time, up to a bound, never quite the same."""

    first: float = 0.1
    longest: float = 3.0
    chance: random.Random = field(default_factory=random.Random)
    _tries: int = 0

    def next(self) -> float:
        """The next wait, in seconds."""
        bound = min(self.longest, self.first * 2.0**self._tries)
        self._tries = min(self._tries + 1, 30)
        return bound * self.chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Starts again from the first wait."""
        self._tries = 0


class Watch:
    """Lists a kind, then watches it; lists anew whenever the thread is lost.

    Args:
        cluster: where.
        kind: of what.
        observer: who is told.
        changed: called after the observer was told, and when the watch is lost.
    """

    def __init__(
        self,
        cluster: Cluster,
        kind: Kind,
        observer: Watching,
        changed: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._kind = kind
        self._observer = observer
        self._changed = changed
        self._backoff = Backoff()
        self._version = ""
        self.live = False

    async def run(self) -> None:
        """Watches until it is cancelled."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._follow()
            except (UnreachableError, ClusterError) as error:
                self._lose(error)
            # A server that ends every watch at once must not be asked without pause.
            await asyncio.sleep(self._backoff.next())

    async def _list(self) -> None:
        values, self._version = await self._cluster.list(self._kind, _SELECTOR)
        self._observer.replace(self._kind, values)
        self.live = True
        self._changed()

    async def _follow(self) -> None:
        async for event, value in self._cluster.watch(
            self._kind, self._version, _SELECTOR
        ):
            self._version = text(value, "metadata", "resourceVersion")
            self._backoff.reset()
            if event != "BOOKMARK":
                self._observer.apply(event, value)
                self._changed()

    def _lose(self, error: UnreachableError | ClusterError) -> None:
        self._version = ""
        expected = isinstance(error, ClusterError) and error.status == _GONE
        if self.live and not expected:
            _logger.debug("Lost sight of %s, looking again: %s", self._kind.name, error)
        self.live = False
        self._changed()

"""Logs of pods: lines that an application appends, for `kubectl logs`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

ContainerKey: TypeAlias = tuple[str, str, str]  # namespace, pod, container

_TRIM_EVERY = 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line, numbered within its container."""

    number: int
    time: float
    text: str


@dataclass(slots=True)
class ContainerLog:
    """The newest lines of one container."""

    lines: deque[Line]
    next_number: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Kept(Protocol):
    """Where lines are kept for the next start."""

    def keys(self) -> list[ContainerKey]:
        """Return the containers that have lines."""
        ...

    def read(self, key: ContainerKey, limit: int) -> list[Line]:
        """Return the newest lines of a container, oldest first."""
        ...

    def add(self, key: ContainerKey, lines: Iterable[Line]) -> None:
        """Keep new lines."""
        ...

    def drop_before(self, key: ContainerKey, number: int) -> None:
        """Forget lines that are too old to be shown."""
        ...

    def drop_pod(self, namespace: str, pod: str) -> None:
        """Forget a pod."""
        ...


def previous_of(key: ContainerKey) -> ContainerKey:
    """Return the key of the instance of a container before its last restart."""
    return (*key[:2], f"{key[2]}/previous")


class PodLogs:
    """The lines of all containers, bounded for each."""

    def __init__(self, limit: int = 10_000, kept: Kept | None = None) -> None:
        self.limit = limit
        self._kept = kept
        self._known = set(kept.keys()) if kept is not None else set[ContainerKey]()
        self._logs: dict[ContainerKey, ContainerLog] = {}

    def append(self, key: ContainerKey, text: str, now: float) -> None:
        """Add one line (or several, split at line ends)."""
        self.add(key, [(now, part) for part in text.removesuffix("\n").split("\n")])

    def add(self, key: ContainerKey, lines: Iterable[tuple[float, str]]) -> None:
        """Add lines with their times."""
        log = self.get(key)
        new = [Line(log.next_number + place, *line) for place, line in enumerate(lines)]
        before, log.next_number = log.next_number, log.next_number + len(new)
        log.lines.extend(new)
        if self._kept is not None and new:
            self._kept.add(key, new[-self.limit :])
            if before // _TRIM_EVERY != log.next_number // _TRIM_EVERY:
                self._kept.drop_before(key, log.next_number - self.limit)
        self._wake(log)

    def get(self, key: ContainerKey) -> ContainerLog:
        """Return the log of a container, empty at first."""
        found = self._logs.get(key)
        if found is None:
            lines = list[Line]()
            if key in self._known and self._kept is not None:
                lines = self._kept.read(key, self.limit)
            following = lines[-1].number + 1 if lines else 0
            found = ContainerLog(deque(lines, maxlen=self.limit), following)
            self._logs[key] = found
        return found

    def end_pod(self, namespace: str, pod: str) -> None:
        """Forget a deleted pod; whoever follows it is woken."""
        for key in [key for key in self._logs if key[:2] == (namespace, pod)]:
            self._wake(self._logs.pop(key))
        self._known = {key for key in self._known if key[:2] != (namespace, pod)}
        if self._kept is not None:
            self._kept.drop_pod(namespace, pod)

    def has(self, key: ContainerKey) -> bool:
        """Tell whether a container has a log."""
        return key in self._logs or key in self._known

    def wake_all(self) -> None:
        """Wake everybody who follows a log (the server is closing)."""
        for log in self._logs.values():
            self._wake(log)

    @staticmethod
    def _wake(log: ContainerLog) -> None:
        log.changed.set()
        log.changed = asyncio.Event()

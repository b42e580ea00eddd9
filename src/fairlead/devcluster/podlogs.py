"""Logs of pods: lines that an application appends, for `kubectl logs`."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TypeAlias

ContainerKey: TypeAlias = tuple[str, str, str]  # namespace, pod, container


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


class PodLogs:
    """The lines of all containers, bounded for each."""

    def __init__(self, limit: int = 10_000) -> None:
        self.limit = limit
        self._logs: dict[ContainerKey, ContainerLog] = {}

    def append(self, key: ContainerKey, text: str, now: float) -> None:
        """Add one line (or several, split at line ends)."""
        log = self.get(key)
        for part in text.removesuffix("\n").split("\n"):
            log.lines.append(Line(log.next_number, now, part))
            log.next_number += 1
        self._wake(log)

    def get(self, key: ContainerKey) -> ContainerLog:
        """Return the log of a container, empty at first."""
        found = self._logs.get(key)
        if found is None:
            found = self._logs[key] = ContainerLog(deque(maxlen=self.limit))
        return found

    def end_pod(self, namespace: str, pod: str) -> None:
        """Forget a deleted pod; whoever follows it is woken."""
        for key in [key for key in self._logs if key[:2] == (namespace, pod)]:
            self._wake(self._logs.pop(key))

    def has(self, key: ContainerKey) -> bool:
        """Tell whether a container has a log."""
        return key in self._logs

    def wake_all(self) -> None:
        """Wake everybody who follows a log (the server is closing)."""
        for log in self._logs.values():
            self._wake(log)

    @staticmethod
    def _wake(log: ContainerLog) -> None:
        log.changed.set()
        log.changed = asyncio.Event()

"""What all parts of one running cluster share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from fairlead.devcluster.execution import ExecHandler
from fairlead.devcluster.faults import Faults
from fairlead.devcluster.podlogs import PodLogs
from fairlead.devcluster.registry import Registry
from fairlead.devcluster.storage import Event, Storage
from fairlead.devcluster.timekeeping import Clock

if TYPE_CHECKING:
    from fairlead.devcluster.authentication import Authenticator
    from fairlead.devcluster.rbac import Authorizer


# (what is seen, from which position) -> (the bytes, the position after them)
Shared: TypeAlias = dict[object, tuple[bytes, int]]


class Pusher(Protocol):
    """Who writes to a connection by itself."""

    def wake(self) -> None:
        """Look at the time and at the end again."""
        ...

    def push(self, shared: Shared) -> None:
        """Write what is new; `shared` holds what others wrote in this turn."""
        ...


class Bell:
    """Wakes everybody who waits for the next write to a resource."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._pushers: dict[str, dict[Pusher, None]] = {}  # a set that keeps order
        self._due: set[str] = set()

    def ring(self, resource: str, _event: Event | None = None) -> None:
        """Wake the waiters of one resource; its pushers have their turn next."""
        for waiter in self._waiting.pop(resource, ()):
            if not waiter.done():
                waiter.set_result(None)
        if resource in self._pushers and resource not in self._due:
            if not self._due:
                asyncio.get_running_loop().call_soon(self._push)
            self._due.add(resource)

    def ring_all(self) -> None:
        """Wake everybody."""
        for resource in list(self._waiting):
            self.ring(resource)
        for pushers in self._pushers.values():
            for pusher in pushers:
                pusher.wake()

    def join(self, resource: str, pusher: Pusher) -> None:
        """Let a pusher have its turn after every write to a resource."""
        self._pushers.setdefault(resource, {})[pusher] = None

    def leave(self, resource: str, pusher: Pusher) -> None:
        """Take a pusher out."""
        pushers = self._pushers[resource]
        del pushers[pusher]
        if not pushers:
            del self._pushers[resource]

    def _push(self) -> None:
        due, self._due = self._due, set()
        for resource in due:
            shared: Shared = {}
            for pusher in list(self._pushers.get(resource, ())):
                pusher.push(shared)

    def waiter(self, resource: str) -> asyncio.Future[None]:
        """Return a future that is done at the next write."""
        found: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(resource, []).append(found)
        return found

    def forget(self, resource: str, waiter: asyncio.Future[None]) -> None:
        """Drop a waiter that is no longer interested."""
        waiting = self._waiting.get(resource)
        if waiting is not None and waiter in waiting:
            waiting.remove(waiter)


@dataclass(slots=True)
class Limits:
    """The bounds of one cluster; each can be set when it is created."""

    body_bytes: int = 3 * 1024 * 1024
    object_bytes: int = 1536 * 1024
    history_seconds: float = 300.0
    history_revisions: int = 1000
    recent_events: int = 1024
    bookmark_seconds: float = 5.0
    watch_seconds: float = 1800.0
    request_seconds: float = 60.0
    event_ttl_seconds: float = 3600.0
    future_wait_seconds: float = 3.0
    log_lines: int = 10_000
    pod_grace_seconds: float = 2.0


@dataclass(slots=True)
class State:
    """The shared parts of one cluster."""

    storage: Storage
    registry: Registry
    authenticator: Authenticator
    authorizer: Authorizer
    clock: Clock
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    logs: PodLogs = field(default_factory=PodLogs)
    bell: Bell = field(default_factory=Bell)
    on_exec: ExecHandler | None = None
    closing: bool = False
    ca_pem: str = ""
    # Bumped when a resource's definition changes: its running watches end.
    epochs: dict[str, int] = field(default_factory=dict[str, int])

    def end_watches(self, storage_key: str) -> None:
        """End the running watches of one resource."""
        self.epochs[storage_key] = self.epochs.get(storage_key, 0) + 1
        self.bell.ring(storage_key)

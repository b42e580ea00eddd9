"""Hears of changes of roles and bindings, as far as the server may watch them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fairlead.errors import TRPCError
from fairlead.kube.credentials import Credentials
from fairlead.kube.feed import FeedTarget
from fairlead.kube.hub import Hub
from fairlead.kube.resource import ResourceInfo

__all__ = ["RbacChanges"]

RETRY_SECONDS = 30.0

_KINDS = tuple(
    ResourceInfo(
        group="rbac.authorization.k8s.io",
        version="v1",
        kind=kind,
        plural=f"{kind.lower()}s",
        singular=kind.lower(),
        namespaced=not kind.startswith("Cluster"),
    )
    for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
)


class RbacChanges:
    """Watches the four kinds of RBAC with the server's own credentials while it is started.

    Without the right to watch them it stays silent, and those who follow rights have to poll.
    """

    def __init__(self, hub: Callable[[], Hub], credentials: Credentials) -> None:
        self._hub = hub
        self._credentials = credentials
        self._tasks: list[asyncio.Task[None]] = []
        self._live: set[str] = set()

    @property
    def watching(self) -> bool:
        """Is every change heard of now?"""
        return len(self._live) == len(_KINDS)

    def start(self, on_change: Callable[[], None]) -> None:
        """Calls a function after each change, until it is stopped."""
        loop = asyncio.get_running_loop()
        self.stop()
        self._tasks = [
            loop.create_task(self._follow(info, on_change)) for info in _KINDS
        ]

    def stop(self) -> None:
        """Watches no longer."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        self._live.clear()

    async def _follow(self, info: ResourceInfo, on_change: Callable[[], None]) -> None:
        while True:
            try:
                await self._read(info, on_change)
            except TRPCError:
                pass  # not allowed, or not there: `watching` says so
            finally:
                self._live.discard(info.kind)
            await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, info: ResourceInfo, on_change: Callable[[], None]) -> None:
        subscription = self._hub().subscribe(FeedTarget(info), self._credentials)
        try:
            known = False
            async for frame in subscription:
                if b'"type":"state"' in frame.data.data[:64]:
                    # Stale until it says otherwise; regained, something may have been missed.
                    self._live.discard(info.kind)
                    if b'"state":"live"' in frame.data.data:
                        self._live.add(info.kind)
                        on_change()
                    continue
                self._live.add(info.kind)
                if known:
                    on_change()
                known = True
        finally:
            await subscription.aclose()

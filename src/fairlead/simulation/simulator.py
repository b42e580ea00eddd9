"""The simulator: an engine, a cluster, and the loop between them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from fairlead.simulation.actions import Action, Create, Delete, Log, Patch
from fairlead.simulation.cluster import Cluster
from fairlead.simulation.engine import Engine
from fairlead.simulation.errors import ClusterError, UnreachableError
from fairlead.simulation.scenario import read_scenario
from fairlead.simulation.watching import Watch

__all__ = ["Simulator", "carry_out"]

_logger = logging.getLogger("fairlead.simulation")

_AT_ONCE = 16
# The object changed, is there already, or has gone: the watch tells, and the engine thinks again.
_OVERTAKEN = {404, 409}
# The cluster is busy or going down: not the action's fault.
_PASSING = {429, 500, 502, 503, 504}


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """Moves the objects of a cluster as a scenario says, until it is cancelled.

    It keeps no state of its own: whatever it finds, it goes on with. While the cluster is away it
    waits, and goes on when it is back.

    Args:
        kubeconfig: whose current context is the cluster; its user must be an administrator.
        scenario: the scenario file.
        clock: the time.
        seed: what starts next, and when; absent: different in every run.
    """

    def __init__(
        self,
        kubeconfig: Path,
        scenario: Path,
        *,
        clock: Callable[[], datetime] = _utc_now,
        seed: int | None = None,
    ) -> None:
        self._kubeconfig = kubeconfig
        self._clock = clock
        # A demo's draws: no secret hangs on them.
        chance = random.Random(seed)  # noqa: S311
        self._engine = Engine(read_scenario(scenario), clock=clock, chance=chance)
        self._changed = asyncio.Event()
        self._away = False

    async def run(self) -> None:
        """Simulates until it is cancelled.

        Raises:
            ManifestError: the kubeconfig is missing or unusable.
        """
        async with (
            Cluster.from_kubeconfig(self._kubeconfig) as cluster,
            asyncio.TaskGroup() as group,
        ):
            watches = [
                Watch(cluster, kind, self._engine, self._changed.set)
                for kind in self._engine.kinds
            ]
            for watch in watches:
                group.create_task(watch.run())
            while True:
                self._changed.clear()
                due = await self._turn(cluster, watches)
                await self._wait_for_change(due)

    async def _turn(
        self, cluster: Cluster, watches: Iterable[Watch]
    ) -> datetime | None:
        # With a part of the cluster out of sight, what is missing would look as if it were not there.
        complete = all(watch.live for watch in watches)
        self._tell(away=not complete)
        if not complete:
            return None
        actions = self._engine.step()
        due = self._engine.next_due
        await self._carry_out(cluster, actions)
        return due

    async def _carry_out(self, cluster: Cluster, actions: Iterable[Action]) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(action: Action) -> None:
            async with gate:
                await self._attempt(cluster, action)

        async with asyncio.TaskGroup() as group:
            for action in actions:
                group.create_task(one(action))

    async def _attempt(self, cluster: Cluster, action: Action) -> None:
        try:
            await carry_out(cluster, action)
        except UnreachableError:
            return
        except ClusterError as error:
            if error.status in _OVERTAKEN | _PASSING:
                return
            _logger.warning("The cluster refused to change %s: %s", action.ref, error)
            self._engine.refuse(action)

    async def _wait_for_change(self, due: datetime | None) -> None:
        seconds = (
            None if due is None else max(0.0, (due - self._clock()).total_seconds())
        )
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _tell(self, *, away: bool) -> None:
        if away and not self._away:
            _logger.debug("Waiting for the cluster")
        self._away = away


async def carry_out(cluster: Cluster, action: Action) -> None:
    """Does one action.

    Raises:
        ClusterError: the cluster refused.
        UnreachableError: the cluster did not answer.
    """
    match action:
        case Create():
            await cluster.create(action.value)
        case Patch():
            await cluster.patch(action.ref, action.body, subresource=action.subresource)
        case Delete():
            await cluster.delete(action.ref)
        case Log():
            await cluster.append_log(action)

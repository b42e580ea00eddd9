"""Pipeline runs by the thousand, then changes to them at a steady rate, until it is ended.

    python bench/portal/storm.py KUBECONFIG --objects 10000 --rate 100

Prints `filled` when the runs are there, and the number of changes so far once a second.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path

from fairlead.simulation.actions import Action, Create
from fairlead.simulation.cluster import Cluster
from fairlead.simulation.errors import ClusterError
from fairlead.simulation.simulator import carry_out
from fairlead.simulation.storm import Storm, storm_changes, storm_objects

AT_ONCE = 16


async def attempt(cluster: Cluster, action: Action) -> None:
    """One change; one that comes too late, or again, is none."""
    try:
        await carry_out(cluster, action)
    except ClusterError as error:
        if error.status not in {404, 409}:
            raise


async def fill(cluster: Cluster, storm: Storm) -> None:
    """All runs, as fast as the cluster takes them."""
    space = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": storm.namespace},
    }
    await attempt(cluster, Create(space))
    creations = storm_objects(storm)

    async def work() -> None:
        for creation in creations:
            await attempt(cluster, creation)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def blow(cluster: Cluster, storm: Storm) -> None:
    """Changes at the storm's rate, without end."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    gate = asyncio.Semaphore(AT_ONCE)
    made = 0

    async def one(action: Action) -> None:
        nonlocal made
        async with gate:
            await attempt(cluster, action)
            made += 1

    async with asyncio.TaskGroup() as group:
        for place, action in enumerate(storm_changes(storm, datetime.now(UTC))):
            await asyncio.sleep(max(0.0, start + place / storm.rate - loop.time()))
            group.create_task(one(action))
            if place % max(1, int(storm.rate)) == 0:
                print(made, flush=True)


async def main() -> None:
    """Reads the command line and lets the storm loose."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kubeconfig", type=Path)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=100)
    options = parser.parse_args()
    storm = Storm(objects=options.objects, rate=options.rate, changes=None)
    async with Cluster.from_kubeconfig(options.kubeconfig) as cluster:
        await fill(cluster, storm)
        print("filled", flush=True)
        await blow(cluster, storm)


if __name__ == "__main__":
    asyncio.run(main())

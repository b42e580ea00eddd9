"""Writers, readers and faults at once: at the end every reader has what the cluster has.

`CHAOS_SEEDS=100` runs more; a failure names its seed and `CHAOS_FIRST_SEED` repeats it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.kube.cluster import Widget, make_widget, prepare

from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, KubeError, ListOptions
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions
from fairlead.kube.store import StoreLimits
from fairlead.kube.subscription import Subscription

FIRST = int(os.environ.get("CHAOS_FIRST_SEED", "1"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("CHAOS_SEEDS", "3")))
NAMESPACES = ("team-a", "team-b")
# Small bounds, so that a short run meets them all.
OPTIONS = HubOptions(
    feed=FeedOptions(
        page_size=3,
        first_wait=0.01,
        max_wait=0.1,
        stale_after=0.05,
        watch_seconds=2,
        linger=0.05,
        limits=StoreLimits(tombstones=3, versions=8),
    )
)


class Reader:
    """A client that keeps what it is sent and sometimes goes away for a while."""

    def __init__(self, kube: Kube, namespace: str | None, selector: str | None) -> None:
        self.kube = kube
        self.namespace = namespace
        self.selector = selector
        self.objects: dict[str, str] = {}
        self.last_event_id: str | None = None
        self.live = False
        self._subscription: Subscription | None = None

    async def run(self) -> None:
        """Reads, and comes back when it was interrupted."""
        while True:
            self._subscription = self.kube.acting_as_server().watch(
                Widget,
                self.namespace,
                label_selector=self.selector,
                last_event_id=self.last_event_id,
            )
            with suppress(KubeError):
                async for frame in self._subscription:
                    self.apply(frame.id, json.loads(frame.data.data))
            await asyncio.sleep(0.01)

    async def interrupt(self) -> None:
        if self._subscription is not None:
            await self._subscription.aclose()

    def apply(self, version: str, data: dict[str, Any]) -> None:
        if data["type"] == "state":
            self.live = data["state"] == "live"
            return
        self.last_event_id = version
        self.live = True
        if data["type"] == "snapshot":
            self.objects.clear()
        for item in data.get("items", []) + data.get("upserts", []):
            self.objects[_get_key(item["metadata"])] = json.dumps(item, sort_keys=True)
        for gone in data.get("deletes", []):
            self.objects.pop(_get_key(gone), None)

    async def read_truth(self) -> dict[str, str]:
        """What the cluster has, read past the hub."""
        found = await self.kube.acting_as_server().raw.list_(
            Widget.__resource__,
            self.namespace,
            ListOptions(label_selector=self.selector),
        )
        return {
            _get_key(item["metadata"]): json.dumps(item, sort_keys=True)
            for item in json.loads(found)["items"]
        }


def _get_key(metadata: dict[str, Any]) -> str:
    return f"{metadata['namespace']}/{metadata['name']}"


@asynccontextmanager
async def running_readers(kube: Kube) -> AsyncGenerator[list[Reader]]:
    readers = [
        Reader(kube, namespace, selector)
        for namespace in (None, *NAMESPACES)
        for selector in (None, "color=red")
        for _ in range(2)
    ]
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        yield readers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for reader in readers:
            await reader.interrupt()


async def write(kube: Kube, chance: random.Random) -> None:
    """One change of one of a few objects; what fails was meant to."""
    objects = kube.acting_as_server()
    name, namespace = f"w{chance.randrange(8)}", chance.choice(NAMESPACES)
    with suppress(KubeError):
        match chance.randrange(3):
            case 0:
                widget = make_widget(name, chance.randrange(100), namespace)
                widget.metadata.labels = {"color": chance.choice(["red", "blue"])}
                await objects.create(widget)
            case 1:
                patch: dict[str, Any] = {
                    "spec": {"size": chance.randrange(100)},
                    "metadata": {"labels": {"color": chance.choice(["red", "blue"])}},
                }
                await objects.patch(Widget, name, namespace, patch=patch)
            case _:
                await objects.delete(Widget, name, namespace)


async def settle(readers: list[Reader]) -> None:
    """Waits until every reader has what the cluster has."""
    for reader in readers:
        truth = await reader.read_truth()
        try:
            async with asyncio.timeout(20):
                while reader.objects != truth:  # noqa: ASYNC110  the reader is the client
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(
                f"a reader of {reader.namespace}, {reader.selector} has "
                f"{sorted(reader.objects)} and the cluster {sorted(truth)}"
            )


class Faults:
    """The dev cluster's misbehaviour, and the readers'."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.cluster = DevCluster(folder)

    async def strike(self, readers: list[Reader]) -> None:
        """Does one thing wrong."""
        faults = self.cluster.faults
        match self.chance.randrange(9):
            case 0:
                faults.drop_watches()
            case 1:
                faults.drop_watches(expired=True)
            case 2:
                await self.cluster.compact()
                faults.drop_watches()
            case 3:
                faults.fail(
                    410, verbs=self.chance.choice(["watch", "list"]), plural="widgets"
                )
            case 4:
                faults.fail(503, verbs="list", plural="widgets", retry_after=0)
            case 5:
                faults.cut(verbs="list,watch", plural="widgets")
            case 6:
                faults.delay(0.1, verbs="list,watch", plural="widgets")
            case 7:
                await self.chance.choice(readers).interrupt()
            case _:
                await self.restart()

    async def restart(self) -> None:
        port = self.cluster.port
        await self.cluster.aclose()
        self.cluster = DevCluster(self.folder, port=port)
        await self.cluster.start()


@pytest.mark.parametrize("seed", SEEDS)
async def test_all_readers_end_equal_to_the_cluster(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311  repeatable is what is wanted
    faults = Faults(tmp_path, chance)
    await faults.cluster.start()
    kube = Kube.from_kubeconfig(faults.cluster.kubeconfig_path, hub=OPTIONS)
    try:
        async with kube:
            await prepare(kube.client)
            async with running_readers(kube) as readers:
                for _ in range(60):
                    for _ in range(chance.randrange(6)):
                        await write(kube, chance)
                    if chance.random() < 0.4:
                        await faults.strike(readers)
                faults.cluster.faults.clear()
                await settle(readers)
    finally:
        await faults.cluster.aclose()


class Process:
    """The dev cluster as a process of its own, to be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = "0"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(
                "-m",
                "fairlead.devcluster",
                "--data",
                str(self.folder),
                "--port",
                self.port,
            ),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        async with asyncio.timeout(30):
            ready = (await process.stdout.readline()).decode()
        self.port = ready.split(" (")[0].rpartition(":")[2]

    async def stop(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        await self._process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_cluster_that_is_killed_and_started_again_costs_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = Process(tmp_path)
    await process.start()
    try:
        async with Kube.from_kubeconfig(tmp_path / "kubeconfig", hub=OPTIONS) as kube:
            await prepare(kube.client)
            chance = random.Random(7)  # noqa: S311  as above
            async with running_readers(kube) as readers:
                for _ in range(2):
                    for _ in range(30):
                        await write(kube, chance)
                    await process.stop(number)
                    await process.start()
                    # Past the hub, and before the hub is back.
                    for _ in range(10):
                        await write(kube, chance)
                await settle(readers)
                assert all(reader.live for reader in readers)
    finally:
        await process.stop(signal.SIGKILL)

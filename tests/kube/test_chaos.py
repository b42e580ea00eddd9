"""Writers, readers and faults at once: at the end every reader has what the cluster has.

`make chaos SEEDS=100` runs more; a failure names its seed and `CHAOS_FIRST_SEED` repeats it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from tests.kube.cluster import Widget, grant, make_widget, prepare
from tests.kube.remote_readers import TRANSPORTS, RemoteReader, Server

from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, KubeError, ListOptions, View
from fairlead.kube.client import ClientOptions
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions, LiveQuery
from fairlead.kube.resource import get_info
from fairlead.kube.store import Store, StoreLimits
from fairlead.kube.subscription import Pace, Subscription
from fairlead.kube.user_kube import UserKube
from fairlead.kube.views import RowMaker
from fairlead.kube.windows import Window, WindowQuery
from fairlead.kube.wire import WireReader

FIRST = int(os.environ.get("CHAOS_FIRST_SEED", "1"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("CHAOS_SEEDS", "2")))
STALL = float(os.environ.get("CHAOS_STALL", "0.1"))
"""Seconds that a stalled request is held back."""
NAMESPACES = ("team-a", "team-b")
# Small bounds, so that a short run meets them all.
OPTIONS = HubOptions(
    feed=FeedOptions(
        page_size=3,
        first_wait=0.01,
        max_wait=0.1,
        stale_after=0.05,
        open_seconds=STALL + 1,
        watch_seconds=2,
        linger=0.05,
        limits=StoreLimits(tombstones=3, versions=8),
    )
)
CLIENT = ClientOptions(request_timeout=STALL + 1)
# A request that a dying server has swallowed is given up soon after.


class WidgetRow(View[Widget]):
    """A row that many changes of its object leave as it is."""

    size: int
    label: str | None

    @classmethod
    def of(cls, source: Widget) -> WidgetRow | None:
        if source.spec.size % 7 == 0:
            return None
        labels = source.metadata.labels or {}
        return cls(size=source.spec.size // 10, label=labels.get("color"))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of subscriber.

    Attributes:
        lag: it reads no more than one frame in so many seconds.
    """

    namespaces: tuple[str | None, ...] = (None,)
    selector: str | None = None
    view: bool = False
    window: WindowQuery | None = None
    pace: Pace | None = None
    lag: float = 0.0

    @property
    def query(self) -> LiveQuery:
        """What it subscribes to."""
        query = UserKube.make_query(
            get_info(Widget), self.namespaces, label_selector=self.selector
        )
        view = (Widget, WidgetRow) if self.view else None
        note = "Only some are shown" if len(self.namespaces) > 1 else None
        return structs.replace(query, view=view, window=self.window, note=note)


KINDS = [
    *(
        Kind(namespaces=(namespace,), selector=selector)
        for namespace in (None, *NAMESPACES)
        for selector in (None, "color=red")
        for _ in range(2)
    ),
    Kind(namespaces=NAMESPACES),
    Kind(lag=0.05),
    Kind(pace=Pace(frames_per_second=20, bytes_per_second=20_000)),
    Kind(view=True),
    Kind(view=True, window=WindowQuery(sort=("-size", "label"))),
    Kind(view=True, window=WindowQuery(sort=("size",), limit=3)),
    Kind(view=True, window=WindowQuery(sort=("label",), offset=2, limit=4), lag=0.03),
    Kind(view=True, namespaces=NAMESPACES, window=WindowQuery(sort=("-size",))),
    Kind(view=True, window=WindowQuery(search="red", limit=5)),
    Kind(view=True, window=WindowQuery(filters=(("size", "greaterThan", b"3"),))),
]


class Reader:
    """A client that keeps what it is sent and sometimes goes away for a while."""

    def __init__(self, kube: Kube, kind: Kind) -> None:
        self.kube = kube
        self.kind = kind
        self.items: list[dict[str, Any]] = []
        self.total: int | None = None
        self.last_event_id: str | None = None
        self.live = False
        self.task: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None

    async def run(self) -> None:
        """Reads, and comes back when it was interrupted."""
        while True:
            self._subscription = self.kube.acting_as_server().watch_query(
                self.kind.query, self.last_event_id, self.kind.pace
            )
            with suppress(KubeError):
                async for frame in self._subscription:
                    self.apply(frame.id, json.loads(frame.data.data))
                    await asyncio.sleep(self.kind.lag)
            await asyncio.sleep(0.01)

    async def interrupt(self) -> None:
        """Goes away; it comes back from where it was."""
        if self._subscription is not None:
            await self._subscription.aclose()

    def apply(self, version: str, data: dict[str, Any]) -> None:
        """Does what docs/live.md says of frames."""
        if data["type"] == "state":
            self.live = data["state"] == "live"
            return
        self.last_event_id = version
        self.live = True
        self.total = data.get("total")
        if data["type"] == "snapshot":
            self.items = data["items"]
            return
        moved = {_get_key(item["metadata"]) for item in data["upserts"]}
        gone = moved | {_get_key(each) for each in data["deletes"]}
        self.items = [
            item for item in self.items if _get_key(item["metadata"]) not in gone
        ]
        places = data.get("positions", range(len(self.items), 10**6))
        for place, item in zip(places, data["upserts"], strict="positions" in data):
            self.items.insert(place, item)

    def get_state(self) -> tuple[list[str], int | None]:
        """What it shows, in a form that can be compared to the byte."""
        return self._describe(self.items), self.total

    async def read_truth(self) -> tuple[list[str], int | None]:
        """What it should show, read past the hub."""
        objects = self.kube.acting_as_server().raw
        info = get_info(Widget)
        found: list[Any] = []
        for namespace in self.kind.namespaces:
            options = ListOptions(label_selector=self.kind.selector)
            listed = await objects.list_(info, namespace, options)
            found += WireReader(info).read_list(listed).objects
        if not self.kind.view:
            return self._describe([json.loads(each.raw) for each in found]), None
        maker = RowMaker(Widget, WidgetRow)
        window = Window(self.kind.window or WindowQuery(), Store())
        for each in found:
            row = maker.make(each)
            if row is not None:
                window.put(row)
        items = [json.loads(row.raw) for row in window.get_items()]
        total = None if self.kind.window is None else window.total
        return self._describe(items), total

    def _describe(self, items: list[dict[str, Any]]) -> list[str]:
        shown: list[str] = []
        for item in items:
            if self.kind.view:
                # A row is sent when its own fields change, not whenever its object does.
                metadata = {**item["metadata"], "resourceVersion": ""}
                item = {**item, "metadata": metadata}  # noqa: PLW2901  the same row
            shown.append(json.dumps(item, sort_keys=True))
        return shown if self.kind.window is not None else sorted(shown)


def _get_key(metadata: dict[str, Any]) -> str:
    return f"{metadata['namespace']}/{metadata['name']}"


@asynccontextmanager
async def running_readers(kube: Kube) -> AsyncGenerator[list[Reader]]:
    readers = [Reader(kube, kind) for kind in KINDS]
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    for reader, task in zip(readers, tasks, strict=True):
        reader.task = task
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


async def settle(readers: Sequence[Reader | RemoteReader]) -> None:
    """Waits until every reader has what the cluster has."""
    for reader in readers:
        truth = await reader.read_truth()
        try:
            async with asyncio.timeout(20 + 2 * STALL):
                while reader.get_state() != truth:  # noqa: ASYNC110  it is the client
                    await asyncio.sleep(0.01)
        except TimeoutError:
            if isinstance(reader, Reader) and reader.task and reader.task.done():
                reader.task.result()  # it broke, and this says why
            pytest.fail(
                f"a reader of {reader.kind} has {reader.get_state()} "
                f"and the cluster {truth}"
            )


class Faults:
    """The dev cluster's misbehaviour, and the readers'."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.server = Server()
        self.folder = folder
        self.chance = chance
        self.cluster = DevCluster(folder)

    async def strike(self, readers: list[Reader]) -> None:
        """Does one thing wrong."""
        faults = self.cluster.faults
        match self.chance.randrange(11):
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
                faults.delay(STALL, verbs="list,watch", plural="widgets")
            case 7:
                faults.fail(401, verbs="list,watch", plural="widgets")
            case 8:
                await self.server.restart()
            case 9:
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
    # Every other run lists by pages, as from older API servers: 410 comes in mid-list as well.
    options = replace(OPTIONS, feed=replace(OPTIONS.feed, streaming=seed % 2 == 1))
    kubeconfig = faults.cluster.kubeconfig_path
    kube = Kube.from_kubeconfig(kubeconfig, hub=options, client=CLIENT)
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(kube)
            await prepare(kube.client)
            await grant(kube.client, "root", ["*"])
            await faults.server.start(kubeconfig, options, CLIENT)
            stack.push_async_callback(faults.server.aclose)
            remote = [RemoteReader(kube, faults.server, each) for each in TRANSPORTS]
            for each in remote:
                await stack.enter_async_context(each.running())
            readers = await stack.enter_async_context(running_readers(kube))
            for _ in range(60):
                for _ in range(chance.randrange(6)):
                    await write(kube, chance)
                if chance.random() < 0.4:
                    await faults.strike(readers)
            faults.cluster.faults.clear()
            await settle([*readers, *remote])
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

"""One namespace of a merged view that is broken: the others are shown, and it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.kube.cluster import (
    Widget,
    grant,
    make_context,
    make_widget,
    opened,
    prepare,
)
from tests.kube.conftest import QUICK
from tests.kube.widget_rows import App

from fairlead import TRPCError, create_caller, tracked
from fairlead.devcluster import DevCluster
from fairlead.devcluster.faults import Faults
from fairlead.kube import Kube, live
from fairlead.kube.hub import HubOptions

Frames = AsyncIterator[tracked[Any]]
Break = Callable[[Faults], None]

BREAKS: dict[str, Break] = {
    "failing": lambda f: f.fail(500, namespace="team-b", times=-1),
    "forbidden": lambda f: f.fail(403, namespace="team-b", times=-1),
    "silent": lambda f: f.delay(60, namespace="team-b", times=-1),
    "cut": lambda f: f.cut(namespace="team-b", times=-1),
}


class View:
    """What a client shows."""

    def __init__(self, frames: Frames) -> None:
        self.names: set[str] = set()
        self.state: tuple[str, str | None] = ("connecting", None)
        self._frames = frames

    async def read_until(self, condition: Callable[[View], bool]) -> None:
        """Applies frames until the condition holds."""
        async with asyncio.timeout(30):
            while not condition(self):
                self._apply((await anext(self._frames)).data)

    def _apply(self, frame: Any) -> None:
        if frame.type == "state":
            self.state = (frame.state, frame.reason)
        elif frame.type == "snapshot":
            self.names = {item.metadata.name for item in frame.items}
            self.state = ("live", None)
        else:
            self.names |= {item.metadata.name for item in frame.upserts}
            self.names -= {gone.name for gone in frame.deletes}


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path, identity="impersonate", hub=HubOptions(feed=QUICK)
    ) as kube:
        await prepare(kube.client)
        server = kube.acting_as_server()
        await server.create(make_widget("a1"))
        await server.create(make_widget("b1", namespace="team-b"))
        for namespace in ("team-a", "team-b"):
            await grant(kube.client, "bob", ["list", "watch"], namespace)
        yield kube


@pytest.fixture
def bob(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "bob"))


def lacks_b(view: View) -> bool:
    state, reason = view.state
    return (
        view.names == {"a1"}
        and state == "live"
        and "team-b is missing: " in (reason or "")
        and "Only team-a, team-b are shown" in (reason or "")
    )


@pytest.mark.parametrize("what", ["objects", "rows", "window"])
@pytest.mark.parametrize("broken", list(BREAKS))
async def test_the_others_begin_without_it_and_it_is_taken_in_later(
    cluster: DevCluster, kube: Kube, bob: App, broken: str, what: str
) -> None:
    watch: dict[str, Callable[[], Frames]] = {
        "objects": bob.widgets.watch,
        "rows": bob.widgets.rows.watch,
        "window": lambda: bob.widgets.rows.watch(sort=["size"], limit=5),
    }
    BREAKS[broken](cluster.faults)
    async with opened(watch[what]()) as frames:
        view = View(frames)
        await view.read_until(lacks_b)
        server = kube.acting_as_server()
        await server.create(make_widget("a2"))
        await view.read_until(lambda v: v.names == {"a1", "a2"})
        if broken != "silent":
            cluster.faults.clear()
            await view.read_until(
                lambda v: (
                    v.names == {"a1", "a2", "b1"}
                    and v.state[0] == "live"
                    and "is missing" not in (v.state[1] or "")
                )
            )
            await server.create(make_widget("b2", namespace="team-b"))
            await view.read_until(lambda v: "b2" in v.names)


async def test_one_that_fails_later_is_not_shown_any_more_until_it_is_back(
    cluster: DevCluster, kube: Kube, bob: App
) -> None:
    server = kube.acting_as_server()
    async with opened(bob.widgets.watch()) as frames:
        view = View(frames)
        await view.read_until(lambda v: v.names == {"a1", "b1"})
        BREAKS["forbidden"](cluster.faults)
        cluster.faults.drop_watches(expired=True)
        await view.read_until(lacks_b)
        await server.create(make_widget("a2"))
        await view.read_until(lambda v: v.names == {"a1", "a2"})
        cluster.faults.clear()
        await view.read_until(lambda v: v.names == {"a1", "a2", "b1"})


async def test_a_view_equals_the_cluster_after_each_namespace_broke_in_turn(
    cluster: DevCluster, kube: Kube, bob: App
) -> None:
    server, places = kube.acting_as_server(), ("team-a", "team-b")
    async with asyncio.timeout(60), live(bob.widgets) as items:
        for number in range(12):
            place = places[number % 2]
            cluster.faults.fail(
                (500, 403, 410)[number % 3],
                plural="widgets",
                namespace=place,
                verbs="list,watch",
                times=2,
            )
            cluster.faults.drop_watches(expired=number % 4 < 2)
            await server.create(make_widget(f"w{number}", namespace=place))
            if number >= 4:
                await server.delete(Widget, f"w{number - 4}", place)
        cluster.faults.clear()
        left = {f"{places[number % 2]}/w{number}" for number in range(8, 12)}
        expected = {"team-a/a1", "team-b/b1", *left}
        await items.wait_for(
            lambda: (
                set(items) == expected
                and items.state == "live"
                and "is missing" not in (items.reason or "")
            )
        )


async def test_where_all_are_refused_the_reader_is_told(
    cluster: DevCluster, bob: App
) -> None:
    cluster.faults.fail(403, plural="widgets", times=-1)
    async with asyncio.timeout(30):
        with pytest.raises(TRPCError) as caught:
            async for _ in bob.widgets.watch():
                pass
    assert caught.value.code == "FORBIDDEN"

"""The live mapping: equal to the cluster, and honest about how it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from tests.client.serving import Gate, serve
from tests.kube.cluster import Widget, grant, make_context, make_widget, prepare

from fairlead import Context, Fairlead, Router, TRPCError, User, create_caller
from fairlead.auth import FixedUser
from fairlead.client import ClientOptions, Reconnect, connect
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, LiveStore, ResourceRouter, live
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions

QUICK = HubOptions(
    feed=FeedOptions(first_wait=0.01, max_wait=0.1, stale_after=0.02, poll_seconds=0.05)
)


class Widgets(ResourceRouter[Widget]):
    """The derived procedures."""


class App(Router[Context]):
    widgets: Widgets


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[DevCluster]:
    async with DevCluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    path = cluster.kubeconfig_path
    async with Kube.from_kubeconfig(path, identity="impersonate", hub=QUICK) as kube:
        await prepare(kube.client)
        await grant(kube.client, "ann", ["*"])
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


async def test_it_has_what_is_there_and_follows(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    async with asyncio.timeout(10), live(app.widgets, namespace="team-a") as widgets:
        assert list(widgets) == ["team-a/x"]
        changes: list[int] = []
        stop = widgets.on_change(lambda: changes.append(len(widgets)))
        await app.widgets.create(make_widget("y", size=3))
        await widgets.wait_for(lambda: "team-a/y" in widgets)
        assert widgets["team-a/y"].spec.size == 3
        stop()
        await app.widgets.delete("x", "team-a")
        await widgets.wait_for(lambda: "team-a/x" not in widgets)
        assert set(changes) <= {1, 2}
        assert changes[-1] == 2
        await widgets.wait_for(lambda: widgets.state == "live")


async def test_it_survives_the_cluster_and_tells(app: App, cluster: DevCluster) -> None:
    await app.widgets.create(make_widget("x"))
    async with asyncio.timeout(20), live(app.widgets) as widgets:
        port = cluster.port
        await cluster.aclose()
        await widgets.wait_for(lambda: widgets.state == "stale")
        assert list(widgets) == ["team-a/x"]
        async with DevCluster(cluster.data_dir, port=port):
            await widgets.wait_for(lambda: widgets.state == "live")
            await app.widgets.delete("x", "team-a")
            await widgets.wait_for(lambda: not widgets)


async def test_who_may_not_watch_is_told_on_entering(kube: Kube) -> None:
    eve = create_caller(App, make_context(kube, "eve"))
    with pytest.raises(TRPCError, match="You may not watch") as caught:
        async with live(eve.widgets):
            pass
    assert caught.value.code == "FORBIDDEN"


async def test_a_listener_that_fails_ends_nothing(app: App) -> None:
    def fail() -> None:
        raise RuntimeError("a listener")

    async with asyncio.timeout(10), live(app.widgets, namespace="team-a") as widgets:
        widgets.on_change(fail)
        order: list[str] = []
        widgets.on_change(lambda: order.append("first"))
        widgets.on_change(lambda: order.append("second"))
        for name in ("x", "y"):
            await app.widgets.create(make_widget(name))
            await widgets.wait_for(partial(widgets.__contains__, f"team-a/{name}"))
        assert order[:4] == ["first", "second"] * 2


async def test_it_survives_its_server(cluster: DevCluster, kube: Kube) -> None:
    local = create_caller(App, make_context(kube, "ann"))
    options = ClientOptions(reconnect=Reconnect(initial=0.01, maximum=0.02, attempts=1))
    async with (
        asyncio.timeout(20),
        serve(Fairlead(App, kube=kube, auth=FixedUser(User(name="ann")))) as url,
        Gate.open(url) as gate,
        connect(f"{gate.url}/trpc", App, options=options) as app,
    ):
        await local.widgets.create(make_widget("x"))
        async with live(app.widgets, namespace="team-a") as widgets:
            await gate.shut()
            await widgets.wait_for(lambda: widgets.state == "stale")
            await local.widgets.delete("x", "team-a")
            await local.widgets.create(make_widget("y"))
            gate.reopen()
            await widgets.wait_for(lambda: list(widgets) == ["team-a/y"])
            await widgets.wait_for(lambda: widgets.state == "live")


async def test_what_is_missing_is_told_as_long_as_it_is(app: App, kube: Kube) -> None:
    await grant(kube.client, "bob", ["list", "watch"], "team-a")
    bob = create_caller(App, make_context(kube, "bob"))
    await app.widgets.create(make_widget("x"))
    async with asyncio.timeout(10), live(bob.widgets) as widgets:
        await widgets.wait_for(lambda: widgets.reason is not None)
        await app.widgets.create(make_widget("y"))
        await widgets.wait_for(lambda: len(widgets) == 2)
        assert (widgets.state, widgets.reason and widgets.reason[:16]) == (
            "live",
            "Only team-a are ",
        )


async def test_a_polled_list_is_never_taken_for_live(app: App, kube: Kube) -> None:
    await grant(kube.client, "bob", ["list"], "team-a")
    bob = create_caller(App, make_context(kube, "bob"))
    await app.widgets.create(make_widget("x"))
    async with asyncio.timeout(10), live(bob.widgets, namespace="team-a") as widgets:
        await widgets.wait_for(lambda: widgets.state == "stale")
        states: set[str] = set()
        widgets.on_change(lambda: states.add(widgets.state))
        await app.widgets.create(make_widget("y"))
        await widgets.wait_for(lambda: "team-a/y" in widgets)
        assert states == {"stale"}
        assert "but not watch them" in (widgets.reason or "")


async def test_it_is_gone_through_while_it_changes(app: App) -> None:
    for name in ("x", "y", "z"):
        await app.widgets.create(make_widget(name))
    async with asyncio.timeout(10), live(app.widgets, namespace="team-a") as widgets:
        seen: list[str] = []
        for key, widget in widgets.items():
            seen.append(widget.metadata.name)
            if key == "team-a/x":
                await app.widgets.delete("z", "team-a")
                await app.widgets.create(make_widget("new"))
                await widgets.wait_for(lambda: "team-a/new" in widgets)
        assert seen == ["x", "y", "z"]
        assert [each.metadata.name for each in widgets.values()] == ["x", "y", "new"]
        for key in widgets:
            if key != "team-a/new":
                await app.widgets.delete(key.removeprefix("team-a/"), "team-a")
                await widgets.wait_for(partial(lacks, widgets, key))
        assert list(widgets) == ["team-a/new"]


def lacks(widgets: LiveStore[Widget], key: str) -> bool:
    return key not in widgets


async def test_who_waits_for_it_is_told_that_it_is_closed(app: App) -> None:
    async with asyncio.timeout(10), live(app.widgets, namespace="team-a") as widgets:
        waiting = asyncio.ensure_future(widgets.wait_for(lambda: False))
        await asyncio.sleep(0)
        states: list[str] = []
        widgets.on_change(lambda: states.append(widgets.state))
    async with asyncio.timeout(10):
        with pytest.raises(TRPCError, match="is closed"):
            await waiting
    assert widgets.state == "closed"
    assert states == ["closed"]


async def test_it_is_entered_again(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    widgets = live(app.widgets, namespace="team-a")
    async with asyncio.timeout(10):
        async with widgets:
            assert list(widgets) == ["team-a/x"]
        await app.widgets.delete("x", "team-a")
        async with widgets:
            await widgets.wait_for(lambda: not widgets)
            assert widgets.state == "live"


async def test_nothing_is_left_open_behind_it(app: App, kube: Kube) -> None:
    async with asyncio.timeout(10):
        async with live(app.widgets, namespace="team-a") as widgets:
            assert [feed.subscriptions for feed in kube.hub.get_health()] == [1]
            del widgets
        assert [feed.subscriptions for feed in kube.hub.get_health()] == [0]
        entering = asyncio.ensure_future(live(app.widgets).__aenter__())
        await asyncio.sleep(0)
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
        assert sum(feed.subscriptions for feed in kube.hub.get_health()) == 0


async def test_a_listener_that_would_never_run_is_refused(app: App) -> None:
    async def listen() -> None:
        """Nobody would wait for it."""

    with pytest.raises(TypeError, match="is a coroutine function"):
        live(app.widgets).on_change(cast("Callable[[], None]", listen))

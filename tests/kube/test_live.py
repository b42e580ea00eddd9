"""The live mapping: equal to the cluster, and honest about how it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.kube.cluster import Widget, grant, make_context, make_widget, prepare

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, ResourceRouter, live
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions

QUICK = HubOptions(feed=FeedOptions(first_wait=0.01, max_wait=0.1, stale_after=0.02))


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

"""The feeds' health as a procedure: for whom a role names, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.kube.cluster import (
    Widget,
    grant,
    make_context,
    make_widget,
    opened,
    prepare,
)

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import Feeds, Kube, ResourceRouter


class Widgets(ResourceRouter[Widget]):
    """All that is derived."""


class App(Router[Context]):
    widgets: Widgets
    feeds: Feeds


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path, identity="impersonate") as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "ann", ["*"])
        await grant(kube.client, "bob", ["list"], None, ("fairlead.dev", "livefeeds"))
        yield kube


async def test_each_feed_tells_its_state_and_its_lag(kube: Kube) -> None:
    ann = create_caller(App, make_context(kube, "ann"))
    await ann.widgets.create(make_widget("w"))
    bob = create_caller(App, make_context(kube, "bob"))
    assert await bob.feeds.list_() == []
    async with opened(
        ann.widgets.watch(namespace="team-a", label_selector="a!=b")
    ) as frames:
        async with asyncio.timeout(10):
            while (await anext(frames)).data.type != "snapshot":
                pass
        (feed,) = await bob.feeds.list_()
    assert (feed.resource, feed.namespace) == ("widgets.example.com", "team-a")
    assert (feed.state, feed.reason, feed.objects) == ("live", None, 1)
    assert (feed.subscriptions, feed.lists, feed.watches) == (1, 1, 1)
    assert feed.selectors == "labelSelector=a%21%3Db"
    assert feed.quiet_seconds is not None
    assert 0 <= feed.quiet_seconds < 10


@pytest.mark.parametrize(
    ("user", "code"), [("ann", "FORBIDDEN"), (None, "UNAUTHORIZED")]
)
async def test_without_the_right_nothing_is_told(
    kube: Kube, user: str | None, code: str
) -> None:
    app = create_caller(App, make_context(kube, user))
    with pytest.raises(TRPCError) as caught:
        await app.feeds.list_()
    assert caught.value.code == code

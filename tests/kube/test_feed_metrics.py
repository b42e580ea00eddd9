"""The feeds in `/metrics`."""

from __future__ import annotations

import asyncio

from tests.asgi.harness import open_http
from tests.kube.apiserver import ApiServer
from tests.kube.cluster import Widget

from fairlead import Context, Fairlead, Router
from fairlead.kube import Kube, ResourceRouter


class Widgets(ResourceRouter[Widget]):
    """All that is derived."""


class App(Router[Context]):
    widgets: Widgets


async def test_metrics_show_how_each_feed_is(api: ApiServer) -> None:
    api.put("x")
    async with Kube(api.config) as kube:
        app = Fairlead(App, kube=kube)
        async with open_http(app) as client:
            before = (await client.get("/metrics")).text
            assert "fairlead_feeds{" not in before
            frames = kube.acting_as_server().watch(Widget, label_selector="a=b")
            async with asyncio.timeout(5):
                await anext(frames)
            text = (await client.get("/metrics")).text
            await frames.aclose()
    labels = (
        '{namespace="",resource="widgets.example.com",selectors="labelSelector=a%3Db"}'
    )
    for name, value in (
        ("feeds", "1.0"),
        ("feeds_stale", "0.0"),
        ("feed_lists_total", "1.0"),
    ):
        assert f"fairlead_{name}{labels} {value}" in text
    assert f"fairlead_feed_quiet_seconds{labels} " in text

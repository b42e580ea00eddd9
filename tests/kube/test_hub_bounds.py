"""A hub's bounds, at their edges: the next one is refused, those that are there go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.kube.apiserver import ApiServer, Widget
from tests.kube.conftest import QUICK

from fairlead.kube import KubeError
from fairlead.kube.client import KubeClient
from fairlead.kube.feed import FeedTarget
from fairlead.kube.hub import Hub, HubOptions
from fairlead.kube.resource import get_info

ALL = FeedTarget(get_info(Widget))
A, B, C = (FeedTarget(get_info(Widget), name) for name in "abc")


@pytest.mark.usefixtures("api")
async def test_one_subscription_too_many_is_refused_until_another_has_ended(
    client: KubeClient,
) -> None:
    hub = Hub(client, HubOptions(max_subscriptions=3, feed=QUICK))
    rights = client.server_credentials
    try:
        for _ in range(3):
            first, *others = [hub.subscribe(ALL, rights) for _ in range(3)]
            with pytest.raises(KubeError, match="3 subscriptions are open") as caught:
                hub.subscribe(ALL, rights)
            assert caught.value.code == "TOO_MANY_REQUESTS"
            await first.aclose()
            others.append(hub.subscribe(A, rights))
            with pytest.raises(KubeError, match="3 subscriptions are open"):
                hub.subscribe(A, rights)
            async with asyncio.timeout(10):
                for each in others:
                    assert b'"snapshot"' in (await anext(each)).data.data
                    await each.aclose()
    finally:
        await hub.aclose()


async def test_one_feed_too_many_is_refused_until_another_is_closed(
    api: ApiServer, client: KubeClient
) -> None:
    options = HubOptions(max_feeds=2, feed=replace(QUICK, linger=0.01))
    hub = Hub(client, options)
    rights = client.server_credentials
    try:
        first, second = hub.subscribe(A, rights), hub.subscribe(B, rights)
        with pytest.raises(KubeError, match="2 different things") as caught:
            hub.subscribe(C, rights)
        assert caught.value.code == "TOO_MANY_REQUESTS"
        again = hub.subscribe(B, rights)  # nothing new to follow
        await first.aclose()
        async with asyncio.timeout(10):
            while len(hub.get_health()) == 2:  # noqa: ASYNC110  it lingers
                await asyncio.sleep(0.002)
            third = hub.subscribe(C, rights)
            api.put("x", namespace="c")
            while b'"x"' not in (await anext(third)).data.data:
                pass
            for each in (second, again):
                assert b'"snapshot"' in (await anext(each)).data.data
    finally:
        await hub.aclose()

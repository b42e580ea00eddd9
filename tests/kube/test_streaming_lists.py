"""Lists as the beginning of a watch: used where the cluster can, left alone where it cannot."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace

import pytest
from msgspec import structs
from tests.kube.apiserver import ApiServer, Fault, Widget
from tests.kube.cluster import Widget as ClusterWidget
from tests.kube.cluster import make_widget, prepare
from tests.kube.conftest import QUICK

from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, KubeStatusError
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.feed import FeedTarget
from fairlead.kube.hub import Hub, HubOptions
from fairlead.kube.initial import InitialList
from fairlead.kube.kubeconfig import load_kubeconfig
from fairlead.kube.resource import get_info
from fairlead.kube.subscription import Subscription
from fairlead.kube.wire import WireReader

ALL = FeedTarget(get_info(Widget))


async def read(subscription: Subscription) -> tuple[str, set[str]]:
    """The type of the next frame with objects, and their names."""
    async with asyncio.timeout(10):
        async for event in subscription:
            frame = json.loads(event.data.data)
            if frame["type"] != "state":
                found = frame.get("items", []) + frame.get("upserts", [])
                return frame["type"], {item["metadata"]["name"] for item in found}
    raise AssertionError("it ended")


async def see_all(hub: Hub, client: KubeClient, target: FeedTarget = ALL) -> set[str]:
    """What a new subscription begins with."""
    subscription = hub.subscribe(target, client.server_credentials)
    try:
        kind, names = await read(subscription)
        assert kind == "snapshot"
        return names
    finally:
        await subscription.aclose()


def test_what_changes_before_the_bookmark_is_in_the_list() -> None:
    reader, initial = WireReader(get_info(Widget)), InitialList()

    def tell(kind: str, name: str, version: int, **more: object) -> None:
        metadata = {"name": name, "resourceVersion": str(version), **more}
        event = {"type": kind, "object": {"kind": "Widget", "metadata": metadata}}
        initial.feed(reader.read_event(json.dumps(event).encode()))

    tell("ADDED", "kept", 1)
    tell("ADDED", "gone", 2)
    tell("BOOKMARK", "", 3)
    assert initial.resource_version == ""  # a bookmark like any other
    tell("MODIFIED", "kept", 4)
    tell("DELETED", "gone", 5)
    tell("BOOKMARK", "", 5, annotations={"k8s.io/initial-events-end": "true"})
    assert initial.is_complete
    assert initial.resource_version == "5"
    assert [(o.name, o.resource_version) for o in initial.objects] == [("kept", "4")]


async def test_a_server_that_refuses_is_asked_once(
    api: ApiServer, hub: Hub, client: KubeClient
) -> None:
    api.put("x")
    for namespace in (None, "a", "b"):
        await see_all(hub, client, FeedTarget(get_info(Widget), namespace))
    assert api.refusals == 1
    assert api.count("list") == 3


async def test_a_server_that_can_is_not_asked_for_pages(
    api: ApiServer, hub: Hub, client: KubeClient
) -> None:
    api.streaming = "served"
    api.put("x")
    assert await see_all(hub, client) == {"x"}
    assert api.refusals == 0
    assert [request.query.get("limit") for _, request in api.requests] == [None, None]


async def test_a_wrong_request_does_not_count_as_a_refusal(
    api: ApiServer, hub: Hub, client: KubeClient
) -> None:
    api.streaming = "served"
    api.put("x")
    api.faults["list"] += [Fault(status=422), Fault(status=422)]
    wrong = structs.replace(ALL, label_selector="wrong")
    with pytest.raises(KubeStatusError, match="planned"):
        await see_all(hub, client, wrong)
    before = len(api.requests)
    assert await see_all(hub, client) == {"x"}
    assert "sendInitialEvents" in api.requests[before][1].query


async def test_a_server_that_ignores_it_is_asked_for_pages(
    api: ApiServer, client: KubeClient
) -> None:
    api.streaming = "ignored"
    api.put("x")
    options = HubOptions(feed=replace(QUICK, open_seconds=0.1))
    async with aclosing(Hub(client, options)) as hub:
        assert await see_all(hub, client) == {"x"}
    assert api.count("list") == 1


async def test_it_can_be_turned_off(api: ApiServer, client: KubeClient) -> None:
    api.streaming = "served"
    api.put("x")
    options = HubOptions(feed=replace(QUICK, streaming=False))
    async with aclosing(Hub(client, options)) as hub:
        assert await see_all(hub, client) == {"x"}
    first = api.requests[0][1].query
    assert (first.get("limit"), first.get("sendInitialEvents")) == ("500", None)


class Recorded(KubeClient):
    """Notes what is listed by pages."""

    def __init__(self, cluster: DevCluster) -> None:
        super().__init__(load_kubeconfig([cluster.kubeconfig_path]))
        self.pages: list[KubeRequest] = []

    async def __aenter__(self) -> Recorded:
        return self

    async def send(self, request: KubeRequest) -> bytes:
        self.pages.append(request)
        return await super().send(request)


async def test_a_reconnect_to_a_real_cluster_finds_deletions() -> None:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path) as kube,
        Recorded(cluster) as client,
        aclosing(Hub(client, HubOptions(feed=QUICK))) as hub,
    ):
        await prepare(kube.client)
        objects = kube.acting_as_server()
        for name in ("kept", "gone"):
            await objects.create(make_widget(name))
        target = FeedTarget(get_info(ClusterWidget), "team-a")
        reader = hub.subscribe(target, client.server_credentials)
        assert await read(reader) == ("snapshot", {"kept", "gone"})
        cluster.faults.fail(503, verbs="watch", plural="widgets", times=-1)
        cluster.faults.drop_watches(expired=True)
        await objects.delete(ClusterWidget, "gone", "team-a")
        cluster.faults.clear()
        assert await read(reader) == ("delta", set())
        assert client.pages == []
        health = hub.get_health()[0]
        assert (health.objects, health.lists, health.watches) == (1, 2, 2)

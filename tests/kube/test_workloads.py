"""Logs of pods, scale and restart of workloads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.kube.cluster import (
    RBAC,
    Widget,
    grant,
    make_context,
    make_widget,
    opened,
    prepare,
    send,
)

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, PodRouter, Resource, WorkloadRouter
from fairlead.kube.client import KubeRequest
from fairlead.kube.identity import Identity
from fairlead.kube.reviews import ReviewOptions


class Pod(Resource, group="", version="v1", plural="pods"):
    """What runs."""


class Deployment(Resource, group="apps", version="v1", plural="deployments"):
    """What should run."""

    spec: dict[str, Any]


class Pods(PodRouter[Pod]):
    """With logs."""


class Deployments(WorkloadRouter[Deployment]):
    """With scale and restart."""


class Widgets(WorkloadRouter[Widget]):
    """Of a kind that has no replicas."""


class App(Router[Context]):
    pods: Pods
    deployments: Deployments
    widgets: Widgets


CONTAINER = {"name": "main", "image": "x"}


@pytest.fixture
async def cluster() -> AsyncIterator[DevCluster]:
    async with DevCluster() as cluster:
        yield cluster


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    path = cluster.kubeconfig_path
    async with Kube.from_kubeconfig(path, identity="impersonate") as kube:
        await prepare(kube.client)
        await grant(kube.client, "ann", ["*"], None, ("", "pods"))
        await grant(kube.client, "ann", ["get"], None, ("", "pods/log"))
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


async def make_pod(kube: Kube) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [CONTAINER]},
    }
    await send(kube.client, "POST", "/api/v1/namespaces/team-a/pods", pod)


async def test_a_log_is_followed_and_resumed(
    app: App, kube: Kube, cluster: DevCluster
) -> None:
    await make_pod(kube)
    cluster.append_log("team-a", "p", "main", "one\ntwo\nZürich")
    async with asyncio.timeout(10), opened(app.pods.logs("p", "team-a")) as chunks:
        seen: list[str] = []
        position = ""
        while len(seen) < 3:
            chunk = await anext(chunks)
            seen += chunk.data.lines
            position = chunk.id
        assert seen == ["one", "two", "Zürich"]
    cluster.append_log("team-a", "p", "main", "four")
    again = app.pods.logs("p", "team-a", last_event_id=position)
    async with asyncio.timeout(10), opened(again) as chunks:
        assert (await anext(chunks)).data.lines == ["four"]


async def test_a_log_that_is_not_followed_ends(
    app: App, kube: Kube, cluster: DevCluster
) -> None:
    await make_pod(kube)
    cluster.append_log("team-a", "p", "main", "one\ntwo\nthree")
    async with asyncio.timeout(10):
        lines = [
            line
            async for chunk in app.pods.logs("p", "team-a", follow=False, tail_lines=2)
            for line in chunk.data.lines
        ]
    assert lines == ["two", "three"]


async def read_log(app: App, **options: Any) -> list[str]:
    """What a log has that is not followed."""
    async with asyncio.timeout(10):
        return [
            line
            async for chunk in app.pods.logs("p", "team-a", follow=False, **options)
            for line in chunk.data.lines
        ]


async def write_log(kube: Kube, lines: dict[str, datetime], **query: bool) -> None:
    """Lines with the times at which they were written."""
    text = "\n".join(f"{time.isoformat()} {line}" for line, time in lines.items())
    await kube.client.send(
        KubeRequest(
            method="POST",
            path="/api/v1/namespaces/team-a/pods/p/log",
            credentials=kube.client.server_credentials,
            query={"timestamps": True, **query},
            body=text.encode(),
            content_type="text/plain",
        )
    )


async def test_a_log_is_cut_by_time_and_by_number(app: App, kube: Kube) -> None:
    await make_pod(kube)
    now = datetime.now(UTC)
    times = {
        "old": now - timedelta(hours=2),
        "new": now - timedelta(minutes=5),
        "newest": now - timedelta(seconds=1),
    }
    await write_log(kube, times)
    assert await read_log(app) == ["old", "new", "newest"]
    assert await read_log(app, tail_lines=1) == ["newest"]
    assert await read_log(app, since_seconds=3600) == ["new", "newest"]
    hour_ago = now - timedelta(hours=1)
    zone = timezone(timedelta(hours=5, minutes=30))
    for since in (hour_ago, hour_ago.astimezone(zone), hour_ago.replace(tzinfo=None)):
        assert await read_log(app, since_time=since) == ["new", "newest"]


async def test_a_log_can_have_its_times(app: App, kube: Kube) -> None:
    await make_pod(kube)
    time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    await write_log(kube, {"one": time})
    (line,) = await read_log(app, timestamps=True)
    stamp, _, rest = line.partition(" ")
    assert (datetime.fromisoformat(stamp), rest) == (time, "one")


async def test_the_log_before_the_last_restart(
    app: App, kube: Kube, cluster: DevCluster
) -> None:
    await make_pod(kube)
    cluster.append_log("team-a", "p", "main", "it crashed", previous=True)
    cluster.append_log("team-a", "p", "main", "it runs")
    assert await read_log(app, previous=True) == ["it crashed"]
    assert await read_log(app) == ["it runs"]


async def test_two_ways_to_say_since_when_are_refused(app: App, kube: Kube) -> None:
    await make_pod(kube)
    with pytest.raises(TRPCError, match="at most one of"):
        await read_log(app, since_seconds=1, since_time=datetime.now(UTC))


async def test_logs_need_their_own_right(kube: Kube) -> None:
    await grant(kube.client, "bob", ["get"], None, ("", "pods"))
    bob = create_caller(App, make_context(kube, "bob"))
    with pytest.raises(TRPCError, match="You may not get pods/log") as caught:
        await anext(bob.pods.logs("p", "team-a"))
    assert caught.value.code == "FORBIDDEN"


@pytest.mark.parametrize("identity", ["impersonate", "service"])
async def test_a_right_that_is_taken_away_ends_a_followed_log(
    cluster: DevCluster, kube: Kube, identity: Identity
) -> None:
    await make_pod(kube)
    cluster.append_log("team-a", "p", "main", "one")
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path,
        identity=identity,
        recheck_seconds=0.05,
        reviews=ReviewOptions(seconds=0),
    ) as checked:
        app = create_caller(App, make_context(checked, "ann"))
        async with asyncio.timeout(10), opened(app.pods.logs("p", "team-a")) as chunks:
            assert (await anext(chunks)).data.lines == ["one"]
            binding = f"{RBAC}/clusterrolebindings/ann-pods-log-get"
            await send(kube.client, "DELETE", binding)
            with pytest.raises(TRPCError, match="You may not get pods/log") as caught:
                await anext(chunks)
            assert caught.value.code == "FORBIDDEN"


async def test_a_deployment_is_scaled_and_restarted(app: App, kube: Kube) -> None:
    await grant(kube.client, "ann", ["*"], None, ("apps", "deployments"))
    await grant(kube.client, "ann", ["patch"], None, ("apps", "deployments/scale"))
    labels = {"app": "d"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [CONTAINER]}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": template,
        },
    }
    path = "/apis/apps/v1/namespaces/team-a/deployments"
    await send(kube.client, "POST", path, deployment)
    await app.deployments.scale("d", 7, "team-a", dry_run=True)
    tried = await app.deployments.restart("d", "team-a", dry_run=True)
    assert "annotations" in tried.spec["template"]["metadata"]
    untouched = await app.deployments.get("d", "team-a")
    assert untouched.spec["replicas"] == 1
    assert "annotations" not in untouched.spec["template"]["metadata"]
    await app.deployments.scale("d", 3, "team-a")
    restarted = await app.deployments.restart("d", "team-a")
    assert restarted.spec["replicas"] == 3
    annotations = restarted.spec["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations


async def test_replicas_are_bounded_and_only_of_what_has_them(
    app: App, kube: Kube
) -> None:
    await grant(kube.client, "ann", ["patch"], None, ("example.com", "widgets/scale"))
    await grant(kube.client, "ann", ["patch"], None, ("apps", "deployments/scale"))
    await send(
        kube.client,
        "POST",
        "/apis/example.com/v1/namespaces/team-a/widgets",
        make_widget("one").to_wire(),
    )
    with pytest.raises(TRPCError, match="does not scale objects of the kind Widget"):
        await app.widgets.scale("one", 1, "team-a")
    with pytest.raises(TRPCError, match='"none" not found') as caught:
        await app.deployments.scale("none", 1, "team-a")
    assert caught.value.code == "NOT_FOUND"
    for replicas in (-1, 2**31, 10**30):
        with pytest.raises(TRPCError) as caught:
            await app.deployments.scale("none", replicas, "team-a")
        assert caught.value.code == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("last_event_id", "since"),
    [
        ("yesterday/1", None),
        (f"2026-01-01T00:00:00Z/{'9' * 5000}", None),
        ("2026-01-01T00:00:00Z", None),
        (None, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
    ],
)
async def test_place_in_a_log_that_is_none_is_refused(
    app: App, kube: Kube, last_event_id: str | None, since: datetime | None
) -> None:
    await make_pod(kube)
    with pytest.raises(TRPCError) as caught:
        async with opened(
            app.pods.logs("p", "team-a", since_time=since, last_event_id=last_event_id)
        ) as events:
            await anext(events)
    assert caught.value.code == "BAD_REQUEST"


async def test_a_log_is_asked_for_since_the_first_year(app: App, kube: Kube) -> None:
    await make_pod(kube)
    early = datetime(1, 1, 1, tzinfo=UTC)
    events = app.pods.logs("p", "team-a", follow=False, since_time=early)
    assert [event async for event in events] == []

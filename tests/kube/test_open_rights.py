"""Rights to what is open: taken away, they end it; partial, they make it slower, and say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
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

from fairlead import Context, Router, TRPCError, create_caller, tracked
from fairlead.auth.tokens import TokenSource
from fairlead.context import Request
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    Delta,
    Kube,
    ResourceRouter,
    Snapshot,
    StateChange,
    View,
    ViewRouter,
)
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions
from fairlead.kube.identity import Identity
from fairlead.kube.reviews import ReviewOptions


class WidgetRow(View[Widget]):
    """A line of a table."""

    size: int

    @classmethod
    def of(cls, source: Widget) -> WidgetRow:
        return cls(size=source.spec.size)


class WidgetRows(ViewRouter[Widget, WidgetRow]):
    """The table."""


class Widgets(ResourceRouter[Widget]):
    """All that is derived, and a view."""

    rows: WidgetRows


class App(Router[Context]):
    widgets: Widgets


async def read_on(frames: AsyncIterator[object]) -> None:
    """What the cluster itself changes meanwhile is told before the end."""
    async for _ in frames:
        pass


@pytest.mark.parametrize("identity", ["impersonate", "service"])
@pytest.mark.parametrize("what", ["objects", "one object", "rows"])
async def test_a_right_that_is_taken_away_ends_an_open_watch(
    cluster: DevCluster, identity: Identity, what: str
) -> None:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path,
        identity=identity,
        recheck_seconds=0.05,
        reviews=ReviewOptions(seconds=0.0),
    ) as kube:
        await prepare(kube.client)
        await grant(kube.client, "bob", ["list", "watch"], "team-a")
        bob = create_caller(App, make_context(kube, "bob"))
        watch: dict[str, Callable[[], AsyncIterator[tracked[Any]]]] = {
            "objects": lambda: bob.widgets.watch("team-a"),
            "one object": lambda: bob.widgets.watch_item("x", "team-a"),
            "rows": lambda: bob.widgets.rows.watch("team-a"),
        }
        async with asyncio.timeout(10), opened(watch[what]()) as frames:
            assert (await anext(frames)).data.type == "snapshot"
            path = f"{RBAC}/namespaces/team-a/rolebindings/bob-widgets-list-watch"
            await send(kube.client, "DELETE", path)
            with pytest.raises(TRPCError, match="You may not watch") as caught:
                await read_on(frames)
            assert caught.value.code == "FORBIDDEN"


@pytest.mark.parametrize("identity", ["impersonate", "service"])
@pytest.mark.parametrize("namespace", ["team-a", None])
async def test_what_may_be_listed_and_not_watched_is_polled_and_flagged(
    cluster: DevCluster, identity: Identity, namespace: str | None
) -> None:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path,
        identity=identity,
        recheck_seconds=0.05,
        reviews=ReviewOptions(seconds=0.0),
        hub=HubOptions(feed=FeedOptions(poll_seconds=0.02)),
    ) as kube:
        await prepare(kube.client)
        await grant(kube.client, "root", ["*"])
        root = create_caller(App, make_context(kube, "root"))
        await grant(kube.client, "bob", ["list"], "team-a")
        bob = create_caller(App, make_context(kube, "bob"))
        await root.widgets.create(make_widget("x"))
        async with asyncio.timeout(20), opened(bob.widgets.watch(namespace)) as frames:
            assert isinstance((await anext(frames)).data, Snapshot)
            told = (await anext(frames)).data
            assert isinstance(told, StateChange)
            assert told.state == "stale"
            assert "list widgets.example.com but not watch" in (told.reason or "")
            await root.widgets.create(make_widget("y"))
            assert isinstance((await anext(frames)).data, Delta)
            # Whoever takes news for a sign of life is told again that it is none.
            again = (await anext(frames)).data
            assert isinstance(again, StateChange)
            assert again.state == "stale"
            await grant(kube.client, "bob", ["list", "watch"], "team-a")
            while not isinstance((await anext(frames)).data, Snapshot):
                pass  # it begins anew, live
        async with asyncio.timeout(20), opened(bob.widgets.watch_item("x", "team-a")):
            pass


@pytest.mark.parametrize("identity", ["impersonate", "service"])
@pytest.mark.parametrize("namespace", ["team-a", None])
async def test_a_remembered_answer_does_not_outlive_the_right_by_more_than_is_said(
    cluster: DevCluster, identity: Identity, namespace: str | None
) -> None:
    # This server may not watch roles and bindings, so nobody tells it.
    async with (
        Kube.from_kubeconfig(cluster.kubeconfig_path) as admin,
        Kube(
            replace(admin.client.config, token="ann-token"),
            identity=identity,
            namespaces=("team-a", "team-b"),
            recheck_seconds=0.3,
            reviews=ReviewOptions(seconds=600),
        ) as kube,
    ):
        await prepare(admin.client)
        await grant(admin.client, "ann", ["list", "watch"])
        reviews = ("authorization.k8s.io", "subjectaccessreviews")
        await grant(admin.client, "ann", ["create"], resource=reviews)
        await grant(admin.client, "ann", ["impersonate"], resource=("", "users"))
        await grant(admin.client, "bob", ["list", "watch"], "team-a")
        bob = create_caller(App, make_context(kube, "bob"))
        async with (
            asyncio.timeout(10),
            opened(bob.widgets.watch(namespace)) as frames,
        ):
            assert (await anext(frames)).data.type == "snapshot"
            path = f"{RBAC}/namespaces/team-a/rolebindings/bob-widgets-list-watch"
            await send(admin.client, "DELETE", path)
            with pytest.raises(TRPCError, match="You may not watch") as caught:
                await read_on(frames)
            assert caught.value.code == "FORBIDDEN"


async def read_to_delta(frames: AsyncIterator[tracked[Any]]) -> None:
    while not isinstance((await anext(frames)).data, Delta):
        pass


WIDGETS = "/apis/example.com/v1/namespaces/team-a/widgets"


class Tokens:
    """Where users' tokens come from: a user's is called after him, as the dev cluster's are."""

    def find_token(self, request: Request) -> Token | None:
        return None if request.user is None else Token(f"{request.user.name}-token")


@dataclass(frozen=True)
class Token:
    """One that is never renewed."""

    key: str

    async def get(self, *, renew: bool) -> str:
        del renew
        return self.key


@pytest.mark.parametrize("namespace", ["team-a", None])
async def test_a_cluster_that_knows_no_tokens_for_a_moment_ends_nothing(
    cluster: DevCluster, namespace: str | None
) -> None:
    async with (
        Kube.from_kubeconfig(cluster.kubeconfig_path) as admin,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            namespaces=("team-a", "team-b"),
            recheck_seconds=0.3,
            reviews=ReviewOptions(seconds=0.0),
        ) as kube,
    ):
        await prepare(admin.client)
        await grant(admin.client, "bob", ["list", "watch"], "team-a")
        context = make_context(kube, "bob")
        context.request.services.add(Tokens(), as_type=TokenSource)
        bob = create_caller(App, context)
        async with asyncio.timeout(20), opened(bob.widgets.watch(namespace)) as frames:
            assert (await anext(frames)).data.type == "snapshot"
            cluster.faults.fail(401, plural="selfsubjectrulesreviews", times=-1)
            cluster.faults.fail(401, plural="selfsubjectaccessreviews", times=2)
            news = asyncio.create_task(read_to_delta(frames))
            while len(cluster.faults.planned) == 2:  # noqa: ASYNC110  it has no event
                await asyncio.sleep(0.01)
            await send(admin.client, "POST", WIDGETS, make_widget("x").to_wire())
            await news
            cluster.faults.fail(401, plural="selfsubjectaccessreviews", times=-1)
            with pytest.raises(TRPCError) as caught:
                await read_on(frames)
            assert caught.value.code == "FORBIDDEN"

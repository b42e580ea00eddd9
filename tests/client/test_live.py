"""The live store over the wire, through faults, against a real dev cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby

import pytest
from tests.client.serving import Gate, serve
from tests.kube.cluster import TOKENS, Widget, grant, make_context, make_widget, prepare

from fairlead import Context, Fairlead, Router, TRPCError, User, create_caller
from fairlead.client import (
    Change,
    ClientOptions,
    LiveView,
    Reconnect,
    connect,
    live,
)
from fairlead.context import Request
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, ResourceRouter
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions
from fairlead.kube.reviews import ReviewOptions

QUICK = HubOptions(feed=FeedOptions(poll_seconds=0.05))


class Widgets(ResourceRouter[Widget]):
    """All that is derived, nothing else."""


class App(Router[Context]):
    widgets: Widgets


class ByHeader:
    """Believes a header: the tests are not about signing in."""

    async def authenticate(self, request: Request) -> User | None:
        name = request.headers.get("x-user")
        return None if name is None else User(name=name)


@dataclass(frozen=True)
class Stage:
    """A cluster, an API before it, and a gate between the API and its clients."""

    kube: Kube
    gate: Gate
    local: App

    @asynccontextmanager
    async def connected(
        self, user: str = "root", **options: object
    ) -> AsyncGenerator[App]:
        chosen = ClientOptions(
            reconnect=Reconnect(initial=0.02, maximum=0.05),
            **options,  # type: ignore[arg-type]  # by name
        )
        async with connect(
            f"{self.gate.url}/trpc", App, headers={"x-user": user}, options=chosen
        ) as app:
            yield app


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with (
        DevCluster(tokens=TOKENS) as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            identity="impersonate",
            hub=QUICK,
            recheck_seconds=0.1,
            reviews=ReviewOptions(seconds=0),
        ) as kube,
        serve(Fairlead(App, kube=kube, auth=ByHeader())) as url,
        Gate.open(url) as gate,
    ):
        await prepare(kube.client)
        await grant(kube.client, "root", ["*"])
        yield Stage(kube, gate, create_caller(App, make_context(kube, "root")))


def get_sizes(view: LiveView[Widget]) -> dict[str, int]:
    return {key: item.spec.size for key, item in view.items()}


def get_status(view: LiveView[Widget]) -> str:
    return view.connection.status


async def wait_for_sizes(view: LiveView[Widget], sizes: dict[str, int]) -> None:
    async with asyncio.timeout(10):
        await view.wait_for(lambda view: get_sizes(view) == sizes)


@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_a_live_view_follows_the_cluster(stage: Stage, transport: str) -> None:
    await stage.local.widgets.create(make_widget("x"))
    seen: list[Change[Widget]] = []

    def remember(changes: Sequence[Change[Widget]]) -> None:
        seen.extend(changes)

    async with (
        stage.connected(subscriptions=transport) as app,
        live(app.widgets, namespace="team-a") as view,
    ):
        assert get_sizes(view) == {"team-a/x": 1}
        assert get_status(view) == "live"
        view.on_change(remember)
        made = await app.widgets.create(make_widget("y"))
        await wait_for_sizes(view, {"team-a/x": 1, "team-a/y": 1})
        await app.widgets.patch("y", {"spec": {"size": 7}}, "team-a")
        await wait_for_sizes(view, {"team-a/x": 1, "team-a/y": 7})
        await app.widgets.delete("x", "team-a")
        await wait_for_sizes(view, {"team-a/y": 7})
        assert view["team-a/y"].metadata.uid == made.metadata.uid
    assert get_status(view) == "closed"
    assert seen[-1].after is None
    assert {change.key for change in seen} == {"team-a/x", "team-a/y"}


async def test_nothing_is_lost_while_the_client_was_cut_off(stage: Stage) -> None:
    widgets = stage.local.widgets
    for name in ("a", "b"):
        await widgets.create(make_widget(name))
    statuses: list[str] = []
    async with stage.connected() as app, live(app.widgets) as view:
        view.on_connection(lambda connection: statuses.append(connection.status))
        await stage.gate.shut()
        async with asyncio.timeout(10):
            await view.wait_for(lambda view: view.connection.status == "offline")
        await widgets.delete("a", "team-a")
        await widgets.patch("b", {"spec": {"size": 5}}, "team-a")
        await widgets.create(make_widget("c"))
        assert get_sizes(view) == {"team-a/a": 1, "team-a/b": 1}
        stage.gate.reopen()
        await wait_for_sizes(view, {"team-a/b": 5, "team-a/c": 1})
        async with asyncio.timeout(10):
            await view.wait_for(lambda view: view.connection.status == "live")
    distinct = [status for status, _ in groupby(statuses)]
    assert distinct == ["offline", "live", "closed"]


async def test_a_view_without_the_right_says_so(stage: Stage) -> None:
    async with stage.connected(user="bob") as app:
        with pytest.raises(TRPCError) as caught:
            async with live(app.widgets, namespace="team-a"):
                pass
    assert caught.value.code == "FORBIDDEN"


async def test_a_view_of_an_unreachable_server_gives_up_in_time(stage: Stage) -> None:
    await stage.gate.shut()
    async with stage.connected() as app:
        with pytest.raises(TRPCError, match="no snapshot within") as caught:
            async with live(app.widgets, ready_seconds=0.2):
                pass
    assert caught.value.code == "TIMEOUT"


async def test_a_failing_listener_does_not_end_a_view(stage: Stage) -> None:
    def fail(changes: Sequence[Change[Widget]]) -> None:
        raise RuntimeError(f"{len(changes)} changes")

    async with stage.connected() as app, live(app.widgets) as view:
        view.on_change(fail)
        await app.widgets.create(make_widget("x"))
        await wait_for_sizes(view, {"team-a/x": 1})
        await app.widgets.delete("x", "team-a")
        await wait_for_sizes(view, {})


async def test_a_view_works_in_process_too(stage: Stage) -> None:
    async with live(stage.local.widgets) as view:
        await stage.local.widgets.create(make_widget("x"))
        await wait_for_sizes(view, {"team-a/x": 1})
        assert view.connection.status == "live"


async def test_a_polled_view_says_so_until_it_is_live(stage: Stage) -> None:
    await grant(stage.kube.client, "bob", ["list"], "team-a")
    await stage.local.widgets.create(make_widget("x"))
    async with (
        stage.connected(user="bob") as app,
        live(app.widgets, namespace="team-a") as view,
        asyncio.timeout(10),
    ):
        await view.wait_for(lambda view: view.connection.status == "stale")
        assert "but not watch them" in (view.connection.reason or "")
        statuses: list[str] = []
        view.on_connection(lambda connection: statuses.append(connection.status))
        await stage.local.widgets.create(make_widget("y"))
        await view.wait_for(lambda view: len(view) == 2)
        assert statuses == []
        await stage.gate.shut()
        await view.wait_for(lambda view: view.connection.status == "offline")
        await grant(stage.kube.client, "bob", ["list", "watch"], "team-a")
        stage.gate.reopen()
        await view.wait_for(lambda view: view.connection.status == "live")

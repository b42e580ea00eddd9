"""Users with rights in some namespaces only, asking for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NoReturn

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
from fairlead.devcluster import DevCluster
from fairlead.kube import Delta, Kube, ResourceRouter, Snapshot, StateChange
from fairlead.kube.errors import KubeUnreachableError
from fairlead.kube.reviews import ReviewOptions
from fairlead.kube.scopes import Scope, explain


class Widgets(ResourceRouter[Widget]):
    """The derived procedures."""


class App(Router[Context]):
    widgets: Widgets


Frames = AsyncIterator[tracked[Snapshot[Widget] | Delta[Widget] | StateChange]]


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path,
        identity="impersonate",
        recheck_seconds=0.05,
        reviews=ReviewOptions(seconds=0),
    ) as kube:
        await prepare(kube.client, "team-c")
        server = kube.acting_as_server()
        for name, place in (
            ("a1", "team-a"),
            ("a2", "team-a"),
            ("b1", "team-b"),
            ("c1", "team-c"),
        ):
            await server.create(make_widget(name, namespace=place))
        yield kube


@pytest.fixture
async def bob(kube: Kube) -> App:
    for namespace in ("team-a", "team-b"):
        await grant(kube.client, "bob", ["list", "watch"], namespace)
    return create_caller(App, make_context(kube, "bob"))


async def read_until(frames: Frames, names: set[str]) -> None:
    """Applies frames until the objects are those."""
    seen: set[str] = set()
    async for frame in frames:
        match frame.data:
            case Snapshot(items=items):
                seen = {item.metadata.name for item in items}
            case Delta(upserts=upserts, deletes=deletes):
                seen |= {item.metadata.name for item in upserts}
                seen -= {gone.name for gone in deletes}
            case StateChange():
                pass
        if seen == names:
            return


async def test_a_list_has_the_namespaces_that_may_be_seen(bob: App) -> None:
    listed = await bob.widgets.list_()
    assert [item.metadata.name for item in listed.items] == ["a1", "a2", "b1"]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_go_through_all_of_them(bob: App, limit: int) -> None:
    names: list[str] = []
    token: str | None = None
    while True:
        page = await bob.widgets.list_(limit=limit, continue_=token)
        assert len(page.items) <= limit
        names += [item.metadata.name for item in page.items]
        token = page.metadata.continue_
        if token is None:
            break
    assert names == ["a1", "a2", "b1"]


async def test_a_wrong_page_token_is_refused(bob: App) -> None:
    for token in ("x", "eA==", "WyJ0ZWFtLWMiLG51bGxd"):
        with pytest.raises(TRPCError, match="page token is not valid"):
            await bob.widgets.list_(continue_=token)


async def test_a_watch_merges_them_and_says_what_is_missing(
    bob: App, kube: Kube
) -> None:
    server = kube.acting_as_server()
    async with asyncio.timeout(10), opened(bob.widgets.watch()) as frames:
        first = (await anext(frames)).data
        assert isinstance(first, Snapshot)
        assert {item.metadata.name for item in first.items} == {"a1", "a2", "b1"}
        told = (await anext(frames)).data
        assert isinstance(told, StateChange)
        assert told.state == "live"
        assert "Only team-a, team-b are shown" in (told.reason or "")
        await server.create(make_widget("hidden", namespace="team-c"))
        await server.create(make_widget("b2", namespace="team-b"))
        await server.delete(Widget, "a1", "team-a")
        seen = {item.metadata.name for item in first.items}
        while seen != {"a2", "b1", "b2"}:
            delta = (await anext(frames)).data
            assert isinstance(delta, Delta)
            seen |= {item.metadata.name for item in delta.upserts}
            seen -= {gone.name for gone in delta.deletes}


async def test_a_namespace_granted_or_taken_away_comes_and_goes(
    bob: App, kube: Kube
) -> None:
    async with asyncio.timeout(10), opened(bob.widgets.watch()) as frames:
        await read_until(frames, {"a1", "a2", "b1"})
        await grant(kube.client, "bob", ["list", "watch"], "team-c")
        await read_until(frames, {"a1", "a2", "b1", "c1"})
        path = f"{RBAC}/namespaces/team-a/rolebindings/bob-widgets-list-watch"
        await send(kube.client, "DELETE", path)
        await read_until(frames, {"b1", "c1"})


async def test_a_stream_that_is_never_quiet_is_rechecked_too(
    cluster: DevCluster, bob: App, kube: Kube
) -> None:
    server = kube.acting_as_server()
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path,
        identity="service",
        recheck_seconds=0.1,
        reviews=ReviewOptions(seconds=0),
    ) as shared:
        app = create_caller(App, make_context(shared, "bob"))

        async def write() -> None:
            for size in range(2, 10_000):
                await server.patch(
                    Widget, "b1", "team-b", patch={"spec": {"size": size}}
                )

        writing = asyncio.create_task(write())
        try:
            async with asyncio.timeout(10), opened(app.widgets.watch()) as frames:
                await read_until(frames, {"a1", "a2", "b1"})
                path = f"{RBAC}/namespaces/team-a/rolebindings/bob-widgets-list-watch"
                await send(kube.client, "DELETE", path)
                await read_until(frames, {"b1"})
                path = f"{RBAC}/namespaces/team-b/rolebindings/bob-widgets-list-watch"
                await send(kube.client, "DELETE", path)
                with pytest.raises(TRPCError) as caught:
                    await read_until(frames, set())
                assert caught.value.code == "FORBIDDEN"
                assert not writing.done()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


async def test_what_nobody_may_ask_is_told_and_not_asked_for_ever(
    bob: App, kube: Kube
) -> None:
    before = kube.authorizer.round_trips
    async with asyncio.timeout(10):
        with pytest.raises(TRPCError, match="field label not supported") as caught:
            await anext(bob.widgets.watch(field_selector="spec.nope=1"))
    assert caught.value.code == "BAD_REQUEST"
    assert kube.authorizer.round_trips - before < 100


async def test_a_cluster_that_is_lost_takes_no_namespace_away(
    bob: App, kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = kube.acting_as_server()
    asked = asyncio.Event()

    async def fail(*_: object, **__: object) -> NoReturn:
        asked.set()
        raise KubeUnreachableError("The cluster cannot be reached")

    async with asyncio.timeout(10), opened(bob.widgets.watch()) as frames:
        await read_until(frames, {"a1", "a2", "b1"})
        monkeypatch.setattr(kube.authorizer, "review_many", fail)
        reading = asyncio.create_task(read_until(frames, {"b2"}))
        await asked.wait()
        await server.create(make_widget("b2", namespace="team-b"))
        await reading


async def test_who_may_see_nothing_is_refused(kube: Kube) -> None:
    eve = create_caller(App, make_context(kube, "eve"))
    with pytest.raises(TRPCError, match="You may not list") as caught:
        await eve.widgets.list_()
    assert caught.value.code == "FORBIDDEN"
    with pytest.raises(TRPCError, match="You may not watch"):
        await anext(eve.widgets.watch())


async def test_configured_namespaces_are_the_only_candidates(
    cluster: DevCluster, kube: Kube
) -> None:
    await grant(kube.client, "bob", ["list", "watch"], "team-a")
    await grant(kube.client, "bob", ["list", "watch"], "team-b")
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path, identity="impersonate", namespaces=("team-b",)
    ) as narrow:
        bob = create_caller(App, make_context(narrow, "bob"))
        listed = await bob.widgets.list_()
    assert [item.metadata.name for item in listed.items] == ["b1"]


async def make_namespaces(kube: Kube, number: int) -> None:
    """So many more, before `zz` in the alphabet."""
    for name in [f"n{each:04}" for each in range(number)] + ["zz"]:
        namespace = {
            "kind": "Namespace",
            "apiVersion": "v1",
            "metadata": {"name": name},
        }
        await send(kube.client, "POST", "/api/v1/namespaces", namespace)


async def test_rights_are_found_however_many_namespaces_there_are(kube: Kube) -> None:
    await make_namespaces(kube, 520)
    await grant(kube.client, "bob", ["list", "watch"], "zz")
    await kube.acting_as_server().create(make_widget("last", namespace="zz"))
    bob = create_caller(App, make_context(kube, "bob"))
    listed = await bob.widgets.list_()
    assert [item.metadata.name for item in listed.items] == ["last"]
    async with asyncio.timeout(30), opened(bob.widgets.watch()) as frames:
        await read_until(frames, {"last"})


def test_beyond_the_bound_it_is_said_what_is_left_out() -> None:
    places = tuple(f"n{each:04}" for each in range(503))
    scope = explain(Scope(places, "You may not list widgets in all namespaces"))
    assert scope.namespaces == places[:500]
    assert scope.reason is not None
    assert scope.reason.startswith("Only n0000, n0001, ")
    assert "n0019 and 480 more are shown: You may not list widgets" in scope.reason
    assert scope.reason.endswith("; 3 more are left out: at most 500 are merged")

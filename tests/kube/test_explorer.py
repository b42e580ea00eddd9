"""Kinds without a class: discovered, shown as the cluster prints them, with the caller's rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import JsonValue
from tests.kube.cluster import (
    grant,
    make_context,
    make_widget,
    opened,
    prepare,
    send,
)

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    Explorer,
    InvalidObject,
    KindRef,
    Kube,
    StaleObject,
    merged_lists,
)
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions

WIDGETS = KindRef(group="example.com", version="v1", plural="widgets")
PODS = KindRef(version="v1", plural="pods")


class App(Router[Context]):
    explorer: Explorer


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path,
        identity="impersonate",
        hub=HubOptions(feed=FeedOptions(poll_seconds=0.1)),
    ) as kube:
        await prepare(kube.client)
        await grant(kube.client, "root", ["*"])
        await grant(kube.client, "root", ["*"], resource=("", "configmaps"))
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "root"))


async def make_widgets(kube: Kube, *names: str, namespace: str = "team-a") -> None:
    path = f"/apis/example.com/v1/namespaces/{namespace}/widgets"
    for name in names:
        body = make_widget(name, namespace=namespace).to_wire()
        await send(kube.client, "POST", path, body)


async def test_kinds_of_the_cluster_are_found(app: App) -> None:
    kinds = {(kind.group, kind.plural): kind for kind in await app.explorer.kinds()}
    widget = kinds["example.com", "widgets"]
    assert (widget.kind, widget.namespaced, widget.custom) == ("Widget", True, True)
    assert "status" in widget.subresources
    pods = kinds["", "pods"]
    assert (pods.kind, pods.custom) == ("Pod", False)
    assert not kinds["", "namespaces"].namespaced
    assert ("authorization.k8s.io", "selfsubjectaccessreviews") not in kinds


async def test_table_has_the_columns_that_the_cluster_prints(
    app: App, kube: Kube
) -> None:
    await make_widgets(kube, "a", "b")
    table = await app.explorer.table(WIDGETS, "team-a")
    assert [column.name for column in table.columns] == ["Name", "Age"]
    assert [(row.name, row.namespace) for row in table.rows] == [
        ("a", "team-a"),
        ("b", "team-a"),
    ]
    assert table.rows[0].cells[0] == "a"
    assert table.missing is None


async def test_table_is_paged(app: App, kube: Kube) -> None:
    await make_widgets(kube, "a", "b", "c")
    first = await app.explorer.table(WIDGETS, limit=2)
    assert [row.name for row in first.rows] == ["a", "b"]
    rest = await app.explorer.table(WIDGETS, limit=2, continue_=first.continue_)
    assert [row.name for row in rest.rows] == ["c"]
    assert rest.continue_ is None


async def test_user_with_some_namespaces_sees_those_and_what_is_missing(
    kube: Kube,
) -> None:
    await make_widgets(kube, "a")
    await make_widgets(kube, "b", namespace="team-b")
    await grant(kube.client, "bob", ["list"], "team-a")
    app = create_caller(App, make_context(kube, "bob"))
    table = await app.explorer.table(WIDGETS)
    assert [row.name for row in table.rows] == ["a"]
    assert table.missing is not None
    assert "team-a" in table.missing


async def test_user_without_rights_is_refused(kube: Kube) -> None:
    app = create_caller(App, make_context(kube, "bob"))
    for call in (
        app.explorer.table(WIDGETS, "team-a"),
        app.explorer.get(WIDGETS, "a", "team-a"),
        app.explorer.delete(WIDGETS, "a", "team-a"),
        app.explorer.replace(WIDGETS, "a", {}, "team-a"),
    ):
        with pytest.raises(TRPCError) as caught:
            await call
        assert caught.value.code == "FORBIDDEN"


async def test_kind_that_is_not_served_and_paths_that_are_none(app: App) -> None:
    for ref in (
        KindRef(group="example.com", version="v1", plural="gizmos"),
        KindRef(group="../../api", version="v1", plural="secrets"),
        KindRef(version="v9", plural="pods"),
    ):
        with pytest.raises(TRPCError, match="serves no") as caught:
            await app.explorer.table(ref)
        assert caught.value.code == "NOT_FOUND"
    with pytest.raises(TRPCError) as caught:
        await app.explorer.get(WIDGETS, "../secrets/x", "team-a")
    assert caught.value.code == "BAD_REQUEST"


async def test_object_is_replaced_unless_it_was_changed_since(
    app: App, kube: Kube
) -> None:
    await make_widgets(kube, "a")
    read = await app.explorer.get(WIDGETS, "a", "team-a")
    spec: dict[str, JsonValue] = {"size": 3}
    changed: dict[str, JsonValue] = {**read, "spec": spec}
    checked = await app.explorer.replace(WIDGETS, "a", changed, "team-a", dry_run=True)
    assert checked["spec"] == {"size": 3}
    assert (await app.explorer.get(WIDGETS, "a", "team-a"))["spec"] == {"size": 1}
    await app.explorer.replace(WIDGETS, "a", changed, "team-a")
    with pytest.raises(StaleObject) as stale:
        await app.explorer.replace(WIDGETS, "a", changed, "team-a")
    assert stale.value.current is not None
    assert stale.value.current["spec"] == {"size": 3}
    with pytest.raises(TRPCError, match=r"metadata\.resourceVersion"):
        await app.explorer.replace(WIDGETS, "a", {"metadata": {}}, "team-a")


async def test_refusal_names_the_field(app: App, kube: Kube) -> None:
    await make_widgets(kube, "a")
    read = await app.explorer.get(WIDGETS, "a", "team-a")
    wrong: dict[str, JsonValue] = {**read, "spec": {"size": -1}}
    with pytest.raises(InvalidObject) as refused:
        await app.explorer.replace(WIDGETS, "a", wrong, "team-a")
    assert [cause.field for cause in refused.value.causes] == ["spec.size"]


async def test_schema_of_a_kind_stands_alone(app: App) -> None:
    schema = await app.explorer.schema(PODS)
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    root = schema["$ref"]
    assert isinstance(root, str)
    assert root.removeprefix("#/$defs/") in definitions
    widget = await app.explorer.schema(WIDGETS)
    assert '"size"' in str(widget).replace("'", '"')


async def test_changes_are_told(app: App, kube: Kube) -> None:
    async with (
        opened(app.explorer.changes(WIDGETS, "team-a")) as changes,
        asyncio.timeout(20),
    ):
        first = await anext(changes)
        await make_widgets(kube, "a")
        second = await anext(changes)
        assert second.id != first.id


async def test_changes_are_merged_over_what_one_may_see(
    app: App, kube: Kube, cluster: DevCluster
) -> None:
    await grant(kube.client, "bob", ["list", "watch"], "team-a")
    await grant(kube.client, "bob", ["list"], "team-b")
    bob = create_caller(App, make_context(kube, "bob"))
    async with opened(bob.explorer.changes(WIDGETS)) as changes, asyncio.timeout(20):
        await anext(changes)
        for namespace in ("team-a", "team-b"):
            await make_widgets(kube, "a", namespace=namespace)
            await anext(changes)
        quiet = asyncio.ensure_future(anext(changes))
        await make_widgets(kube, "a", namespace="default")
        await asyncio.sleep(0.5)
        assert not quiet.done()
        cluster.faults.fail(500, namespace="team-b", times=-1)
        await make_widgets(kube, "b")
        await quiet
    eve = create_caller(App, make_context(kube, "eve"))
    with pytest.raises(TRPCError, match="You may not watch") as caught:
        await anext(eve.explorer.changes(WIDGETS))
    assert caught.value.code == "FORBIDDEN"


async def test_a_broken_namespace_does_not_cost_a_table_the_others(
    kube: Kube, cluster: DevCluster
) -> None:
    for namespace in ("team-a", "team-b"):
        await grant(kube.client, "bob", ["list"], namespace)
        await make_widgets(kube, "x", "y", namespace=namespace)
    bob = create_caller(App, make_context(kube, "bob"))
    whole = await bob.explorer.table(WIDGETS, limit=4)
    assert len(whole.rows) == 4
    assert "Only the first" not in (whole.missing or "")
    cut = await bob.explorer.table(WIDGETS, limit=3)
    assert len(cut.rows) == 3
    assert "Only the first 3 objects are shown" in (cut.missing or "")
    cluster.faults.fail(500, plural="widgets", namespace="team-a", times=-1)
    table = await bob.explorer.table(WIDGETS)
    assert [row.namespace for row in table.rows] == ["team-b", "team-b"]
    assert "team-a is missing: " in (table.missing or "")
    cluster.faults.fail(500, plural="widgets", times=-1)
    with pytest.raises(TRPCError):
        await bob.explorer.table(WIDGETS)


async def test_silent_namespaces_are_waited_for_at_once_and_not_for_ever(
    kube: Kube, cluster: DevCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_lists, "PATIENCE", 1.0)
    for namespace in ("team-a", "team-b"):
        await grant(kube.client, "bob", ["list"], namespace)
    await make_widgets(kube, "x", namespace="team-b")
    bob = create_caller(App, make_context(kube, "bob"))
    cluster.faults.delay(60, plural="widgets", namespace="team-a", times=-1)
    table = await bob.explorer.table(WIDGETS)
    assert [row.namespace for row in table.rows] == ["team-b"]
    assert "team-a is missing: The cluster did not answer in time." in (
        table.missing or ""
    )


async def test_changes_of_one_object_are_told(app: App, kube: Kube) -> None:
    await make_widgets(kube, "mine")
    async with (
        opened(app.explorer.changes(WIDGETS, "team-a", name="mine")) as changes,
        asyncio.timeout(20),
    ):
        await anext(changes)
        next_one = asyncio.ensure_future(anext(changes))
        await make_widgets(kube, "other")
        await asyncio.sleep(0.5)
        assert not next_one.done()
        await app.explorer.delete(WIDGETS, "mine", "team-a")
        await next_one
    with pytest.raises(TRPCError, match="no name of an object"):
        await anext(app.explorer.changes(WIDGETS, "team-a", name="a,b=c"))


async def test_rights_on_a_kind_are_told_and_followed(kube: Kube) -> None:
    app = create_caller(App, make_context(kube, "bob"))
    async with (
        opened(app.explorer.watch_permissions(WIDGETS, "team-a")) as rights,
        asyncio.timeout(20),
    ):
        before = await anext(rights)
        assert not before.delete.allowed
        assert "may not delete widgets" in (before.delete.reason or "")
        await grant(kube.client, "bob", ["delete"], "team-a")
        assert (await anext(rights)).delete.allowed

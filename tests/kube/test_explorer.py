"""Kinds without a class: discovered, shown as the cluster prints them, with the caller's rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import JsonValue
from tests.kube.cluster import (
    TOKENS,
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
    Manifests,
    StaleObject,
)
from fairlead.kube.discovery import ServedKind
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import HubOptions

WIDGETS = KindRef(group="example.com", version="v1", plural="widgets")
PODS = KindRef(version="v1", plural="pods")


class App(Router[Context]):
    explorer: Explorer
    manifests: Manifests


@pytest.fixture
async def cluster() -> AsyncIterator[DevCluster]:
    async with DevCluster(tokens=TOKENS) as cluster:
        yield cluster


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


MANIFEST = """\
apiVersion: example.com/v1
kind: Widget
metadata:
  name: one
spec:
  size: 4
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: team-b
data: {a: b}
"""


async def test_documents_are_created_left_alone_and_configured(app: App) -> None:
    made = await app.manifests.apply_yaml(MANIFEST, "team-a")
    assert [(each.kind, each.namespace, each.outcome, each.line) for each in made] == [
        ("Widget", "team-a", "created", 1),
        ("ConfigMap", "team-b", "created", 8),
    ]
    again = await app.manifests.apply_yaml(MANIFEST, "team-a")
    assert [each.outcome for each in again] == ["unchanged", "unchanged"]
    grown = MANIFEST.replace("size: 4", "size: 5")
    (widget, _) = await app.manifests.apply_yaml(grown, "team-a")
    assert widget.outcome == "configured"


async def test_dry_run_changes_nothing(app: App) -> None:
    made = await app.manifests.apply_yaml(MANIFEST, "team-a", dry_run=True)
    assert [each.outcome for each in made] == ["created", "created"]
    assert (await app.explorer.table(WIDGETS, "team-a")).rows == []


async def test_one_document_that_fails_does_not_stop_the_others(app: App) -> None:
    text = MANIFEST.replace("size: 4", "size: -4")
    (widget, settings) = await app.manifests.apply_yaml(text, "team-a")
    assert (widget.outcome, settings.outcome) == ("failed", "created")
    assert [(each.field, each.line) for each in widget.problems] == [("spec.size", 6)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("kind: Widget", "kind: Gizmo"), "serves no Gizmo of example.com/v1"),
        (("kind: Widget", "x: y"), "kind is missing"),
        (("  name: one\n", "  labels: {a: b}\n"), "metadata.name is missing"),
        (("  name: one\n", "  name: One/Two\n"), "name"),
        (("metadata:\n  name: one\n", ""), "metadata is missing"),
    ],
)
async def test_document_that_cannot_be_sent_says_why(
    app: App, change: tuple[str, str], message: str
) -> None:
    (widget, settings) = await app.manifests.apply_yaml(
        MANIFEST.replace(*change), "team-a"
    )
    assert widget.outcome == "failed"
    assert message in widget.message
    assert settings.outcome == "created"


async def test_namespace_is_needed(app: App) -> None:
    (widget, _) = await app.manifests.apply_yaml(MANIFEST)
    assert "is namespaced" in widget.message


async def test_text_without_documents_is_refused(app: App) -> None:
    with pytest.raises(TRPCError, match="no document"):
        await app.manifests.apply_yaml("# nothing\n---\n")


async def test_each_document_needs_its_own_right(kube: Kube) -> None:
    await grant(kube.client, "bob", ["get", "patch", "create"], "team-a")
    app = create_caller(App, make_context(kube, "bob"))
    (widget, settings) = await app.manifests.apply_yaml(MANIFEST, "team-a")
    assert (widget.outcome, settings.outcome) == ("created", "failed")
    assert "configmaps" in settings.message


async def test_creating_needs_the_right_to_create(kube: Kube) -> None:
    await grant(kube.client, "bob", ["get", "patch"], "team-a")
    app = create_caller(App, make_context(kube, "bob"))
    (widget, _) = await app.manifests.apply_yaml(MANIFEST, "team-a")
    assert widget.outcome == "failed"
    assert "create" in widget.message


async def test_field_of_another_manager_is_a_conflict_until_forced(
    app: App, kube: Kube
) -> None:
    await app.manifests.apply_yaml(MANIFEST, "team-a")
    read = await app.explorer.get(WIDGETS, "one", "team-a")
    changed: dict[str, JsonValue] = {**read, "spec": {"size": 9}}
    await app.explorer.replace(WIDGETS, "one", changed, "team-a")
    (widget, _) = await app.manifests.apply_yaml(MANIFEST, "team-a")
    assert widget.outcome == "failed"
    assert "conflict" in widget.message
    (widget, _) = await app.manifests.apply_yaml(MANIFEST, "team-a", force=True)
    assert widget.outcome == "configured"
    del kube


GADGETS = """apiVersion: v1
kind: Namespace
metadata: {name: new-team}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {size: {type: integer}}
---
apiVersion: example.org/v1
kind: Gadget
metadata: {name: one, namespace: new-team}
spec: {size: 1}
---
apiVersion: example.org/v1
kind: Gadget
metadata: {name: one, namespace: new-team}
spec: {size: 2}
"""


async def test_namespace_kind_and_objects_of_it_come_in_one_text(
    app: App, kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    for resource in (
        ("", "namespaces"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("example.org", "gadgets"),
    ):
        await grant(kube.client, "root", ["*"], resource=resource)
    # As a real cluster, which takes a moment to serve a new kind.
    find, left = kube.discovery.find_by_kind, [None] * 2

    async def find_later(api_version: str, kind: str) -> ServedKind | None:
        return (
            left.pop() if kind == "Gadget" and left else await find(api_version, kind)
        )

    monkeypatch.setattr(kube.discovery, "find_by_kind", find_later)
    made = await app.manifests.apply_yaml(GADGETS)
    assert [(each.kind, each.outcome, each.message) for each in made] == [
        ("Namespace", "created", ""),
        ("CustomResourceDefinition", "created", ""),
        ("Gadget", "created", ""),
        ("Gadget", "configured", ""),  # the same object twice: the later one holds
    ]
    again = await app.manifests.apply_yaml(GADGETS)
    assert [each.outcome for each in again[:2]] == ["unchanged", "unchanged"]
    gadgets = KindRef(group="example.org", version="v1", plural="gadgets")
    read = await app.explorer.get(gadgets, "one", "new-team")
    assert read["spec"] == {"size": 2}

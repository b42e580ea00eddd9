"""YAML of several documents, applied by the server: a result for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import JsonValue
from tests.kube.cluster import grant, make_context, prepare

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import Explorer, KindRef, Kube, Manifests
from fairlead.kube.discovery import ServedKind
from fairlead.kube.manifests import KIND_ATTEMPTS

WIDGETS = KindRef(group="example.com", version="v1", plural="widgets")


class App(Router[Context]):
    explorer: Explorer
    manifests: Manifests


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path, identity="impersonate") as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "root", ["*"])
        await grant(kube.client, "root", ["*"], resource=("", "configmaps"))
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "root"))


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


async def test_dry_run_tells_what_would_change(app: App) -> None:
    await app.manifests.apply_yaml(MANIFEST, "team-a")
    grown = MANIFEST.replace("size: 4", "size: 5")
    tried = await app.manifests.apply_yaml(grown, "team-a", dry_run=True)
    assert [each.outcome for each in tried] == ["configured", "unchanged"]


@pytest.mark.parametrize("field", ["name", "namespace"])
async def test_name_that_is_a_number_is_not_passed_over(app: App, field: str) -> None:
    text = MANIFEST.replace("  name: one\n", f"  name: one\n  {field}: 5\n")
    text = text.replace("  name: one\n  name: 5", "  name: 5")
    (widget, settings) = await app.manifests.apply_yaml(text, "team-a")
    assert widget.message == f"metadata.{field} must be text: put it in quotes"
    assert [each.field for each in widget.problems] == [f"metadata.{field}"]
    assert settings.outcome == "created"


async def test_refused_object_of_the_cluster_is_in_no_namespace(app: App) -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: new-team}"
    (made,) = await app.manifests.apply_yaml(text, "team-a")
    assert (made.outcome, made.namespace) == ("failed", None)


async def test_version_of_a_new_kind_that_never_comes_is_waited_for_once(
    app: App, kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    crds = ("apiextensions.k8s.io", "customresourcedefinitions")
    await grant(kube.client, "root", ["*"], resource=crds)
    monkeypatch.setattr("fairlead.kube.manifests.KIND_SECONDS", 0)
    find, asked = kube.discovery.find_by_kind, list[str]()

    async def count(api_version: str, kind: str) -> ServedKind | None:
        asked.append(api_version)
        return await find(api_version, kind)

    monkeypatch.setattr(kube.discovery, "find_by_kind", count)
    definition = GADGETS.split("---\n")[1]
    gadget = "---\napiVersion: example.org/v9\nkind: Gadget\nmetadata: {name: one}\n"
    made = await app.manifests.apply_yaml(definition + gadget * 3, "team-a")
    assert [each.outcome for each in made] == ["created", *["failed"] * 3]
    assert asked.count("example.org/v9") == KIND_ATTEMPTS + 3


async def test_a_large_text_does_not_keep_others_waiting(app: App) -> None:
    text = "a:\n" + " - b\n" * 30_000
    reading = asyncio.ensure_future(app.manifests.apply_yaml(text))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert [each.outcome for each in await reading] == ["failed"]
    assert turns > 10

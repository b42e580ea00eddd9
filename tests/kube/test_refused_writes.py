"""Writes that are refused: who is told what, and that nothing has changed."""

from __future__ import annotations

import pytest
from pydantic import JsonValue
from tests.kube.cluster import (
    Widget,
    grant,
    make_context,
    make_widget,
    prepare,
    send,
)

from fairlead import (
    Context,
    Router,
    TRPCError,
    create_caller,
)
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    InvalidObject,
    Kube,
    Resource,
    ResourceRouter,
    StaleObject,
)
from fairlead.kube.bulk import DeleteTarget
from fairlead.kube.routers import JsonPatchOperation


class Widgets(ResourceRouter[Widget]):
    """All that is derived, nothing else."""


class Gizmo(Resource, group="example.com", version="v1", plural="gizmos"):
    """A kind that the cluster does not serve."""


class Gizmos(ResourceRouter[Gizmo]):
    """All that is derived."""


class CheckedWidgets(ResourceRouter[Widget]):
    """With a check that breaks."""

    async def check_delete(self, name: str, namespace: str | None) -> None:
        if name == "odd":
            raise ValueError(namespace)


class CheckedApp(Router[Context]):
    widgets: CheckedWidgets


class GizmoApp(Router[Context]):
    gizmos: Gizmos


class App(Router[Context]):
    widgets: Widgets


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "root"))


async def test_conflict_is_told_to_who_may_not_read_the_object(
    app: App, kube: Kube
) -> None:
    made = await app.widgets.create(make_widget("x"))
    await grant(kube.client, "bob", ["create", "update"], "team-a")
    bob = create_caller(App, make_context(kube, "bob"))
    made.metadata.resource_version = "1"
    for refused in (bob.widgets.create(make_widget("x")), bob.widgets.update(made)):
        with pytest.raises(StaleObject) as caught:
            await refused
        assert caught.value.current is None


async def test_conflict_shows_nobody_what_only_the_service_may_read(
    cluster: DevCluster,
) -> None:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path, identity="service"
    ) as kube:
        await prepare(kube.client)
        await grant(kube.client, "ann", ["create", "get"], "team-a")
        await grant(kube.client, "bob", ["create"], "team-a")
        ann, bob = (
            create_caller(App, make_context(kube, name)) for name in ("ann", "bob")
        )
        await ann.widgets.create(make_widget("x", 7))
        with pytest.raises(StaleObject) as caught:
            await bob.widgets.create(make_widget("x"))
        assert caught.value.current is None
        with pytest.raises(StaleObject) as caught:
            await ann.widgets.create(make_widget("x"))
        assert caught.value.current is not None
        assert caught.value.current["spec"] == {"size": 7}


async def test_conflict_shows_an_object_that_its_class_would_not_take(
    app: App, kube: Kube
) -> None:
    bare = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}}
    path = "/apis/example.com/v1/namespaces/team-a/widgets"
    await send(kube.client, "POST", path, bare)
    with pytest.raises(StaleObject, match="already exists") as caught:
        await app.widgets.create(make_widget("x"))
    assert caught.value.current is not None
    assert "spec" not in caught.value.current


async def test_precondition_that_is_empty_holds_for_nothing(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    for refused in (
        app.widgets.delete("x", "team-a", uid=""),
        app.widgets.delete("x", "team-a", resource_version=""),
    ):
        with pytest.raises(StaleObject, match="precondition"):
            await refused
    (kept,) = await app.widgets.delete_many(
        [DeleteTarget(name="x", namespace="team-a", uid="")]
    )
    assert (kept.deleted, kept.code) == (False, "CONFLICT")


async def test_kind_that_is_not_served_is_not_told_as_deleted(kube: Kube) -> None:
    await grant(kube.client, "root", ["*"], resource=("example.com", "gizmos"))
    app = create_caller(GizmoApp, make_context(kube, "root"))
    target = DeleteTarget(name="x", namespace="team-a")
    (result,) = await app.gizmos.delete_many([target])
    assert (result.deleted, result.code) == (False, "NOT_FOUND")


async def test_json_patch_that_does_not_fit_says_so(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    missing = JsonPatchOperation(op="remove", path="/spec/nothing")
    with pytest.raises(InvalidObject, match="a step of the patch needs or tests"):
        await app.widgets.json_patch("x", [missing], "team-a")


async def test_number_beyond_all_bounds_does_not_remove_a_field(app: App) -> None:
    read = await app.widgets.create(make_widget("x", 3))
    beyond: dict[str, JsonValue] = {"spec": {"sizes": [{"one": 1e999}]}}
    step = JsonPatchOperation(op="replace", path="/spec/size", value=float("nan"))
    for refused in (
        app.widgets.patch("x", {"spec": {"size": 1e999}}, "team-a"),
        app.widgets.patch("x", beyond, "team-a"),
        app.widgets.json_patch("x", [step], "team-a"),
    ):
        with pytest.raises(TRPCError, match="A number is too large") as caught:
            await refused
        assert caught.value.code == "BAD_REQUEST"
    assert await app.widgets.get("x", "team-a") == read


async def test_check_that_breaks_keeps_its_object_and_no_other(
    app: App, kube: Kube, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "odd", "z"):
        await app.widgets.create(make_widget(name))
    checked = create_caller(CheckedApp, make_context(kube, "root"))
    results = await checked.widgets.delete_many(
        [DeleteTarget(name=name, namespace="team-a") for name in ("a", "odd", "z")]
    )
    assert [each.code for each in results] == [None, "INTERNAL_SERVER_ERROR", None]
    (left,) = (await app.widgets.list_("team-a")).items
    assert left.metadata.name == "odd"
    assert "team-a/odd could not be deleted" in caplog.text

"""Objects that a label protects: no way through the application changes or deletes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

import pytest
from pydantic import JsonValue
from tests.kube.cluster import Widget, grant, make_context, make_widget, prepare

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    Explorer,
    KindRef,
    Kube,
    Manifests,
    Protection,
    ResourceRouter,
)
from fairlead.kube.bulk import DeleteTarget
from fairlead.kube.identity import Identity
from fairlead.kube.routers import JsonPatchOperation

LABEL = "example.com/edit-protection"
WIDGETS = KindRef(group="example.com", version="v1", plural="widgets")
YAML = """
apiVersion: example.com/v1
kind: Widget
metadata: {name: both, namespace: team-a}
spec: {size: 7}
"""


class Widgets(ResourceRouter[Widget]):
    pass


class App(Router[Context]):
    widgets: Widgets
    explorer: Explorer
    manifests: Manifests


@pytest.fixture(params=["impersonate", "service"])
async def kube(request: pytest.FixtureRequest) -> AsyncIterator[Kube]:
    identity: Identity = request.param
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            identity=identity,
            protection=Protection(LABEL),
        ) as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "root", ["*"])
        # The server's own work is not held up.
        server = kube.acting_as_server()
        for name, value in (
            ("both", "update-delete"),
            ("kept", "delete"),
            ("fixed", "update"),
            ("free", None),
        ):
            widget = make_widget(name)
            widget.metadata.labels = {LABEL: value} if value else None
            await server.create(widget)
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "root"))


async def refused(call: Awaitable[object]) -> bool:
    """Is the call refused for the label?"""
    try:
        await call
    except TRPCError as error:
        return error.code == "FORBIDDEN" and LABEL in error.message
    return False


async def test_every_way_to_change_a_protected_object_is_refused(app: App) -> None:
    widget = await app.widgets.get("both", "team-a")
    wire = widget.to_wire()
    patch: dict[str, JsonValue] = {"spec": {"size": 7}}
    step = JsonPatchOperation(op="replace", path="/spec/size", value=7)
    calls: list[Awaitable[object]] = [
        app.widgets.update(widget),
        app.widgets.patch("both", patch, "team-a"),
        app.widgets.json_patch("both", [step], "team-a"),
        app.widgets.server_side_apply(widget, force=True),
        app.explorer.replace(WIDGETS, "both", wire, "team-a"),
        # Nor can the label itself be taken away from here.
        app.widgets.patch("both", {"metadata": {"labels": None}}, "team-a"),
    ]
    assert [await refused(call) for call in calls] == [True] * len(calls)
    applied = await app.manifests.apply_yaml(YAML, "team-a")
    assert applied[0].outcome == "failed"
    assert (await app.widgets.get("both", "team-a")).spec.size == 1


async def test_every_way_to_delete_a_protected_object_is_refused(app: App) -> None:
    assert await refused(app.widgets.delete("both", "team-a"))
    assert await refused(app.explorer.delete(WIDGETS, "both", "team-a"))
    targets = [DeleteTarget(name=name, namespace="team-a") for name in ("both", "free")]
    results = await app.widgets.delete_many(targets)
    assert [each.deleted for each in results] == [False, True]


@pytest.mark.parametrize(
    ("name", "change", "delete"),
    [("kept", False, True), ("fixed", True, False), ("free", False, False)],
)
async def test_the_labels_value_says_what_is_refused(
    app: App, name: str, change: bool, delete: bool
) -> None:
    patch = app.widgets.patch(name, {"spec": {"size": 7}}, "team-a")
    assert await refused(patch) is change
    assert await refused(app.widgets.delete(name, "team-a")) is delete


async def test_protection_from_deletion_is_not_taken_away_first(app: App) -> None:
    gone: dict[str, JsonValue] = {"metadata": {"labels": {LABEL: None}}}
    other: dict[str, JsonValue] = {"metadata": {"labels": {LABEL: "update"}}}
    step = JsonPatchOperation(op="remove", path="/metadata/labels")
    bare = await app.widgets.get("kept", "team-a")
    bare.metadata.labels = None
    calls: list[Awaitable[object]] = [
        app.widgets.patch("kept", gone, "team-a"),
        app.widgets.patch("kept", other, "team-a"),
        app.widgets.json_patch("kept", [step], "team-a"),
        app.widgets.update(bare),
        app.explorer.replace(WIDGETS, "kept", bare.to_wire(), "team-a"),
    ]
    assert [await refused(call) for call in calls] == [True] * len(calls)
    more: dict[str, JsonValue] = {"metadata": {"labels": {"team": "a"}}}
    await app.widgets.patch("kept", more, "team-a")


async def test_what_is_not_there_is_created_or_not_found(app: App) -> None:
    applied = await app.widgets.server_side_apply(make_widget("new"))
    assert applied.metadata.name == "new"
    with pytest.raises(TRPCError) as caught:
        await app.widgets.delete("absent", "team-a")
    assert caught.value.code == "NOT_FOUND"

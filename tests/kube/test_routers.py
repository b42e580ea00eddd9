"""Resource routers in process, against a real dev cluster over TLS."""

from __future__ import annotations

import asyncio

import pytest
from tests.kube.cluster import (
    ConfigMap,
    Widget,
    grant,
    make_context,
    make_widget,
    opened,
    prepare,
)

from fairlead import (
    Context,
    DefinitionError,
    Router,
    TRPCError,
    create_caller,
)
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    Delta,
    InvalidObject,
    Kube,
    ResourceRouter,
    Snapshot,
    StaleObject,
)
from fairlead.kube.bulk import DeleteTarget
from fairlead.kube.routers import JsonPatchOperation


class Widgets(ResourceRouter[Widget]):
    """All that is derived, nothing else."""


class ConfigMaps(ResourceRouter[ConfigMap]):
    """The same of a built-in kind."""


class App(Router[Context]):
    widgets: Widgets
    config_maps: ConfigMaps


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "root"))


async def test_an_object_goes_through_its_whole_life(app: App) -> None:
    made = await app.widgets.create(make_widget("x"))
    assert made.metadata.uid
    assert (await app.widgets.get("x", "team-a")).spec.size == 1
    made.spec.size = 2
    assert (await app.widgets.update(made)).spec.size == 2
    patched = await app.widgets.patch("x", {"spec": {"color": "red"}}, "team-a")
    assert (patched.spec.size, patched.spec.color) == (2, "red")
    listed = await app.widgets.list_("team-a")
    assert [item.metadata.name for item in listed.items] == ["x"]
    assert listed.metadata.resource_version
    await app.widgets.delete("x", "team-a")
    with pytest.raises(TRPCError, match="not found") as caught:
        await app.widgets.get("x", "team-a")
    assert caught.value.code == "NOT_FOUND"


async def test_a_dry_run_changes_nothing(app: App) -> None:
    await app.widgets.create(make_widget("x"), dry_run=True)
    assert (await app.widgets.list_()).items == []


async def test_lists_are_paged_and_selected(app: App) -> None:
    for name in ("x", "y", "z"):
        widget = make_widget(name)
        widget.metadata.labels = {"first": "yes"} if name == "x" else None
        await app.widgets.create(widget)
    page = await app.widgets.list_("team-a", limit=2)
    assert (len(page.items), page.metadata.remaining_item_count) == (2, 1)
    rest = await app.widgets.list_("team-a", limit=2, continue_=page.metadata.continue_)
    assert (len(rest.items), rest.metadata.continue_) == (1, None)
    first = await app.widgets.list_(label_selector="first=yes")
    assert [item.metadata.name for item in first.items] == ["x"]
    one = await app.widgets.list_(field_selector="metadata.name=y")
    assert [item.metadata.name for item in one.items] == ["y"]


async def test_items_of_built_in_lists_carry_their_kind(app: App, kube: Kube) -> None:
    await grant(kube.client, "root", ["create", "list"], None, ("", "configmaps"))
    made = await app.config_maps.create(
        ConfigMap.model_validate(
            {"metadata": {"name": "c", "namespace": "team-a"}, "data": {"k": "v"}}
        )
    )
    listed = await app.config_maps.list_("team-a")
    assert {item.kind for item in listed.items} == {"ConfigMap"}
    assert made in listed.items


async def test_a_stale_update_is_a_conflict_with_the_current_object(app: App) -> None:
    read = await app.widgets.create(make_widget("x"))
    await app.widgets.patch("x", {"spec": {"size": 9}}, "team-a")
    read.spec.size = 2
    with pytest.raises(StaleObject, match="x was changed by somebody else") as caught:
        await app.widgets.update(read)
    assert caught.value.code == "CONFLICT"
    assert caught.value.current is not None
    assert caught.value.current["spec"] == {"size": 9}


async def test_creating_what_is_there_is_a_conflict(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    with pytest.raises(StaleObject, match="already exists"):
        await app.widgets.create(make_widget("x"))


async def test_a_refused_object_names_its_fields(app: App) -> None:
    with pytest.raises(InvalidObject) as caught:
        await app.widgets.create(make_widget("x", size=-1))
    assert caught.value.code == "UNPROCESSABLE_CONTENT"
    assert [cause.field for cause in caught.value.causes] == ["spec.size"]


async def test_a_delete_of_another_object_of_the_same_name_is_refused(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    with pytest.raises(StaleObject):
        await app.widgets.delete("x", "team-a", uid="another")
    assert (await app.widgets.get("x", "team-a")).metadata.name == "x"


async def test_a_watch_follows_the_cluster(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    async with asyncio.timeout(10), opened(app.widgets.watch("team-a")) as frames:
        first = (await anext(frames)).data
        assert isinstance(first, Snapshot)
        assert [item.metadata.name for item in first.items] == ["x"]
        await app.widgets.create(make_widget("elsewhere", namespace="team-b"))
        await app.widgets.create(make_widget("y", size=5))
        second = await anext(frames)
        assert isinstance(second.data, Delta)
        assert [item.spec.size for item in second.data.upserts] == [5]
        await app.widgets.delete("x", "team-a")
        third = (await anext(frames)).data
        assert isinstance(third, Delta)
        assert [gone.name for gone in third.deletes] == ["x"]
    again = app.widgets.watch("team-a", last_event_id=second.id)
    async with asyncio.timeout(10), opened(again) as frames:
        missed = (await anext(frames)).data
        assert isinstance(missed, Delta)
        assert [gone.name for gone in missed.deletes] == ["x"]


async def test_one_object_is_watched_from_birth_to_death(app: App) -> None:
    events = app.widgets.watch_item("x", "team-a")
    async with asyncio.timeout(10), opened(events) as frames:
        first = (await anext(frames)).data
        assert isinstance(first, Snapshot)
        assert first.items == []
        await app.widgets.create(make_widget("other"))
        await app.widgets.create(make_widget("x"))
        second = (await anext(frames)).data
        assert isinstance(second, Delta)
        assert [item.metadata.name for item in second.upserts] == ["x"]
        await app.widgets.delete("x", "team-a")
        third = (await anext(frames)).data
        assert isinstance(third, Delta)
        assert [gone.name for gone in third.deletes] == ["x"]


@pytest.mark.parametrize("namespace", [None, "../x"])
async def test_one_object_is_in_one_namespace(app: App, namespace: str | None) -> None:
    with pytest.raises(TRPCError) as caught:
        await anext(app.widgets.watch_item("x", namespace))
    assert caught.value.code == "BAD_REQUEST"


async def test_many_are_deleted_each_with_its_result(app: App, kube: Kube) -> None:
    for name, namespace in (("x", "team-a"), ("y", "team-a"), ("z", "team-b")):
        await app.widgets.create(make_widget(name, namespace=namespace))
    await grant(kube.client, "bob", ["delete"], "team-a")
    bob = create_caller(App, make_context(kube, "bob"))
    results = await bob.widgets.delete_many(
        [
            DeleteTarget(name="x", namespace="team-a"),
            DeleteTarget(name="y", namespace="team-a", uid="another"),
            DeleteTarget(name="z", namespace="team-b"),
            DeleteTarget(name="", namespace="team-a"),
            DeleteTarget(name="gone", namespace="team-a"),
        ]
    )
    assert [(result.deleted, result.code) for result in results] == [
        (True, None),
        (False, "CONFLICT"),
        (False, "FORBIDDEN"),
        (False, "BAD_REQUEST"),
        (True, None),
    ]
    left = await app.widgets.list_()
    assert sorted(item.metadata.name for item in left.items) == ["y", "z"]


async def test_deletion_of_many_can_be_tried_and_bound_to_a_version(app: App) -> None:
    made = await app.widgets.create(make_widget("x"))
    await app.widgets.create(make_widget("y"))
    items = [
        DeleteTarget(name="x", namespace="team-a", resource_version="1"),
        DeleteTarget(name="y", namespace="team-a"),
    ]
    tried = await app.widgets.delete_many(items, dry_run=True)
    assert [result.code for result in tried] == ["CONFLICT", None]
    assert len((await app.widgets.list_()).items) == 2
    items[0].resource_version = made.metadata.resource_version
    # What waits for its dependents is still there, and says so.
    done = await app.widgets.delete_many(items, propagation_policy="Orphan")
    assert [result.deleted for result in done] == [True, True]
    left = (await app.widgets.list_()).items
    assert all(item.metadata.finalizers == ["orphan"] for item in left)


async def test_rights_are_the_clusters(app: App, kube: Kube) -> None:
    await grant(kube.client, "bob", ["get", "list"], "team-a")
    bob = create_caller(App, make_context(kube, "bob"))
    await app.widgets.create(make_widget("x"))
    assert (await bob.widgets.get("x", "team-a")).metadata.name == "x"
    for refused in (bob.widgets.list_("team-b"), bob.widgets.get("x", "team-b")):
        with pytest.raises(TRPCError, match="You may not") as caught:
            await refused
        assert caught.value.code == "FORBIDDEN"
    with pytest.raises(TRPCError, match="You may not delete widgets"):
        await bob.widgets.delete("x", "team-a")
    with pytest.raises(TRPCError, match="You may not create"):
        await bob.widgets.create(make_widget("y"))
    with pytest.raises(TRPCError, match="You may not watch"):
        await anext(bob.widgets.watch("team-b"))
    permissions = await bob.widgets.permissions("team-a")
    assert permissions.list.allowed
    assert not permissions.delete.allowed
    assert "You may not delete" in (permissions.delete.reason or "")


async def test_nobody_gets_nothing(kube: Kube) -> None:
    nobody = create_caller(App, make_context(kube, None))
    for refused in (nobody.widgets.list_(), nobody.widgets.permissions()):
        with pytest.raises(TRPCError) as caught:
            await refused
        assert caught.value.code == "UNAUTHORIZED"


async def test_as_the_service_the_cluster_is_asked_about_each_user(
    cluster: DevCluster,
) -> None:
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path, identity="service"
    ) as kube:
        await prepare(kube.client)
        await grant(kube.client, "bob", ["list"], "team-a")
        bob = create_caller(App, make_context(kube, "bob"))
        assert (await bob.widgets.list_("team-a")).items == []
        with pytest.raises(TRPCError, match="You may not list"):
            await bob.widgets.list_("team-b")


async def test_without_a_token_nobody_acts_as_a_user(cluster: DevCluster) -> None:
    async with Kube.from_kubeconfig(cluster.kubeconfig_path) as kube:
        bob = create_caller(App, make_context(kube, "bob"))
        with pytest.raises(TRPCError, match="left no token") as caught:
            await bob.widgets.list_("team-a")
        assert caught.value.code == "FORBIDDEN"


def test_a_router_without_its_resource_is_refused() -> None:
    with pytest.raises(DefinitionError, match="does not say which resource"):

        class Nameless(ResourceRouter):  # type: ignore[type-arg] # the mistake itself
            pass


async def test_json_patch_changes_by_steps_or_not_at_all(app: App) -> None:
    await app.widgets.create(make_widget("x", size=1))
    step = JsonPatchOperation
    grown = await app.widgets.json_patch(
        "x",
        [
            step(op="test", path="/spec/size", value=1),
            step(op="replace", path="/spec/size", value=2),
            step(op="add", path="/spec/color", value="blue"),
            step(op="replace", path="/spec/color", value="red"),
        ],
        "team-a",
    )
    assert (grown.spec.size, grown.spec.color) == (2, "red")
    moved = await app.widgets.json_patch(
        "x", [step(op="remove", path="/spec/color")], "team-a", dry_run=True
    )
    assert moved.spec.color is None
    with pytest.raises(TRPCError):
        await app.widgets.json_patch(
            "x",
            [
                step(op="replace", path="/spec/size", value=9),
                step(op="test", path="/spec/color", value="blue"),
            ],
            "team-a",
        )
    now = await app.widgets.get("x", "team-a")
    assert (now.spec.size, now.spec.color) == (2, "red")


async def test_server_side_apply_creates_takes_over_and_gives_up(app: App) -> None:
    made = await app.widgets.server_side_apply(make_widget("x", size=3))
    assert made.spec.size == 3
    other = make_widget("x", size=4)
    with pytest.raises(StaleObject) as conflict:
        await app.widgets.server_side_apply(other, field_manager="somebody-else")
    assert conflict.value.current is not None
    assert conflict.value.current["spec"] == {"size": 3}
    checked = await app.widgets.server_side_apply(
        other, field_manager="somebody-else", force=True, dry_run=True
    )
    assert checked.spec.size == 4
    assert (await app.widgets.get("x", "team-a")).spec.size == 3
    forced = await app.widgets.server_side_apply(
        other, field_manager="somebody-else", force=True
    )
    assert forced.spec.size == 4


async def test_deletion_can_be_tried_without_deleting(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    await app.widgets.delete("x", "team-a", dry_run=True)
    assert (await app.widgets.get("x", "team-a")).metadata.name == "x"


async def test_invalid_object_is_refused_field_by_field_on_every_way(app: App) -> None:
    await app.widgets.create(make_widget("x"))
    wrong = make_widget("x", size=-1)
    step = JsonPatchOperation(op="replace", path="/spec/size", value=-1)
    for call in (
        app.widgets.create(make_widget("y", size=-1), dry_run=True),
        app.widgets.patch("x", {"spec": {"size": -1}}, "team-a"),
        app.widgets.json_patch("x", [step], "team-a"),
        app.widgets.server_side_apply(wrong, force=True),
    ):
        with pytest.raises(InvalidObject) as refused:
            await call
        assert [cause.field for cause in refused.value.causes] == ["spec.size"]

"""Rights as a real dev cluster grants them: round trips, freshness, and what prior art got wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiohttp import web
from tests.kube.cluster import (
    RBAC,
    TOKENS,
    Widget,
    grant,
    make_context,
    make_widget,
    opened,
    prepare,
    send,
)

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.access import Audit, AuditRecord, ResourceAttributes
from fairlead.devcluster import DevCluster
from fairlead.kube import (
    Kube,
    KubeModel,
    Permissions,
    PermissionTarget,
    Resource,
    ResourceRouter,
)
from fairlead.kube.bulk import DeleteTarget
from fairlead.kube.client import KubeClient
from fairlead.kube.kubeconfig import ClusterConfig
from fairlead.kube.reviews import ClusterAuthorizer, ReviewOptions


class NodeSpec(KubeModel):
    pass


class Node(Resource, group="", version="v1", plural="nodes", namespaced=False):
    """A kind of the whole cluster."""

    spec: NodeSpec


class Widgets(ResourceRouter[Widget]):
    subresources: ClassVar = {"status": ("get", "patch")}


class Nodes(ResourceRouter[Node]):
    """What no RoleBinding gives rights on."""


class App(Router[Context]):
    widgets: Widgets
    nodes: Nodes


@pytest.fixture
async def cluster() -> AsyncIterator[DevCluster]:
    async with DevCluster(tokens=TOKENS) as cluster:
        yield cluster


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    # Nothing is polled for and nothing expires: what changes must have been told.
    patient = ReviewOptions(seconds=600, poll_seconds=500, quiet_seconds=600)
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path, identity="impersonate", reviews=patient
    ) as kube:
        await prepare(kube.client)
        yield kube


async def wait_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  it is another process's
            await asyncio.sleep(0.01)


def call_as(kube: Kube, user: str) -> App:
    return create_caller(App, make_context(kube, user))


def allowed_in(permissions: Permissions) -> set[str]:
    found = {
        verb for verb, right in permissions if verb != "subresources" and right.allowed
    }
    for name, verbs in permissions.subresources.items():
        found |= {f"{verb} {name}" for verb, right in verbs.items() if right.allowed}
    return found


async def revoke(kube: Kube, name: str, namespace: str) -> None:
    path = f"{RBAC}/namespaces/{namespace}/rolebindings/{name}"
    await send(kube.client, "DELETE", path)


async def test_all_rights_of_a_view_cost_one_round_trip(kube: Kube) -> None:
    await grant(kube.client, "bob", ["get", "list", "patch"], "team-a")
    await grant(
        kube.client, "bob", ["patch"], "team-a", ("example.com", "widgets/status")
    )
    bob = call_as(kube, "bob")
    found = await bob.widgets.permissions("team-a", name="x")
    assert allowed_in(found) == {"get", "list", "patch", "patch status"}
    assert found.delete.reason == (
        "You may not delete widgets.example.com 'x' in namespace team-a. "
        "To get that right, ask whoever manages RoleBindings in team-a"
    )
    assert kube.authorizer.round_trips == 1
    # Another name, and what a call of the page itself needs, are known by now too.
    await bob.widgets.permissions("team-a", name="y")
    await bob.widgets.list_("team-a")
    assert kube.authorizer.round_trips == 1


async def test_many_objects_cost_one_round_trip_for_each_namespace(kube: Kube) -> None:
    await grant(kube.client, "bob", ["delete"], "team-a")
    bob = call_as(kube, "bob")
    items = [
        PermissionTarget(namespace=namespace, name=f"w{number}")
        for namespace in ("team-a", "team-b")
        for number in range(50)
    ]
    found = await bob.widgets.permissions_of(items)
    assert [(item.namespace, item.name) for item in found] == [
        (item.namespace, item.name) for item in items
    ]
    assert [item.permissions.delete.allowed for item in found] == [True] * 50 + [
        False
    ] * 50
    assert kube.authorizer.round_trips == 2


async def test_rights_on_one_name_are_rights_on_that_name(kube: Kube) -> None:
    meta = {"name": "one", "namespace": "team-a"}
    rule = {
        "apiGroups": ["example.com"],
        "resources": ["widgets"],
        "resourceNames": ["mine"],
        "verbs": ["get", "delete"],
    }
    await grant(kube.client, "bob", ["list"], "team-a")
    path = f"{RBAC}/namespaces/team-a"
    version = "rbac.authorization.k8s.io/v1"
    role = {"apiVersion": version, "kind": "Role", "metadata": meta, "rules": [rule]}
    await send(kube.client, "POST", f"{path}/roles", role)
    binding = {
        "apiVersion": version,
        "kind": "RoleBinding",
        "metadata": meta,
        "subjects": [{"kind": "User", "name": "bob", "apiGroup": RBAC.split("/")[2]}],
        "roleRef": {"apiGroup": RBAC.split("/")[2], "kind": "Role", "name": "one"},
    }
    await send(kube.client, "POST", f"{path}/rolebindings", binding)
    bob = call_as(kube, "bob")
    mine = await bob.widgets.permissions("team-a", name="mine")
    other = await bob.widgets.permissions("team-a", name="other")
    unnamed = await bob.widgets.permissions("team-a")
    assert allowed_in(mine) == {"get", "list", "delete"}
    assert allowed_in(other) == allowed_in(unnamed) == {"list"}


async def test_a_role_binding_gives_nothing_on_kinds_of_the_whole_cluster(
    kube: Kube,
) -> None:
    await grant(kube.client, "bob", ["*"], "team-a", ("*", "*"))
    bob = call_as(kube, "bob")
    assert allowed_in(await bob.nodes.permissions("team-a")) == set()
    assert allowed_in(await bob.nodes.permissions()) == set()
    assert "delete" in allowed_in(await bob.widgets.permissions("team-a"))
    assert allowed_in(await bob.widgets.permissions()) == set()
    with pytest.raises(TRPCError, match="You may not list nodes in all namespaces"):
        await bob.nodes.list_()


async def test_a_refusal_by_the_cluster_ends_what_was_remembered(kube: Kube) -> None:
    await grant(kube.client, "bob", ["get", "delete"], "team-a")
    bob = call_as(kube, "bob")
    assert "delete" in allowed_in(await bob.widgets.permissions("team-a"))
    await revoke(kube, "bob-widgets-get-delete", "team-a")
    # Nobody watches, so the server still believes in it, until the cluster refuses.
    with pytest.raises(TRPCError, match="cannot delete") as caught:
        await bob.widgets.delete("x", "team-a")
    assert caught.value.code == "FORBIDDEN"
    assert allowed_in(await bob.widgets.permissions("team-a")) == set()


async def test_who_follows_rights_is_told_when_roles_change(kube: Kube) -> None:
    await grant(kube.client, "bob", ["list"], "team-a")
    bob = call_as(kube, "bob")
    async with (
        asyncio.timeout(20),
        opened(bob.widgets.watch_permissions("team-a")) as changes,
    ):
        assert allowed_in(await anext(changes)) == {"list"}
        await wait_until(lambda: kube.authorizer.poll_seconds == 600)
        await grant(kube.client, "bob", ["delete"], "team-a")
        assert allowed_in(await anext(changes)) == {"list", "delete"}
        await revoke(kube, "bob-widgets-list", "team-a")
        assert allowed_in(await anext(changes)) == {"delete"}


async def test_an_open_watch_ends_as_soon_as_the_right_to_it_does(kube: Kube) -> None:
    assert kube.options.recheck_seconds > 20  # it is told; it does not happen to ask
    await grant(kube.client, "bob", ["list", "watch"], "team-a")
    context = make_context(kube, "bob")
    records: list[AuditRecord] = []
    context.request.services.add(Audit(records.append))
    bob = create_caller(App, context)
    async with asyncio.timeout(20), opened(bob.widgets.watch("team-a")) as frames:
        await anext(frames)
        await wait_until(lambda: kube.authorizer.poll_seconds == 600)
        await revoke(kube, "bob-widgets-list-watch", "team-a")
        with pytest.raises(TRPCError, match="You may not watch"):
            await anext(frames)
    (record,) = records
    assert (record.path, record.decision) == ("widgets.watch", "denied")
    assert (record.user, record.namespace) == ("bob", "team-a")


async def test_a_refusal_tells_who_follows(kube: Kube) -> None:
    await grant(kube.client, "bob", ["delete"], "team-a")
    blind = ClusterAuthorizer(kube.client, "impersonate", kube.options.reviews)
    bob_context = make_context(kube, "bob")
    bob_context.request.services.add(blind, as_type=ClusterAuthorizer)
    woken = asyncio.Event()
    stop = blind.on_change(bob_context.request, woken.set)
    bob = call_as(kube, "bob")
    with pytest.raises(TRPCError, match="not found"):
        await bob.widgets.delete("x", "team-a")
    assert not woken.is_set()
    await revoke(kube, "bob-widgets-delete", "team-a")
    with pytest.raises(TRPCError, match="cannot delete"):
        await bob.widgets.delete("x", "team-a")
    assert woken.is_set()
    stop()


async def test_where_roles_may_not_be_watched_they_are_polled(
    cluster: DevCluster,
) -> None:
    often = ReviewOptions(seconds=600, poll_seconds=0.05)
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path, identity="impersonate", reviews=often
    ) as kube:
        kube.authorizer = ClusterAuthorizer(kube.client, "impersonate", often)
        await prepare(kube.client)
        await grant(kube.client, "bob", ["list"], "team-a")
        bob = call_as(kube, "bob")
        async with (
            asyncio.timeout(20),
            opened(bob.widgets.watch_permissions("team-a")) as changes,
        ):
            assert allowed_in(await anext(changes)) == {"list"}
            await revoke(kube, "bob-widgets-list", "team-a")
            assert allowed_in(await anext(changes)) == set()


async def test_a_cluster_that_is_away_takes_no_rights_away(tmp_path: Path) -> None:
    often = ReviewOptions(seconds=600, poll_seconds=0.01, quiet_seconds=0.01)
    async with AsyncExitStack() as stack:
        cluster = DevCluster(tmp_path)
        await cluster.start()
        kube = await stack.enter_async_context(
            Kube.from_kubeconfig(
                cluster.kubeconfig_path, identity="impersonate", reviews=often
            )
        )
        await prepare(kube.client)
        await grant(kube.client, "bob", ["list"], "team-a")
        bob = call_as(kube, "bob")
        changes = await stack.enter_async_context(
            opened(bob.widgets.watch_permissions("team-a"))
        )
        assert allowed_in(await anext(changes)) == {"list"}
        await cluster.aclose()
        following = asyncio.ensure_future(anext(changes))
        asked = kube.authorizer.round_trips
        await wait_until(lambda: kube.authorizer.round_trips >= asked + 3)
        assert not following.done()
        following.cancel()
        await asyncio.wait([following])


async def test_bulk_deletion_checks_answers_and_records_each_object(kube: Kube) -> None:
    await grant(kube.client, "root", ["create"])
    await grant(kube.client, "bob", ["delete"], "team-a")
    root = call_as(kube, "root")
    for namespace in ("team-a", "team-b"):
        await root.widgets.create(make_widget("x", namespace=namespace))
    records: list[AuditRecord] = []
    context = make_context(kube, "bob")
    context.request.services.add(Audit(records.append))
    bob = create_caller(App, context)
    results = await bob.widgets.delete_many(
        [
            DeleteTarget(name="x", namespace="team-a"),
            DeleteTarget(name="x", namespace="team-b"),
        ]
    )
    assert [(item.deleted, item.code) for item in results] == [
        (True, None),
        (False, "FORBIDDEN"),
    ]
    shown = {
        (record.decision, record.namespace, record.name, record.verb)
        for record in records
        if record.name
    }
    assert shown == {
        ("allowed", "team-a", "x", "delete"),
        ("denied", "team-b", "x", "delete"),
    }


async def test_incomplete_rules_are_completed_by_access_reviews() -> None:
    """A cluster with a webhook beside RBAC: its rules say less than it allows."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        asked.append(kind)
        spec = json.loads(await request.read())["spec"]
        status: dict[str, Any]
        if kind == "selfsubjectrulesreviews":
            rule = {"verbs": ["get"], "apiGroups": ["apps"], "resources": ["*"]}
            status = {"resourceRules": [rule], "incomplete": True}
        else:
            verb = spec["resourceAttributes"]["verb"]
            status = {"allowed": verb == "patch", "reason": "says the webhook"}
        return web.json_response({"status": status}, status=201)

    application = web.Application()
    application.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    config = ClusterConfig(server=f"http://{host}:{port}")
    async with KubeClient(config) as client:
        engine = ClusterAuthorizer(client, "impersonate")
        rights = [
            ResourceAttributes(verb=verb, group="apps", plural="x", namespace="n")
            for verb in ("get", "patch", "delete")
        ]
        context = make_context(Kube(config), "bob")
        decisions = await engine.review_many(context.request, rights)
        assert [decision.allowed for decision in decisions] == [True, True, False]
        assert "says the webhook" in (decisions[2].reason or "")
    await runner.cleanup()
    assert sorted(asked) == [
        "selfsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
    ]

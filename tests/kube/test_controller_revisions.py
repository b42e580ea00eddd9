"""Revisions of stateful and daemon sets and the way back, as their controllers keep them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.kube.cluster import grant, make_context, prepare, send

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import DaemonSetRouter, Kube, Resource, StatefulSetRouter

APPS = "/apis/apps/v1/namespaces/team-a"


class StatefulSet(Resource, group="apps", version="v1", plural="statefulsets"):
    spec: dict[str, Any]


class DaemonSet(Resource, group="apps", version="v1", plural="daemonsets"):
    spec: dict[str, Any]


class StatefulSets(StatefulSetRouter[StatefulSet]):
    pass


class DaemonSets(DaemonSetRouter[DaemonSet]):
    pass


class App(Router[Context]):
    stateful_sets: StatefulSets
    daemon_sets: DaemonSets


def template(tag: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "db"}},
        "spec": {"containers": [{"name": "db", "image": f"db:{tag}"}]},
    }


async def keep(kube: Kube, kind: str, owner: str, number: int, tag: str) -> None:
    """A revision as a controller writes it: the template as a patch that replaces."""
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": "db", "uid": owner}
    await send(
        kube.client,
        "POST",
        f"{APPS}/controllerrevisions",
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": f"{kind.lower()}-{tag}",
                "labels": {"app": "db"},
                "annotations": {"kubernetes.io/change-cause": f"made {tag}"},
                "ownerReferences": [{**reference, "controller": True}],
            },
            "revision": number,
            "data": {"spec": {"template": {**template(tag), "$patch": "replace"}}},
        },
    )


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path, identity="impersonate") as kube,
    ):
        await prepare(kube.client)
        for plural in ("statefulsets", "daemonsets", "controllerrevisions"):
            await grant(kube.client, "ann", ["*"], None, ("apps", plural))
        await grant(kube.client, "ann", ["patch"], None, ("apps", "statefulsets/scale"))
        for kind in ("StatefulSet", "DaemonSet"):
            spec: dict[str, Any] = {
                "selector": {"matchLabels": {"app": "db"}},
                "template": template("3"),
            }
            if kind == "StatefulSet":
                spec["serviceName"] = "db"
            made = await send(
                kube.client,
                "POST",
                f"{APPS}/{kind.lower()}s",
                {
                    "apiVersion": "apps/v1",
                    "kind": kind,
                    "metadata": {"name": "db"},
                    "spec": spec,
                },
            )
            for number in (1, 2, 3):
                await keep(kube, kind, made["metadata"]["uid"], number, str(number))
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


def choose(app: App, kind: str) -> StatefulSets | DaemonSets:
    return app.stateful_sets if kind == "StatefulSet" else app.daemon_sets


KINDS = pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])


@KINDS
async def test_revisions_are_those_that_the_set_owns(app: App, kind: str) -> None:
    # Those of the other set wear the same labels.
    found = await choose(app, kind).revisions("db", "team-a")
    assert [
        (each.revision, each.images, each.change_cause, each.current) for each in found
    ] == [
        (3, ["db:3"], "made 3", True),
        (2, ["db:2"], "made 2", False),
        (1, ["db:1"], "made 1", False),
    ]


@KINDS
@pytest.mark.parametrize(("revision", "image"), [(None, "db:2"), (1, "db:1")])
async def test_rollback_gives_the_pods_an_old_state(
    app: App, kind: str, revision: int | None, image: str
) -> None:
    router = choose(app, kind)
    tried = await router.rollback("db", revision, "team-a", dry_run=True)
    assert tried.spec["template"]["spec"]["containers"][0]["image"] == image
    kept = await router.get("db", "team-a")
    assert kept.spec["template"]["spec"]["containers"][0]["image"] == "db:3"
    done = await router.rollback("db", revision, "team-a")
    assert done.spec["template"]["spec"]["containers"][0]["image"] == image
    assert "$patch" not in done.spec["template"]


@pytest.mark.parametrize(
    ("revision", "code", "message"),
    [
        (9, "NOT_FOUND", "keeps no revision 9; it has: 3, 2, 1"),
        (3, "PRECONDITION_FAILED", "is at revision 3"),
    ],
)
async def test_revision_that_will_not_do(
    app: App, revision: int, code: str, message: str
) -> None:
    with pytest.raises(TRPCError, match=message) as caught:
        await app.stateful_sets.rollback("db", revision, "team-a")
    assert caught.value.code == code


async def test_sets_are_restarted_and_stateful_ones_scaled(app: App) -> None:
    await app.stateful_sets.scale("db", 4, "team-a")
    restarted = await app.stateful_sets.restart("db", "team-a")
    assert restarted.spec["replicas"] == 4
    for made in (restarted, await app.daemon_sets.restart("db", "team-a")):
        annotations = made.spec["template"]["metadata"]["annotations"]
        assert "kubectl.kubernetes.io/restartedAt" in annotations


async def test_rollback_needs_the_right_to_list_revisions(kube: Kube) -> None:
    await grant(kube.client, "bob", ["get", "patch"], None, ("apps", "daemonsets"))
    app = create_caller(App, make_context(kube, "bob"))
    with pytest.raises(TRPCError, match="controllerrevisions") as caught:
        await app.daemon_sets.rollback("db", None, "team-a")
    assert caught.value.code == "FORBIDDEN"

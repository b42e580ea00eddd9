"""Revisions of a deployment and the way back, with replica sets as a cluster keeps them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.kube.cluster import grant, make_context, prepare, send

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import DeploymentRouter, Kube, Resource

APPS = "/apis/apps/v1/namespaces/team-a"
REVISION = "deployment.kubernetes.io/revision"


class Deployment(Resource, group="apps", version="v1", plural="deployments"):
    spec: dict[str, Any]


class Deployments(DeploymentRouter[Deployment]):
    pass


class App(Router[Context]):
    deployments: Deployments


def template(tag: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "web", **labels}},
        "spec": {"containers": [{"name": "web", "image": f"web:{tag}"}]},
    }


async def add_replica_set(
    kube: Kube, name: str, revision: int, owner: str, spec: dict[str, Any]
) -> None:
    await send(
        kube.client,
        "POST",
        f"{APPS}/replicasets",
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": name,
                "labels": {"app": "web", "pod-template-hash": name},
                "annotations": {REVISION: str(revision)},
                "ownerReferences": [
                    {
                        "apiVersion": "apps/v1",
                        "kind": "Deployment",
                        "name": "web",
                        "uid": owner,
                        "controller": True,
                    }
                ],
            },
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "web", "pod-template-hash": name}},
                "template": spec,
            },
        },
    )


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path, identity="impersonate") as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "ann", ["*"], None, ("apps", "deployments"))
        await grant(kube.client, "ann", ["list"], None, ("apps", "replicasets"))
        made = await send(
            kube.client,
            "POST",
            f"{APPS}/deployments",
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web", "annotations": {REVISION: "3"}},
                "spec": {
                    "selector": {"matchLabels": {"app": "web"}},
                    "template": template("3"),
                },
            },
        )
        uid = made["metadata"]["uid"]
        for number in (1, 2, 3):
            spec = template(str(number), **{"pod-template-hash": f"web-{number}"})
            await add_replica_set(kube, f"web-{number}", number, uid, spec)
        stranger = template("evil", **{"pod-template-hash": "stranger"})
        await add_replica_set(kube, "stranger", 9, "somebody-else", stranger)
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


async def test_revisions_are_those_of_its_own_replica_sets(app: App) -> None:
    found = await app.deployments.revisions("web", "team-a")
    assert [(each.revision, each.images, each.current) for each in found] == [
        (3, ["web:3"], True),
        (2, ["web:2"], False),
        (1, ["web:1"], False),
    ]


@pytest.mark.parametrize(("revision", "image"), [(None, "web:2"), (1, "web:1")])
async def test_rollback_gives_the_pods_an_old_state(
    app: App, revision: int | None, image: str
) -> None:
    done = await app.deployments.rollback("web", revision, "team-a")
    spec = done.spec["template"]
    assert spec["spec"]["containers"][0]["image"] == image
    # The label by which replica sets tell their pods apart would make the new one wrong.
    assert spec["metadata"]["labels"] == {"app": "web"}


async def test_rollback_can_be_tried(app: App) -> None:
    tried = await app.deployments.rollback("web", 1, "team-a", dry_run=True)
    assert tried.spec["template"]["spec"]["containers"][0]["image"] == "web:1"
    kept = await app.deployments.get("web", "team-a")
    assert kept.spec["template"]["spec"]["containers"][0]["image"] == "web:3"


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
        await app.deployments.rollback("web", revision, "team-a")
    assert caught.value.code == code


async def test_rollback_needs_the_right_to_patch_and_to_list_replica_sets(
    kube: Kube,
) -> None:
    await grant(kube.client, "bob", ["get", "patch"], None, ("apps", "deployments"))
    app = create_caller(App, make_context(kube, "bob"))
    with pytest.raises(TRPCError, match="replicasets") as caught:
        await app.deployments.rollback("web", None, "team-a")
    assert caught.value.code == "FORBIDDEN"

"""Revisions of a deployment and the way back, with replica sets as a cluster keeps them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from tests.kube.cluster import grant, make_context, prepare, send

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import DeploymentRouter, Kube, Resource
from fairlead.kube.client import KubeRequest
from fairlead.kube.rollouts import Workload

APPS = "/apis/apps/v1/namespaces/team-a"
REVISION = "deployment.kubernetes.io/revision"


class Deployment(Resource, group="apps", version="v1", plural="deployments"):
    spec: dict[str, Any]


class Deployments(DeploymentRouter[Deployment]):
    pass


async def change(kube: Kube, part: str, patch: dict[str, Any]) -> None:
    request = KubeRequest(
        method="PATCH",
        path=f"{APPS}/deployments/web{part}",
        credentials=kube.client.server_credentials,
        body=json.dumps(patch).encode(),
        content_type="application/merge-patch+json",
    )
    await kube.client.send(request)


class BusyDeployments(DeploymentRouter[Deployment]):
    """Between its reading and its writing, a controller reports; or somebody changes the spec."""

    part: ClassVar[str] = "/status"
    patch_: ClassVar[dict[str, Any]] = {"status": {"replicas": 1}}

    async def _replica_sets(
        self, deployment: Workload, namespace: str | None
    ) -> list[Workload]:
        kube = self.ctx.request.services.get(Kube)
        await change(kube, self.part, self.patch_)
        return await super()._replica_sets(deployment, namespace)


class ContestedDeployments(BusyDeployments):
    """The latter."""

    part = ""
    patch_: ClassVar[dict[str, Any]] = {"spec": {"minReadySeconds": 5}}


class App(Router[Context]):
    deployments: Deployments
    busy: BusyDeployments
    contested: ContestedDeployments


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


async def test_report_of_a_controller_does_not_stop_a_rollback(app: App) -> None:
    done = await app.busy.rollback("web", 1, "team-a")
    assert done.spec["template"]["spec"]["containers"][0]["image"] == "web:1"


async def test_rollback_overwrites_nothing_that_is_changed_meanwhile(app: App) -> None:
    with pytest.raises(TRPCError, match="web was changed by somebody else") as caught:
        await app.contested.rollback("web", 1, "team-a")
    assert caught.value.code == "CONFLICT"
    kept = await app.deployments.get("web", "team-a")
    assert kept.spec["template"]["spec"]["containers"][0]["image"] == "web:3"


async def test_paused_deployment_is_neither_rolled_back_nor_restarted(
    app: App, kube: Kube
) -> None:
    await change(kube, "", {"spec": {"paused": True}})
    for refused in (
        app.deployments.rollback("web", 1, "team-a"),
        app.deployments.restart("web", "team-a"),
    ):
        with pytest.raises(TRPCError, match="web is paused: resume it first") as caught:
            await refused
        assert caught.value.code == "PRECONDITION_FAILED"

"""Failures of prior art that no other file tests: docs/kube.md names them by their numbers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from tests.kube.cluster import Widget, make_context, make_widget, opened, prepare, send

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube, KubeError, ResourceRouter
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.kubeconfig import ClusterConfig
from portal.routers import GitServers
from portal.routers.git_servers import Credentials, NewGitServer

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"
Handler = Callable[[web.BaseRequest], Awaitable[web.Response]]
NAME = "José Žák 日本 🚀 \u2028"


class Widgets(ResourceRouter[Widget]):
    """All that is derived."""


class App(Router[Context]):
    widgets: Widgets
    git_servers: GitServers


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path, identity="service") as kube,
    ):
        await prepare(kube.client)
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube))


async def define_git_servers(kube: Kube) -> None:
    definition = yaml.safe_load((CRDS / "gitservers.yaml").read_text())
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await send(kube.client, "POST", path, definition)


async def test_text_of_any_language_arrives_as_it_was_sent(app: App) -> None:
    """W27: UTF-8 taken for Latin-1."""
    draft = make_widget("w")
    draft.spec.color = NAME
    made = await app.widgets.create(draft)
    read = await app.widgets.get("w", "team-a")
    listed = (await app.widgets.list_(namespace="team-a")).items[0]
    async with (
        asyncio.timeout(10),
        opened(app.widgets.watch(namespace="team-a")) as frames,
    ):
        frame = (await anext(frames)).data
        while frame.type != "snapshot":
            frame = (await anext(frames)).data
    watched = frame.items[0]
    assert [one.spec.color for one in (made, read, listed, watched)] == [NAME] * 4


async def test_a_cluster_that_points_elsewhere_is_not_followed() -> None:
    """W32: a server that goes where others send it, with its credentials."""
    visits: list[web.BaseRequest] = []

    async def note(request: web.BaseRequest) -> web.Response:
        visits.append(request)
        return web.json_response({})

    elsewhere = TestServer(_app(note), port=0)
    await elsewhere.start_server()

    async def redirect(request: web.BaseRequest) -> web.Response:
        del request
        return web.Response(
            status=307, headers={"Location": str(elsewhere.make_url("/"))}
        )

    pointing = TestServer(_app(redirect), port=0)
    await pointing.start_server()
    try:
        config = ClusterConfig(server=str(pointing.make_url("")).rstrip("/"), token="t")
        async with KubeClient(config) as client:
            for method in ("GET", "POST"):
                request = KubeRequest(
                    method=method,
                    path="/api/v1/namespaces",
                    credentials=client.server_credentials,
                    body=b"{}" if method == "POST" else None,
                )
                with pytest.raises(KubeError, match="points somewhere else"):
                    await client.send(request)
            opening = KubeRequest(
                method="GET",
                path="/api/v1/namespaces/a/pods/b/exec",
                credentials=client.server_credentials,
            )
            with pytest.raises(KubeError, match="points somewhere else"):
                await client.connect(opening, ["v5.channel.k8s.io"])
    finally:
        await pointing.close()
        await elsewhere.close()
    assert visits == []


async def test_connecting_a_git_server_goes_to_no_address(kube: Kube, app: App) -> None:
    """W32: an address that a caller names is kept, never tried out by the server."""
    visits: list[object] = []

    async def note(reader: object, writer: asyncio.StreamWriter) -> None:
        visits.append(reader)
        writer.close()

    await define_git_servers(kube)
    async with await asyncio.start_server(note, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        await app.git_servers.connect(make_server("probe", https_port=port))
        await asyncio.sleep(0)
    assert visits == []


async def test_an_object_with_a_generated_name_is_told_by_it(app: App) -> None:
    """W33: what was sent is shown as what was made."""
    draft = make_widget("")
    draft.metadata.generate_name = "run-"
    made = await app.widgets.create(draft)
    assert made.metadata.name.startswith("run-")
    assert await app.widgets.get(made.metadata.name, "team-a") == made


async def test_what_others_made_is_not_taken_back(kube: Kube, app: App) -> None:
    """W34: a failed creation deletes an object of somebody else's."""
    await define_git_servers(kube)
    secrets = "/api/v1/namespaces/team-a/secrets"
    theirs: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ci-shared"},
        "stringData": {"token": "theirs"},
    }
    kept = await send(kube.client, "POST", secrets, theirs)
    with pytest.raises(TRPCError) as caught:
        await app.git_servers.connect(make_server("shared"))
    assert caught.value.code == "CONFLICT"
    found = await send(kube.client, "GET", f"{secrets}/ci-shared")
    assert found["metadata"]["uid"] == kept["metadata"]["uid"]
    assert found["data"] == kept["data"]


async def test_what_was_made_before_a_failure_is_taken_back(
    kube: Kube, app: App
) -> None:
    """W34: half of a composite is left behind."""
    await define_git_servers(kube)
    await app.git_servers.connect(make_server("taken"))
    secrets = "/api/v1/namespaces/team-a/secrets"
    await send(kube.client, "DELETE", f"{secrets}/ci-taken")
    with pytest.raises(TRPCError) as caught:  # the server is there, its Secret is not
        await app.git_servers.connect(make_server("taken"))
    assert caught.value.code == "CONFLICT"
    left = await send(kube.client, "GET", secrets)
    assert "ci-taken" not in [each["metadata"]["name"] for each in left["items"]]
    assert (await app.git_servers.get("taken", "team-a")).spec.git_host == HOST


HOST = "127.0.0.1"


def make_server(name: str, https_port: int = 443) -> NewGitServer:
    return NewGitServer(
        name=name,
        namespace="team-a",
        host=HOST,
        provider="github",
        https_port=https_port,
        credentials=Credentials(ssh_key=SecretStr("k"), token=SecretStr("t")),
    )


def _app(handler: Handler) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    return application

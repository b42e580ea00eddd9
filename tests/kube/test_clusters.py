"""Several clusters behind one application, over the wire: each request names its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.asgi.harness import Socket, open_http, to_input
from tests.kube.cluster import Widget, grant, make_widget, prepare, send

from fairlead import Context, DefinitionError, Fairlead, Router, User
from fairlead.auth import FixedUser
from fairlead.devcluster import DevCluster
from fairlead.kube import ClusterNames, Clusters, Kube, ResourceRouter


class Widgets(ResourceRouter[Widget]):
    pass


class App(Router[Context]):
    widgets: Widgets
    clusters: ClusterNames


@pytest.fixture
async def clusters() -> AsyncIterator[Clusters]:
    async with DevCluster() as east, DevCluster() as west:
        kubes = {
            "east": Kube.from_kubeconfig(east.kubeconfig_path, identity="impersonate"),
            "west": Kube.from_kubeconfig(west.kubeconfig_path, identity="impersonate"),
        }
        async with Clusters(kubes) as clusters:
            for name, kube in kubes.items():
                await prepare(kube.client)
                body = make_widget(f"in-{name}").to_wire()
                path = "/apis/example.com/v1/namespaces/team-a/widgets"
                await send(kube.client, "POST", path, body)
            # The user has rights in the west alone.
            await grant(kubes["west"].client, "ann", ["*"])
            yield clusters


@pytest.fixture
def app(clusters: Clusters) -> Fairlead:
    return Fairlead(App, kube=clusters, auth=FixedUser(User(name="ann")))


@pytest.fixture
async def client(app: Fairlead) -> AsyncIterator[httpx.AsyncClient]:
    async with open_http(app) as client:
        client.headers["host"] = "localhost"
        yield client


async def list_widgets(
    client: httpx.AsyncClient, headers: Mapping[str, str]
) -> tuple[int, Any]:
    value = to_input({"namespace": "team-a"})
    answer = await client.get(f"/trpc/widgets.list?input={value}", headers=headers)
    return answer.status_code, answer.json()


async def test_request_reaches_the_cluster_it_names_with_the_rights_there(
    client: httpx.AsyncClient,
) -> None:
    status, found = await list_widgets(client, {"x-fairlead-cluster": "west"})
    assert status == 200
    names = [item["metadata"]["name"] for item in found["result"]["data"]["items"]]
    assert names == ["in-west"]
    for headers in ({}, {"x-fairlead-cluster": "east"}):
        status, refused = await list_widgets(client, headers)
        assert status == 403, refused


async def test_cluster_that_is_not_there_is_told(client: httpx.AsyncClient) -> None:
    status, refused = await list_widgets(client, {"x-fairlead-cluster": "north"})
    assert status == 404
    assert "there are: east, west" in refused["error"]["message"]


async def test_names_are_there_for_a_switch(client: httpx.AsyncClient) -> None:
    answer = await client.get("/trpc/clusters.list")
    assert answer.json()["result"]["data"] == ["east", "west"]


async def test_socket_is_of_the_cluster_in_its_connection_parameters(
    app: Fairlead,
) -> None:
    socket = Socket(
        app,
        client="127.0.0.1",
        query=b"connectionParams=1",
        headers=((b"host", b"localhost"),),
    )
    socket.say({"method": "connectionParams", "data": {"cluster": "west"}})
    socket.subscribe(1, "widgets.watch", {"namespace": "team-a"})
    started = await socket.hear()
    assert started["result"]["type"] == "started"
    frame = (await socket.hear())["result"]["data"]["data"]
    names = [item["metadata"]["name"] for item in frame["items"]]
    assert names == ["in-west"]
    await socket.leave()


def test_no_cluster_at_all_is_refused() -> None:
    with pytest.raises(DefinitionError, match="name at least one"):
        Clusters({})


async def test_clusters_are_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DevCluster(tmp_path / "east") as east, DevCluster() as west:
        files = f"{east.kubeconfig_path}:{west.kubeconfig_path}"
        monkeypatch.setenv("KUBECONFIG", files)
        monkeypatch.setenv("FAIRLEAD_CLUSTERS", f"admin, west={west.kubeconfig_path}")
        async with Clusters.from_env(identity="impersonate") as clusters:
            assert clusters.names == ("admin", "west")
            # A context of KUBECONFIG, whose first file wins; and a file of its own.
            assert clusters.get("admin").client.config.server == east.url
            assert clusters.get("west").client.config.server == west.url


@pytest.mark.parametrize("text", ["", "east=", "=file", "east,east"])
def test_clusters_that_cannot_be_told_apart_are_refused(text: str) -> None:
    with pytest.raises(DefinitionError, match=r"no cluster"):
        Clusters.from_env(text)


async def test_names_are_none_where_there_is_one_cluster_without_a_name() -> None:
    async with DevCluster() as only:
        kube = Kube.from_kubeconfig(only.kubeconfig_path, identity="impersonate")
        app = Fairlead(App, kube=kube, auth=FixedUser(User(name="ann")))
        async with open_http(app) as client:
            client.headers["host"] = "localhost"
            answer = await client.get("/trpc/clusters.list")
    assert answer.json()["result"]["data"] == []


async def test_metrics_show_the_feeds_of_all_clusters(app: Fairlead) -> None:
    async with open_http(app) as client:
        answer = await client.get("/metrics")
    assert "fairlead_feeds" in answer.text

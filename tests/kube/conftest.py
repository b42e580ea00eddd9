"""Clusters for the tests of the Kubernetes layer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.kube.apiserver import ApiServer, serve_api
from tests.kube.cluster import TOKENS, grant, prepare

from fairlead.devcluster import DevCluster
from fairlead.kube import Kube
from fairlead.kube.client import ClientOptions, KubeClient
from fairlead.kube.feed import FeedOptions
from fairlead.kube.hub import Hub, HubOptions

QUICK = FeedOptions(
    first_wait=0.01, max_wait=0.05, stale_after=0.02, linger=0.05, poll_seconds=0.02
)


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with serve_api() as server:
        yield server


@pytest.fixture
async def client(api: ApiServer) -> AsyncIterator[KubeClient]:
    async with KubeClient(api.config, ClientOptions(backoff=0.01)) as client:
        yield client


@pytest.fixture
async def hub(client: KubeClient) -> AsyncIterator[Hub]:
    hub = Hub(client, HubOptions(feed=QUICK))
    yield hub
    await hub.aclose()


@pytest.fixture
async def cluster() -> AsyncIterator[DevCluster]:
    """A dev cluster that knows the tokens of users."""
    async with DevCluster(tokens=TOKENS) as cluster:
        yield cluster


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    """As its users see it: widgets in two namespaces, and `root` may do all with them."""
    async with Kube.from_kubeconfig(
        cluster.kubeconfig_path, identity="impersonate"
    ) as kube:
        await prepare(kube.client)
        await grant(kube.client, "root", ["*"])
        yield kube

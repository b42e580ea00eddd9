"""Clusters for the tests of the Kubernetes layer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.kube.apiserver import ApiServer, serve_api

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

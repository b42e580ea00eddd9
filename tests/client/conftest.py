"""Servers to call: Fairlead under uvicorn, and tRPC's own, with the same router."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.client.servers import serve_fairlead, serve_trpc


@pytest.fixture(scope="session")
def fairlead_server() -> Iterator[str]:
    with serve_fairlead() as url:
        yield url


@pytest.fixture(scope="session")
def trpc_server() -> Iterator[str]:
    with serve_trpc() as url:
        yield url


@pytest.fixture(params=["fairlead", pytest.param("trpc", marks=pytest.mark.node)])
def server(request: pytest.FixtureRequest) -> str:
    """The base URL of a server with all mounts of the conformance router."""
    url: str = request.getfixturevalue(f"{request.param}_server")
    return url

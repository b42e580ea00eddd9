"""Stores on real servers, and a real provider."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.auth.provider import RunningProvider, run_provider
from tests.auth.servers import run_postgres, run_redis

KINDS = ("sqlite", "redis", "postgres")


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """URLs of a Redis and a PostgreSQL server, for as long as the tests run."""
    with (
        tempfile.TemporaryDirectory() as redis,
        tempfile.TemporaryDirectory() as postgres,
    ):
        Path(postgres).chmod(0o755)
        with run_redis(Path(redis)) as one, run_postgres(Path(postgres)) as other:
            yield {"redis": one, "postgres": other}


@pytest.fixture(params=KINDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """One store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/sessions.db"
    urls: dict[str, str] = request.getfixturevalue("servers")
    return urls[request.param]


@pytest.fixture
async def provider() -> AsyncIterator[RunningProvider]:
    async with run_provider() as running:
        yield running

"""What a session leaves in its store."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.auth.provider import RunningProvider
from tests.auth.replicas import (
    Browser,
    make_grant,
    open_replica,
)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path}/sessions.db"


def _client() -> Any:
    from fairlead.auth.sign_in import Client  # noqa: PLC0415

    return Client("127.0.0.1", "a test")


async def test_nothing_readable_is_stored(
    provider: RunningProvider, sqlite_url: str, tmp_path: Path
) -> None:
    """W22: no token, no name; and no session for somebody who has not signed in."""
    async with (
        open_replica(provider, sqlite_url) as replica,
        Browser.open(replica) as ann,
    ):
        async with ann.session.get(
            f"{replica.url}/auth/sign-in", allow_redirects=False
        ) as response:
            assert response.status == 303
        assert count_rows(tmp_path) == 0
        grant = await make_grant(provider, sign_in=replica.sign_in)
        value = await replica.sign_in.start_session(grant, _client())
        stored = read_files(tmp_path)
        secrets_ = [value, *msgspec.structs.astuple(grant.tokens), "Ada Admin"]
        for secret in secrets_:
            if isinstance(secret, str):
                assert secret.encode() not in stored
        assert count_rows(tmp_path) == 1


def read_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("sessions.db*"))


def count_rows(folder: Path) -> int:
    with sqlite3.connect(folder / "sessions.db") as db:
        (count,) = db.execute("SELECT count(*) FROM sessions").fetchone()
    db.close()
    return int(count)

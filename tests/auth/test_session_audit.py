"""The end of a session in the audit."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest
from tests.auth.provider import RunningProvider
from tests.auth.replicas import Browser, open_replica, read_to_the_end
from tests.auth.test_sessions import subscribe_by_sse


async def test_what_a_session_that_ends_cuts_short_is_recorded_once(
    provider: RunningProvider, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fairlead.audit")
    async with (
        open_replica(provider, f"sqlite:{tmp_path}/sessions.db") as replica,
        Browser.open(replica) as ann,
    ):
        await ann.sign_in()
        socket_ = await ann.subscribe()
        stream = await subscribe_by_sse(ann)
        caplog.clear()
        await ann.sign_out()
        async with asyncio.timeout(10):
            await read_to_the_end(socket_)
            await stream.read()
    records = [json.loads(record.getMessage()) for record in caplog.records]
    cut = [each for each in records if each["code"] == "UNAUTHORIZED"]
    assert [(each["path"], each["kind"]) for each in cut] == [
        ("ticks", "subscription"),
        ("ticks", "subscription"),
    ]
    assert {each["transport"] for each in cut} == {"http", "websocket"}
    assert all(each["user"] and "has ended" in each["reason"] for each in cut)

"""The applications of docs/examples, served by uvicorn and called by the official client."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from tests.conformance.wait import find_port

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "docs/examples"


@pytest.mark.node
@pytest.mark.parametrize("name", ["fastapi", "starlette", "litestar"])
async def test_the_official_client_calls_an_example(name: str) -> None:
    port = find_port()
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), f"mounted_{name}:app", "--port", str(port), "--log-level", "warning"]  # fmt: skip
    server = await asyncio.create_subprocess_exec(*command)
    client = await asyncio.create_subprocess_exec(
        "node", str(HERE / "mounted_client.mjs"), str(port), stdout=PIPE
    )
    try:
        async with asyncio.timeout(60):
            output, _ = await client.communicate()
    finally:
        for process in (server, client):
            if process.returncode is None:
                process.terminate()
                await process.wait()

    assert json.loads(output) == {
        "own": "own",
        "ready": 200,
        "query": "hello ann",
        "batch": ["hello world", "hello world"],
        "events": [1, 2],
        "socket": ["hello ws", 1, 2],
    }

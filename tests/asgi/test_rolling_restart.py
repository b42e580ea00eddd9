"""A process replaces another while the official client goes on: nothing is lost."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

HERE = Path(__file__).parent


async def start_server(sock: socket.socket, name: str) -> Process:
    command = [
        sys.executable,
        "-m",
        "tests.asgi.rolling_server",
        str(sock.fileno()),
        name,
    ]
    server = await asyncio.create_subprocess_exec(
        *command, pass_fds=[sock.fileno()], cwd=HERE.parents[1], stdout=PIPE
    )
    await hear(server, "ready")
    return server


async def hear(client: Process, *lines: str) -> None:
    """Waits until the client has printed all of these."""
    assert client.stdout is not None
    missing = set(lines)
    while missing:
        line = (await client.stdout.readline()).decode().strip()
        assert line, f"the client ended before {missing}"
        missing.discard(line)


@pytest.mark.node
async def test_no_call_is_lost_when_one_process_replaces_another() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(256)
        old = await start_server(sock, "old")
        client = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "rolling_client.mjs"),
            str(sock.getsockname()[1]),
            stdin=PIPE,
            stdout=PIPE,
        )
        try:
            async with asyncio.timeout(60):
                await hear(client, "events old", "socket old", "http old")
                new = await start_server(sock, "new")
                old.terminate()
                assert await old.wait() == 0
                await hear(client, "events new", "socket new", "http new")
                output, _ = await client.communicate(b"stop\n")
                new.terminate()
                assert await new.wait() == 0
        finally:
            for process in (old, client):
                if process.returncode is None:
                    process.kill()

    summary = json.loads(output.decode().splitlines()[-1])
    assert summary["failures"] == []
    assert summary["gaps"] == 0
    assert summary["calls"] > 20

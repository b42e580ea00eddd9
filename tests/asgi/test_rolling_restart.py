"""A process replaces another while the official client goes on: nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

HERE = Path(__file__).parent


async def start_server(module: str, listens_at: int, name: str) -> Process:
    """`listens_at` is a socket that processes share, or a port that each binds itself."""
    command = [sys.executable, "-m", f"tests.asgi.{module}", str(listens_at)]
    server = await asyncio.create_subprocess_exec(
        *command,
        pass_fds=[listens_at] if module == "rolling_server" else [],
        cwd=HERE.parents[1],
        env={**os.environ, "ROLLING_NAME": name},
        stdout=PIPE,
    )
    async with asyncio.timeout(60):
        await hear(server, "started", "ready")
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
@pytest.mark.parametrize("module", ["rolling_server", "rolling_granian"])
async def test_no_call_is_lost_when_one_process_replaces_another(module: str) -> None:
    with socket.socket() as sock:
        # granian's processes bind the port themselves, all with this option.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", 0))
        listens_at = sock.getsockname()[1]
        if module == "rolling_server":
            sock.listen(256)
            listens_at = sock.fileno()
        old = await start_server(module, listens_at, "old")
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
                new = await start_server(module, listens_at, "new")
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
    lost = list(summary["failures"])
    if module == "rolling_granian":
        # It takes new connections until its socket closes, and those that wait there are reset.
        lost = [failure for failure in lost if failure != "http: fetch failed"]
    assert lost == []
    assert summary["gaps"] == 0
    assert summary["calls"] > 20

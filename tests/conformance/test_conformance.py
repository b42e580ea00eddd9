"""The wire cases of the conformance kit, on uvicorn; run.sh does it all on two servers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.wait import wait_until_served

KIT = Path(__file__).parent / "kit"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.conformance.serve", "--port", str(number)]
    with subprocess.Popen(command, cwd=KIT.parents[2]) as server:
        wait_until_served(number)
        yield number
        server.terminate()


def test_every_wire_case_is_answered_as_trpc_answers(port: int) -> None:
    command = [
        sys.executable,
        str(KIT / "run_wire.py"),
        "--golden",
        str(KIT / "golden/open"),
    ]
    command += [
        "--cases",
        str(KIT / "cases/open"),
        "--candidate",
        f"http://127.0.0.1:{port}",
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.endswith("298 passed, 0 failed\n"), done.stdout


@pytest.mark.node
@pytest.mark.parametrize("link", ["http", "batch", "stream", "ws", "sse"])
def test_the_official_client_cannot_tell_the_difference(port: int, link: str) -> None:
    command = ["node", "--test", "--test-concurrency=1", f"client/open/{link}.test.mjs"]

    done = subprocess.run(
        command,
        cwd=KIT,
        env={"TRPC_URL": f"http://127.0.0.1:{port}", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.node
def test_react_query_and_the_links_beyond_the_kit_work_unmodified(port: int) -> None:
    command = ["node", "--test", "--test-timeout=60000", "client/more.test.mjs"]

    done = subprocess.run(
        command,
        cwd=KIT.parent,
        env={"TRPC_URL": f"http://127.0.0.1:{port}", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout

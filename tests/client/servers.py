"""Starts the conformance servers as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
KIT = ROOT / "tests" / "conformance" / "kit"
START_SECONDS = 30.0


def find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def _serve(
    command: Sequence[str], port: int, environment: Mapping[str, str]
) -> Generator[str]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _accepts(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not serve: {process.poll()}")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serve_fairlead() -> Generator[str]:
    port = find_free_port()
    command = [sys.executable, "-m", "tests.conformance.serve", "--port", str(port)]
    with _serve(command, port, {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}) as url:
        yield url


@contextmanager
def serve_trpc() -> Generator[str]:
    port = find_free_port()
    command = ["node", str(KIT / "reference" / "server.mjs")]
    with _serve(command, port, {"PORT": str(port)}) as url:
        yield url

"""Real Redis and PostgreSQL servers, each on a port and in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["find_port", "run_postgres", "run_redis"]

START_SECONDS = 30.0


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    """Waits until somebody listens; fails when the process ends first."""
    until = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until, f"nothing listens on {port}"
        time.sleep(0.02)


@contextmanager
def running(command: list[str], port: int) -> Generator[None]:
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(process, port)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def run_redis(folder: Path) -> Generator[str]:
    """The URL of a Redis server that forgets everything."""
    command = shutil.which("redis-server") or shutil.which("valkey-server")
    assert command, "redis-server is needed: scripts/setup --browser installs it"
    port = find_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running([command, *options, "--dir", str(folder)], port):
        yield f"redis://127.0.0.1:{port}/0"


def find_postgres(name: str) -> str:
    found = shutil.which(name) or next(
        map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    assert found, "PostgreSQL is needed: scripts/setup --browser installs it"
    return found


def as_somebody(folder: Path) -> list[str]:
    """How to run a command that refuses to run as root, with that folder as its own."""
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids]


@contextmanager
def run_postgres(folder: Path) -> Generator[str]:
    """The URL of a PostgreSQL server. The folder must be reachable for everybody."""
    port, prefix = find_port(), as_somebody(folder)
    data = folder / "data"
    subprocess.run(
        [*prefix, find_postgres("initdb"), "-D", str(data), "-A", "trust", "-U", "fairlead", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )  # fmt: skip
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-c", "fsync=off"]
    command = [*prefix, find_postgres("postgres"), "-D", str(data), *options]
    with running(command, port):
        url = f"postgresql://fairlead@127.0.0.1:{port}/postgres"
        wait_until_it_answers(url)
        yield url


def wait_until_it_answers(url: str) -> None:
    """It listens a moment before it takes queries."""
    import psycopg  # noqa: PLC0415  an extra

    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, "PostgreSQL does not answer"
            time.sleep(0.05)
        else:
            return

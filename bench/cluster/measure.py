"""Measure a dev cluster, or any other Kubernetes API server, over HTTPS."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import uvloop
from watchers import Board, start_readers

NAMESPACE = "/api/v1/namespaces/default"
CLIENTS = 8
WATCHERS = (1, 10, 50, 200, 500)
MANY = 20_000


@dataclass(frozen=True)
class Server:
    """Where to ask, and whose memory to read."""

    url: str
    ca: str
    token: str
    processes: tuple[int, ...] = ()


@asynccontextmanager
async def dev_cluster(data: str = "") -> AsyncIterator[Server]:
    """Start a dev cluster and print how long that took."""
    with tempfile.TemporaryDirectory() as made:
        folder = data or made
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            [sys.executable, "-m", "fairlead.devcluster", "--data", folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        wall = time.perf_counter() - started
        print(
            f"ready after        {wall:8.2f} s   CPU {cpu_seconds(process.pid):.2f} s"
        )
        token = (Path(folder) / "admin.token").read_text()
        try:
            yield Server(line.split()[4], f"{folder}/ca.crt", token, (process.pid,))
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)


def percentile(values: list[float], share: float) -> float:
    """Return a percentile in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


async def create(session: aiohttp.ClientSession, count: int) -> None:
    names = iter(range(count))
    took: list[float] = []

    async def client() -> None:
        for number in names:
            body = {"metadata": {"name": f"bench-{number}"}, "data": {"k": "v" * 500}}
            begun = time.perf_counter()
            async with session.post(f"{NAMESPACE}/configmaps", json=body) as answer:
                assert answer.status == 201, await answer.text()
            took.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    rate = count / (time.perf_counter() - begun)
    print(
        f"creates            {rate:8.0f} /s   p50 {percentile(took, 0.5):.1f} ms, p99 {percentile(took, 0.99):.1f} ms"
    )


async def read(
    session: aiohttp.ClientSession, label: str, path: str, times: int
) -> None:
    took: list[float] = []
    size = 0
    for _ in range(times):
        begun = time.perf_counter()
        async with session.get(path) as answer:
            size = len(await answer.read())
        took.append(time.perf_counter() - begun)
    print(f"{label:<18} {statistics.median(took) * 1000:8.2f} ms   {size} bytes")


async def fan_out(
    session: aiohttp.ClientSession, server: Server, readers: int, writes: int = 30
) -> None:
    """Measure the time from a write to each reader's event.

    First each write waits until everybody has seen the one before it, then the same
    number of writes go out one after the other.
    """
    board = Board(readers)
    path = (
        f"{NAMESPACE}/secrets?watch=true&sendInitialEvents=true"
        "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    )
    trusted = ssl.create_default_context(cafile=server.ca)
    opened = await start_readers(server.url, trusted, server.token, path, board)

    async def write(name: str) -> None:
        board.sent[name.encode()] = time.perf_counter()
        async with session.post(
            f"{NAMESPACE}/secrets", json={"metadata": {"name": name}}
        ) as answer:
            assert answer.status == 201

    for number in range(writes):
        name = f"fan-{readers}-{number}"
        await write(name)
        await board.wait_for_all(name.encode())
    single, board.took = board.took, []
    for number in range(writes):
        await write(f"fan-{readers}-rush-{number}")
    for number in range(writes):
        await board.wait_for_all(f"fan-{readers}-rush-{number}".encode())
    for reader in opened:
        if reader.transport is not None:
            reader.transport.abort()
    await asyncio.sleep(0.5)
    print(
        f"watch, {readers:>3} readers {percentile(single, 0.5):8.2f} ms   p99 {percentile(single, 0.99):.1f} ms"
        f"   rushed p50 {percentile(board.took, 0.5):.1f} ms, p99 {percentile(board.took, 0.99):.1f} ms"
    )


def cpu_seconds(process: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(processes: tuple[int, ...]) -> str:
    """Return the resident memory of all parts of a server."""
    total = 0
    for process in processes:
        status = Path(f"/proc/{process}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        total += int(found[1]) if found else 0
    return f"{total / 1024:8.0f} MB" if processes else "     n/a"


async def start_with_many() -> None:
    """Fill a folder, and measure a start on it."""
    with tempfile.TemporaryDirectory() as folder:
        async with dev_cluster(folder) as server, client(server) as session:
            await create(session, MANY)
        print(f"start with {MANY}:")
        async with dev_cluster(folder):
            pass


def real_server(folder: Path) -> Server:
    """Return the real API server that tests/realcluster started with its data there."""
    kubeconfig = (folder / "kubeconfig").read_text()
    found = re.search(r'server: "(https:[^"]*)"', kubeconfig)
    assert found is not None
    processes = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit()
        and str(folder) in (command := _command(entry))
        and ("realcluster\0etcd" in command or "realcluster\0apiserver" in command)
    ]
    token = (folder / "admin.token").read_text()
    return Server(found[1], str(folder / "ca.crt"), token, tuple(processes))


def _command(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_text()
    except OSError:
        return ""


@asynccontextmanager
async def client(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    trusted = ssl.create_default_context(cafile=server.ca)
    headers = {"Authorization": f"Bearer {server.token}"}
    connector = aiohttp.TCPConnector(ssl=trusted, limit=0)
    async with aiohttp.ClientSession(
        server.url, headers=headers, connector=connector
    ) as session:
        yield session


async def measure(server: Server, objects: int) -> None:
    async with client(server) as session:
        print(f"memory, empty      {memory(server.processes)}")
        await create(session, objects)
        await read(session, "get", f"{NAMESPACE}/configmaps/bench-1", 200)
        await read(session, f"list of {objects}", f"{NAMESPACE}/configmaps", 10)
        await read(session, "list, limit 500", f"{NAMESPACE}/configmaps?limit=500", 20)
        for watchers in WATCHERS:
            await fan_out(session, server, watchers)
        print(f"memory, {objects:<9}  {memory(server.processes)}")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=5000)
    parser.add_argument("--url")
    parser.add_argument("--ca")
    parser.add_argument("--token")
    parser.add_argument(
        "--beside", type=Path, help="folder of the real API server to measure, too"
    )
    parser.add_argument(
        "--start", action="store_true", help="only the start with many objects"
    )
    options = parser.parse_args()
    if options.start:
        await start_with_many()
        return
    if options.beside:
        print("kube-apiserver and etcd")
        await measure(real_server(options.beside), options.objects)
        print("\ndev cluster")
    if options.url:
        await measure(Server(options.url, options.ca, options.token), options.objects)
        return
    async with dev_cluster() as server:
        await measure(server, options.objects)


if __name__ == "__main__":
    uvloop.run(main())

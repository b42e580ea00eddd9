"""Many readers at once, and readers that do not read."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from tests.devcluster.conftest import CONFIGMAPS, Api, config_map

from fairlead.devcluster import DevCluster, Limits

# Who drops the writer closes the connection.
Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

READERS = 500
WRITERS = 8
EACH = 5
LARGE = "v" * 100_000
CHANGES = 300

_NAME = re.compile(rb'"type":"ADDED".*?"name":"(w[^"]*)"')


async def _open_watch(cluster: DevCluster, at: str) -> Streams:
    """Begin a watch on a connection of its own; nothing of its body is read yet."""
    server = urlsplit(cluster.url)
    assert server.port is not None
    reader, writer = await asyncio.open_connection(server.hostname, server.port)
    path = f"{CONFIGMAPS}?watch=true&resourceVersion={at}&timeoutSeconds=60"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {server.netloc}\r\n\r\n".encode())
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def _close(opened: list[Streams]) -> None:
    for _, writer in opened:
        writer.close()
    for _, writer in opened:
        await writer.wait_closed()


async def test_five_hundred_readers_get_everything_in_order() -> None:
    async with DevCluster(insecure=True) as cluster, aiohttp.ClientSession() as session:
        api = Api(cluster, "", session)
        at = str(cluster.resource_version)
        readers = [await _open_watch(cluster, at) for _ in range(READERS)]

        async def write(writer: int) -> None:
            for number in range(EACH):
                made = await api.post(CONFIGMAPS, config_map(f"w{writer}-{number}"))
                assert made.status == 201

        async def read(reader: asyncio.StreamReader) -> list[bytes]:
            data = b""
            while len(found := _NAME.findall(data)) < WRITERS * EACH:
                piece = await reader.read(65536)
                assert piece, data
                data += piece
            return found

        reading = asyncio.gather(*(read(reader) for reader, _ in readers))
        await asyncio.gather(*(write(number) for number in range(WRITERS)))
        seen = await asyncio.wait_for(reading, 30)
        await _close(readers)
        listed = (await api.get(CONFIGMAPS)).body["items"]
    versions = {
        int(item["metadata"]["resourceVersion"]): item["metadata"]["name"].encode()
        for item in listed
    }
    names = [name for _, name in sorted(versions.items())]
    in_order = [name for name in names if name.startswith(b"w")]
    assert all(found == in_order for found in seen)


async def test_readers_that_do_not_read_cost_little_and_are_told() -> None:
    limits = Limits(recent_events=16)
    async with (
        DevCluster(insecure=True, limits=limits) as cluster,
        aiohttp.ClientSession() as session,
    ):
        api = Api(cluster, "", session)
        at = str(cluster.resource_version)
        readers = [await _open_watch(cluster, at) for _ in range(2)]
        await api.post(CONFIGMAPS, config_map("w", n="0"))
        before = _resident_bytes()
        for number in range(1, CHANGES):
            body = config_map("w", n=str(number), v=LARGE)
            assert (await api.put(f"{CONFIGMAPS}/w", body)).status == 200
        # Kept for each of them, it would be twice as much as was written.
        assert _resident_bytes() - before < CHANGES * len(LARGE)
        await cluster.compact()
        for reader, _ in readers:
            lines = _lines(await asyncio.wait_for(_read_all(reader), 30))
            seen = [event["object"]["data"]["n"] for event in lines[:-1]]
            assert seen == [str(number) for number in range(len(seen))]
            assert len(seen) < CHANGES
            assert lines[-1]["type"] == "ERROR"
            assert lines[-1]["object"]["code"] == 410
        await _close(readers)


def _resident_bytes() -> int:
    """Return the memory of this process; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    data = b""
    while not data.endswith(b"\r\n0\r\n\r\n"):
        piece = await reader.read(2**20)
        assert piece
        data += piece
    return data


def _lines(body: bytes) -> list[Any]:
    data = b""
    while body[:1] not in {b"0", b""}:
        size, _, rest = body.partition(b"\r\n")
        data += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return [json.loads(line) for line in data.splitlines()]

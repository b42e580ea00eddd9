"""Fairlead beside tRPC's own server, answer for answer, over random requests.

    python -m tests.conformance.compare --cases 20000 [--first-seed 0]     what `make differential` runs
    python -m tests.conformance.compare --first-seed 4711 --cases 1 -v     one case again

Every difference is a bug, or stands in `known_differences` with its reason.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import importlib.util
import json
import os
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from urllib.parse import quote

import httpx
import websockets
from tests.conformance.known_differences import KNOWN, Seen
from tests.conformance.random_cases import PAUSE, Case, make_case
from tests.conformance.wait import wait_until_served

__all__ = ["Difference", "compare", "serve_both"]

KIT = Path(__file__).parent / "kit"
PATIENCE = 3.0
"""Seconds that an answer may take; the router's procedures take milliseconds."""
SETTLE = 0.06
AT_ONCE = 6
SENTINEL = "the end"
UID = "{{uid}}"


def _load_runner() -> ModuleType:
    """The kit's runner, which is a script and no part of a package."""
    spec = importlib.util.spec_from_file_location("run_wire", KIT / "run_wire.py")
    if spec is None or spec.loader is None:
        raise ImportError("the kit has no run_wire.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUNNER = _load_runner()


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that the two servers answer differently, one line for each place."""

    seed: int
    case: Case
    lines: tuple[str, ...]

    def __str__(self) -> str:
        asked = json.dumps(self.case, ensure_ascii=False)
        return "\n    ".join((f"seed {self.seed}: {asked}", *self.lines))


@contextmanager
def serve_both() -> Generator[tuple[str, str]]:
    """The base URLs of the reference (Node) and of Fairlead (uvicorn)."""
    node = ["node", "reference/server.mjs"]
    environment = {**os.environ, "PORT": "0"}
    with subprocess.Popen(
        node, cwd=KIT, env=environment, stdout=subprocess.PIPE, text=True
    ) as reference:
        said = cast("Any", reference.stdout).readline()
        port = int(said.split(":")[2].split()[0])
        ours = _find_port()
        command = [sys.executable, "-m", "tests.conformance.serve", "--port", str(ours)]
        with subprocess.Popen(command, cwd=KIT.parents[2]) as candidate:
            try:
                wait_until_served(ours)
                yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ours}"
            finally:
                candidate.terminate()
                reference.terminate()


def _find_port() -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def compare(
    reference: str, candidate: str, seeds: Iterable[int], used: Counter[str]
) -> list[Difference]:
    """Sends each seed's case to both; `used` counts which known differences were met."""
    found: list[Difference] = []
    waiting = iter(seeds)

    async def work() -> None:
        async with (
            httpx.AsyncClient(base_url=reference, timeout=PATIENCE) as theirs,
            httpx.AsyncClient(base_url=candidate, timeout=PATIENCE) as ours,
        ):
            for seed in waiting:
                case = make_case(seed)
                lines: list[str] = []
                # Once more, since on a busy machine frames may come too late to be seen.
                for _ in range(2):
                    want, got = await asyncio.gather(
                        _observe(theirs, case), _observe(ours, case)
                    )
                    lines = _diff(case, want, got, used)
                    if not lines:
                        break
                else:
                    found.append(Difference(seed, case, tuple(lines)))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return sorted(found, key=lambda difference: difference.seed)


def _diff(case: Case, want: Seen, got: Seen, used: Counter[str]) -> list[str]:
    for known in KNOWN:
        if known.applies(case, want, got):
            used[known.name] += 1
            want, got = known.even_out(want), known.even_out(got)
    return list(RUNNER.diff(want, got))


async def _observe(client: httpx.AsyncClient, case: Case) -> Seen:
    text, key = json.dumps(case), uuid.uuid4().hex
    for place in (UID, quote(UID, safe="")):
        text = text.replace(place, key)
    fresh = json.loads(text)
    run = _run_http(client, fresh) if "http" in fresh else _run_ws(client, fresh)
    try:
        seen = await asyncio.wait_for(run, 2 * PATIENCE)
    except Exception as error:
        return {"failed to run": f"{type(error).__name__}: {error}"}
    return cast("Seen", RUNNER.normalise(seen, ()))


async def _run_http(client: httpx.AsyncClient, case: dict[str, Any]) -> Seen:
    spec = case["http"]
    method: str = spec["method"]
    body, content_type = RUNNER.request_body(spec)
    headers: dict[str, str | None] = dict(spec["headers"])
    if method not in ("GET", "HEAD"):
        headers.setdefault("content-type", content_type)
    request = client.build_request(
        method,
        "/",
        headers=[
            (name.encode(), value.encode("latin-1", "replace"))
            for name, value in headers.items()
            if value is not None
        ],
        content=_cut(body) if spec.get("chunked") else body or None,
        extensions={"target": spec["path"].encode()},
    )
    response = await client.send(request, stream=True)
    try:
        return cast("Seen", await RUNNER.observe_response(response, case))
    finally:
        await response.aclose()


async def _cut(body: bytes) -> AsyncIterator[bytes]:
    middle = len(body) // 2
    yield body[:middle]
    yield body[middle:]


async def _run_ws(client: httpx.AsyncClient, case: dict[str, Any]) -> Seen:
    spec = case["ws"]
    url = "ws" + str(client.base_url).removeprefix("http").rstrip("/") + spec["path"]
    frames: list[object] = []
    ended = asyncio.Event()
    closed = False

    async def read(socket: websockets.ClientConnection) -> None:
        nonlocal closed
        with suppress(websockets.ConnectionClosed):
            async for frame in socket:
                parsed: Any = RUNNER.parse_or_keep(frame)
                if is_sentinel(parsed):
                    if (
                        "error" not in parsed
                    ):  # else the connection is about to be closed
                        ended.set()
                else:
                    frames.append(parsed)
        closed = True
        ended.set()

    async with websockets.connect(
        url, additional_headers=spec["headers"], ping_interval=None, close_timeout=1
    ) as socket:
        reading = asyncio.create_task(read(socket))
        try:
            await _send_frames(socket, spec["frames"])
            await asyncio.wait_for(ended.wait(), PATIENCE)
            while len(frames) != await _count_later(frames):
                pass
        finally:
            reading.cancel()
        was_closed = closed
    return {"ws": RUNNER.by_id(frames), "closed by server": was_closed}


def is_sentinel(frame: object) -> bool:
    """Is it the answer to the last call of all?"""
    return isinstance(frame, dict) and cast("Seen", frame).get("id") == SENTINEL


async def _count_later(frames: list[object]) -> int:
    """How many there are once nothing has come for a while."""
    await asyncio.sleep(SETTLE)
    return len(frames)


async def _send_frames(
    socket: websockets.ClientConnection, frames: list[str | dict[str, str]]
) -> None:
    try:
        for frame in frames:
            if frame == PAUSE:
                await asyncio.sleep(SETTLE)
                continue
            await socket.send(
                frame if isinstance(frame, str) else base64.b64decode(frame["binary"])
            )
        params = {"path": "ping", "input": {"json": None}}
        ping = {"id": SENTINEL, "method": "query", "params": params}
        await socket.send(json.dumps(ping))
    except websockets.ConnectionClosed:
        return  # which is seen by who reads


async def _main(first: int, cases: int, *, verbose: bool) -> int:
    used: Counter[str] = Counter()
    failures = 0
    with serve_both() as (reference, candidate):
        for start in range(first, first + cases, 1000):
            seeds = range(start, min(start + 1000, first + cases))
            found = await compare(reference, candidate, seeds, used)
            failures += len(found)
            for difference in found:
                print(difference, flush=True)
            if verbose:
                print(f"to seed {seeds.stop}: {failures} differences", flush=True)
    print(f"{cases} cases, {failures} unexplained differences; explained: {dict(used)}")
    return 1 if failures else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("-v", "--verbose", action="store_true")
    asked = parser.parse_args()
    sys.exit(asyncio.run(_main(asked.first_seed, asked.cases, verbose=asked.verbose)))

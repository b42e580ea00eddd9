"""One random case, sent to one server: what was seen of its answer."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import math
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import httpx
import websockets
from tests.conformance.known_differences import Seen
from tests.conformance.random_sockets import LONG_PAUSE, PAUSE
from tests.conformance.random_values import Case

__all__ = ["KIT", "PATIENCE", "diff", "observe"]

KIT: Final = Path(__file__).parent / "kit"
PATIENCE: Final = 3.0
"""Seconds that an answer may take; the router's procedures take milliseconds."""
SETTLE: Final = 0.06
LONG: Final = 0.42
SENTINEL: Final = "the end"
UID: Final = "{{uid}}"

if (
    str(KIT) not in sys.path
):  # the kit's runner is a script; its modules stand beside it
    sys.path.append(str(KIT))
_http: Any = importlib.import_module("wire_http")
_json: Any = importlib.import_module("wire_json")
_socket: Any = importlib.import_module("wire_socket")
_compare: Any = importlib.import_module("wire_compare")


def diff(want: Seen, got: Seen) -> list[str]:
    """One line for each place where what was seen differs."""
    return list(_compare.diff(want, got))


async def observe(client: httpx.AsyncClient, case: Case) -> Seen:
    """Sends a case; where it cannot be run, `failed to run` says why."""
    text, key = json.dumps(case), uuid.uuid4().hex
    for place in (UID, quote(UID, safe="")):
        text = text.replace(place, key)
    fresh = json.loads(text)
    run = _run_http(client, fresh) if "http" in fresh else _run_ws(client, fresh)
    try:
        seen = await asyncio.wait_for(run, 2 * PATIENCE)
    except Exception as error:
        return {"failed to run": f"{type(error).__name__}: {error}"}
    return cast("Seen", read_numbers(_compare.normalise(seen, ())))


def read_numbers(value: object) -> object:
    """Numbers as JavaScript reads them: each is a double, and -0 is one of its own."""
    if isinstance(value, list):
        return [read_numbers(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: read_numbers(item) for key, item in cast("Seen", value).items()}
    if isinstance(value, float) and not value and math.copysign(1, value) < 0:
        return "-0"
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError, ValueError):
            number = float(value)
            return int(number) if number.is_integer() else number
    return value


async def _run_http(client: httpx.AsyncClient, case: dict[str, Any]) -> Seen:
    spec = case["http"]
    method: str = spec["method"]
    body, content_type = _http.request_body(spec)
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
        return cast("Seen", await _http.observe_response(response, case))
    finally:
        await response.aclose()


async def _cut(body: bytes) -> AsyncIterator[bytes]:
    middle = len(body) // 2
    yield body[:middle]
    yield body[middle:]


class _Conversation:
    """What comes over one WebSocket, while it is read."""

    def __init__(self) -> None:
        self.frames: list[object] = []
        self.ended = asyncio.Event()
        self.closed = False
        self.pinged = False

    async def read(self, socket: websockets.ClientConnection) -> None:
        with suppress(websockets.ConnectionClosed):
            async for frame in socket:
                self._take(frame)
        self.closed = True
        self.ended.set()

    def _take(self, frame: str | bytes) -> None:
        if frame == "PING":
            self.pinged = True
            return
        parsed: Any = _json.parse_or_keep(frame)
        if not is_sentinel(parsed):
            self.frames.append(parsed)
        elif "error" not in parsed:  # else the connection is about to be closed
            self.ended.set()

    async def wait_until_quiet(self) -> None:
        await asyncio.wait_for(self.ended.wait(), PATIENCE)
        seen = -1
        while seen != len(self.frames):
            seen = len(self.frames)
            await asyncio.sleep(SETTLE)


async def _run_ws(client: httpx.AsyncClient, case: dict[str, Any]) -> Seen:
    spec = case["ws"]
    url = "ws" + str(client.base_url).removeprefix("http").rstrip("/") + spec["path"]
    talk = _Conversation()
    async with websockets.connect(
        url, additional_headers=spec["headers"], ping_interval=None, close_timeout=1
    ) as socket:
        reading = asyncio.create_task(talk.read(socket))
        try:
            await _send_frames(socket, spec["frames"])
            await talk.wait_until_quiet()
        finally:
            reading.cancel()
        was_closed = talk.closed
    return {
        "ws": _socket.by_id(read_numbers(talk.frames)),
        "closed by server": was_closed,
        **({"pinged": talk.pinged} if case.get("pings") else {}),
    }


def is_sentinel(frame: object) -> bool:
    """Is it the answer to the last call of all?"""
    return isinstance(frame, dict) and cast("Seen", frame).get("id") == SENTINEL


async def _send_frames(
    socket: websockets.ClientConnection, frames: list[str | dict[str, Any]]
) -> None:
    try:
        for frame in frames:
            await _send_frame(socket, frame)
        params = {"path": "ping", "input": {"json": None}}
        ping = {"id": SENTINEL, "method": "query", "params": params}
        await socket.send(json.dumps(ping))
    except websockets.ConnectionClosed:
        return  # which is seen by who reads


async def _send_frame(
    socket: websockets.ClientConnection, frame: str | dict[str, Any]
) -> None:
    if isinstance(frame, dict):
        # Text in several fragments, or bytes.
        pieces = frame.get("pieces")
        await socket.send(pieces or base64.b64decode(frame["binary"]))
    elif frame in (PAUSE, LONG_PAUSE):
        await asyncio.sleep(SETTLE if frame == PAUSE else LONG)
    else:
        await socket.send(frame)

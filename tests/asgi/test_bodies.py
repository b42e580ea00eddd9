"""No answer overtakes a request's body: some servers reset the connection then."""

from __future__ import annotations

import asyncio

import pytest

from fairlead import Context, Fairlead, Limits, Router, WireOptions, mutation, public
from fairlead.asgi.body import discard_body
from fairlead.asgi.types import Message
from fairlead.uploads import ByteStream


class App(Router[Context]):
    @mutation(access=public)
    async def touch(self) -> str:
        return "touched"

    @mutation(access=public)
    async def save(self, text: str, /) -> int:
        return len(text)

    @mutation(access=public)
    async def store(self, body: ByteStream, /) -> str:
        del body
        return "not read"


APP = Fairlead(App, wire=WireOptions(limits=Limits(body_bytes=20)))
JSON, BYTES, TEXT = b"application/json", b"application/octet-stream", b"text/plain"


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("touch", JSON, 200),
        ("touch,touch?batch=1", JSON, 200),
        ("save", JSON, 413),
        ("nope", JSON, 404),
        ("nope,nope?batch=1", JSON, 404),
        ("save", TEXT, 415),
        ("store", BYTES, 200),
        ("nope", BYTES, 404),
        ("save?connectionParams=x", JSON, 400),
    ],
)
async def test_the_whole_body_is_received_before_the_answer(
    path: str, content_type: bytes, status: int
) -> None:
    raw_path, _, query = f"/trpc/{path}".partition("?")
    pieces = [b"x" * 15] * 4
    starts: list[tuple[int, int]] = []

    async def receive() -> Message:
        if pieces:
            body = pieces.pop()
            return {"type": "http.request", "body": body, "more_body": bool(pieces)}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            starts.append((message["status"], len(pieces)))

    headers = [(b"content-type", content_type), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": raw_path, "raw_path": raw_path.encode(), "query_string": query.encode(), "headers": headers, "client": ("10.0.0.1", 1)}  # fmt: skip
    await APP(scope, receive, send)

    assert starts == [(status, 0)]


async def test_a_body_without_end_is_dropped_up_to_a_bound() -> None:
    received: list[int] = []

    async def receive() -> Message:
        received.append(4)
        return {"type": "http.request", "body": b"1234", "more_body": True}

    await discard_body(receive, most_bytes=20)

    assert sum(received) == 24


async def test_a_body_that_never_comes_is_not_waited_for_without_end() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await discard_body(receive, seconds=0.01)

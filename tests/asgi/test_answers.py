"""What becomes of a result: how large ones travel, what is validated, and what is left afterwards."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import quote

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict
from tests.asgi.harness import open_http, to_input

from fairlead import (
    Context,
    Fairlead,
    Router,
    TRPCError,
    mutation,
    public,
    query,
    raw_json,
    subscription,
)
from fairlead.asgi.answers import LARGE
from fairlead.asgi.types import Message


class Row(msgspec.Struct):
    number: int
    text: str = ""


class Other(msgspec.Struct):
    secret: str


class Model(BaseModel):
    number: int


class Checked(BaseModel):
    model_config = ConfigDict(revalidate_instances="always")
    number: int


def some(kind: str, good: object, bad: object) -> Any:
    """A list, as a procedure might return it."""
    return {"good": [good, good], "bad": [good, bad], "none": []}[kind]


class App(Router[Context]):
    @query(access=public)
    async def text(self, size: int) -> str:
        return "x" * (size - 2)

    @query(access=public)
    async def ready(self, size: int) -> str:
        return raw_json(b'"%b"' % (b"x" * (size - 2)), str)

    @query(access=public)
    async def rows(self, kind: str) -> list[Row]:
        return cast("list[Row]", some(kind, Row(1), Other("leaked")))

    @query(access=public)
    async def wrong_rows(self, kind: str) -> list[Row]:
        return cast("list[Row]", some(kind, {"number": 1}, {"number": "one"}))

    @query(access=public)
    async def models(self, kind: str) -> list[Model]:
        return cast("list[Model]", some(kind, Model(number=1), Row(1)))

    @query(access=public)
    async def checked(self, kind: str) -> list[Checked]:
        bad = Checked.model_construct(number=cast("int", "one"))
        return cast("list[Checked]", some(kind, Checked(number=1), bad))

    @query(access=public)
    async def slow(self) -> str:
        await asyncio.sleep(0)
        return self.ctx.request.path

    @mutation(access=public)
    async def deny(self) -> str:
        raise TRPCError("FORBIDDEN", "no")

    @query(access=public)
    async def crash(self) -> str:
        raise ValueError("inside")

    @subscription(access=public)
    async def events(self) -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)
        yield 2


@pytest.mark.parametrize("size", [LARGE - 1, LARGE, LARGE + 1])
@pytest.mark.parametrize("path", ["text", "ready"])
async def test_a_result_of_any_size_comes_whole(path: str, size: int) -> None:
    async with open_http(Fairlead(App)) as client:
        single = await client.get(f"/trpc/{path}?input={to_input({'size': size})}")
        inputs = to_input({"0": {"size": size}, "1": {"size": 5}})
        batch = await client.get(f"/trpc/{path},{path}?batch=1&input={inputs}")

    assert single.headers["content-length"] == str(len(single.content))
    assert single.json() == {"result": {"data": "x" * (size - 2)}}
    data = [each["result"]["data"] for each in batch.json()]
    assert data == ["x" * (size - 2), "xxx"]


async def test_a_large_result_is_sent_as_it_is() -> None:
    sent = await drive(Fairlead(App), "GET", "ready", {"size": LARGE})

    bodies = [each for each in sent if each["type"] == "http.response.body"]
    assert [each.get("more_body", False) for each in bodies] == [True, True, False]
    assert len(bodies[1]["body"]) == LARGE  # not a copy within its envelope


@pytest.mark.parametrize("path", ["rows", "wrongRows", "models", "checked"])
async def test_each_item_of_a_list_is_what_was_promised(path: str) -> None:
    async with open_http(Fairlead(App)) as client:
        answers = {
            kind: await client.get(f"/trpc/{path}?input={to_input({'kind': kind})}")
            for kind in ("good", "bad", "none")
        }

    good = answers["good"].json()["result"]["data"]
    assert [each["number"] for each in good] == [1, 1]
    assert answers["none"].json() == {"result": {"data": []}}
    assert answers["bad"].status_code == 500
    assert "leaked" not in answers["bad"].text


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "text", "*/*"),
        ("GET", "slow", "*/*"),
        ("GET", "crash", "*/*"),
        ("POST", "deny", "*/*"),
        ("GET", "nothing", "*/*"),
        ("GET", "slow,slow", "*/*"),
        ("GET", "slow,slow", "application/jsonl"),
        ("GET", "events", "text/event-stream"),
    ],
)
async def test_a_request_leaves_nothing_to_the_garbage_collector(
    method: str, path: str, accept: str
) -> None:
    app = Fairlead(App)
    value = {"size": 9} if path == "text" else None
    await drive(app, method, path, value, accept)  # fills caches
    await asyncio.sleep(0)
    gc.collect()
    gc.freeze()
    try:
        await drive(app, method, path, value, accept)
        await asyncio.sleep(0)
        assert gc.collect() == 0
    finally:
        gc.unfreeze()


async def drive(
    app: Fairlead, method: str, path: str, value: object = None, accept: str = "*/*"
) -> list[Message]:
    """Calls the application as a server does; returns what it sent."""
    query_string = "" if value is None else f"input={quote(json.dumps(value))}"
    if "," in path:
        query_string = "batch=1"
    headers = [(b"accept", accept.encode()), (b"content-type", b"application/json")]
    scope: dict[str, Any] = {
        "type": "http", "method": method, "path": f"/trpc/{path}",
        "raw_path": f"/trpc/{path}".encode(), "query_string": query_string.encode(),
        "headers": headers, "client": ("10.0.0.1", 1),
    }  # fmt: skip
    sent: list[Message] = []
    left = asyncio.Event()
    body: Message = {"type": "http.request", "body": b"", "more_body": False}
    messages = iter([body] if method == "POST" else [])

    async def receive() -> Message:
        for message in messages:
            return message
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent

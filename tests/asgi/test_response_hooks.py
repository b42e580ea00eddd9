"""Hooks of an application that choose a response's status: what they may choose, and where they fail."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import JsonValue
from tests.asgi.harness import open_http

from fairlead import (
    Context,
    Fairlead,
    Router,
    WireOptions,
    public,
    query,
    subscription,
)
from fairlead.protocol import ErrorInfo, MetaInfo, ResponseMeta


class App(Router[Context]):
    @query(access=public)
    async def size(self, value: JsonValue, /) -> int:
        return len(str(value))

    @subscription(access=public)
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


async def get(wire: WireOptions, path: str) -> httpx.Response:
    async with open_http(Fairlead(App, wire=wire)) as client:
        return await client.get(f"/trpc/{path}")


def choose_status(status: int | None) -> WireOptions:
    def hook(info: MetaInfo) -> ResponseMeta:
        del info
        if status is None:
            raise RuntimeError("the password is hunter2")
        return ResponseMeta(status=status)

    return WireOptions(response_meta=hook)


@pytest.mark.parametrize("status", [None, 99, 199, 204, 205, 304, 600])
@pytest.mark.parametrize(
    "path", ["size?input=1", "nope", "size,nope?batch=1", "ticks", "%"]
)
async def test_a_hook_that_fails_or_chooses_no_status_is_an_error(
    path: str, status: int | None
) -> None:
    answer = await get(choose_status(status), path)

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"]["data"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("status", [200, 299, 599])
async def test_a_hook_chooses_the_status(status: int) -> None:
    answer = await get(choose_status(status), "size?input=1")

    assert answer.status_code == status


@pytest.mark.parametrize(("chosen", "sent"), [(204, 404), (99, 404), (410, 410)])
async def test_a_formatter_chooses_no_status_without_a_body(
    chosen: int, sent: int
) -> None:
    def reformat(shape: dict[str, object], info: ErrorInfo) -> dict[str, object]:
        del info
        return {**shape, "data": {"httpStatus": chosen}}

    answer = await get(WireOptions(format_error=reformat), "nope")

    assert answer.status_code == sent
    assert answer.json()["error"]["data"] == {"httpStatus": chosen}

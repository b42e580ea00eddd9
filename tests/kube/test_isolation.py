"""One kind that is forbidden or broken leaves the others of an application alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.kube.conftest import QUICK

from fairlead import (
    Context,
    Request,
    Router,
    Services,
    TRPCError,
    User,
    create_caller,
    tracked,
)
from fairlead.access import Decision, Engine, ResourceAttributes
from fairlead.kube import Kube, Resource, ResourceRouter
from fairlead.kube.hub import HubOptions
from fairlead.kube.kubeconfig import ClusterConfig


class Good(Resource, group="example.com", version="v1", plural="goods"):
    """A kind that works."""


class Bad(Resource, group="example.com", version="v1", plural="bads"):
    """A kind that does not."""


class Goods(ResourceRouter[Good]):
    """All that is derived."""


class Bads(ResourceRouter[Bad]):
    """All that is derived."""


class App(Router[Context]):
    goods: Goods
    bads: Bads


class Anything(Engine):
    """Allows everything: what goes wrong is the cluster's doing."""

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        del request, attributes
        return Decision(allowed=True)


FORBIDDEN = json.dumps({"kind": "Status", "code": 403, "message": "planned"})
ANSWERS = {
    "forbidden": (403, FORBIDDEN),
    "failing": (500, "no JSON at all"),
    "garbage": (200, '{"items": [{"metadata"'),
    "another page": (200, "<html>Sign in</html>"),
}


@asynccontextmanager
async def serve(status: int, body: str) -> AsyncGenerator[App]:
    """An application on a cluster that answers so for one kind, and well for the other."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if "/bads" in request.path:
            return web.Response(status=status, text=body)
        if "sendInitialEvents" in request.query:
            return web.Response(status=422, text='{"kind":"Status","code":422}')
        if request.query.get("watch") == "true":
            response = web.StreamResponse()
            await response.prepare(request)
            for number in range(2, 1000):
                await response.write(event(number))
                await asyncio.sleep(0.02)
            return response
        item = make_good(1)
        return web.json_response(
            {"metadata": {"resourceVersion": "1"}, "items": [item]}
        )

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(application, port=0)
    await server.start_server(shutdown_timeout=0.1)
    try:
        config = ClusterConfig(server=str(server.make_url("")).rstrip("/"))
        hub = HubOptions(feed=QUICK)
        async with Kube(config, identity="service", hub=hub) as kube:
            services = Services(kube)
            services.add(Anything())
            request = Request(user=User(name="ann"), services=services)
            yield create_caller(App, Context(request=request))
    finally:
        await server.close()


def make_good(version: int) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "a", "resourceVersion": str(version)}
    return {
        "apiVersion": "example.com/v1",
        "kind": "Good",
        "metadata": {**metadata, "uid": "u"},
    }


def event(version: int) -> bytes:
    return (
        json.dumps({"type": "MODIFIED", "object": make_good(version)}).encode() + b"\n"
    )


async def read_change(frames: AsyncIterator[tracked[Any]]) -> str:
    """The type of the next frame with objects: a slow machine may be told of as well."""
    async for frame in frames:
        if frame.data.type != "state":
            return str(frame.data.type)
    raise AssertionError("it ended")


@pytest.mark.parametrize("answer", list(ANSWERS))
async def test_a_broken_kind_leaves_the_others_live(answer: str) -> None:
    async with asyncio.timeout(20), serve(*ANSWERS[answer]) as app:
        goods = app.goods.watch(namespace="a")
        bads = app.bads.watch(namespace="a")
        assert await read_change(goods) == "snapshot"
        if answer == "forbidden":
            with pytest.raises(TRPCError) as caught:
                await read_change(bads)
            assert caught.value.code == "FORBIDDEN"
        else:
            told = (await anext(bads)).data
            assert told.type == "state"
            assert told.state == "stale"
        for _ in range(3):  # and it goes on
            assert await read_change(goods) == "delta"
        listed = await app.goods.list_(namespace="a")
        assert [item.metadata.name for item in listed.items] == ["x"]
        with pytest.raises(TRPCError):
            await app.bads.list_(namespace="a")

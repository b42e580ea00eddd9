"""What type checkers infer for a connected router: the methods' own signatures, nothing generated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import assert_type

from pydantic import BaseModel

from fairlead import Context, Router, mutation, public, query, subscription, tracked
from fairlead.client import LiveConnection, LiveView, connect, live
from fairlead.kube import (
    Delta,
    Permissions,
    Resource,
    ResourceList,
    ResourceRouter,
    Snapshot,
    StateChange,
)


class Pod(BaseModel):
    """A result."""

    name: str


class Pods(Router[Context]):
    @query(access=public)
    async def list_(
        self, namespace: str | None = None, *, limit: int = 10
    ) -> list[Pod]:
        return [Pod(name=f"{namespace}/{n}") for n in range(limit)]

    @mutation(access=public)
    async def rename(self, pod: Pod, /) -> Pod:
        return pod

    @query(access=public)
    async def logs(self, name: str) -> AsyncIterator[str]:
        yield name

    @subscription(access=public)
    async def watch(
        self, last_event_id: str | None = None
    ) -> AsyncIterator[tracked[Pod]]:
        yield tracked("1", Pod(name=last_event_id or ""))


class Codebase(Resource, group="example.com", version="v1", plural="codebases"):
    """A resource."""

    spec: Pod


class Codebases(ResourceRouter[Codebase]):
    """All that is derived."""


class App(Router[Context]):
    pods: Pods
    codebases: Codebases


async def check_calls() -> None:
    async with connect("https://example.com/trpc", App, token="t") as app:
        assert_type(app, App)
        assert_type(await app.pods.list_(), list[Pod])
        assert_type(await app.pods.list_("x", limit=3), list[Pod])
        assert_type(await app.pods.rename(Pod(name="a")), Pod)
        assert_type(await app.pods.logs("a"), AsyncIterator[str])
        async for line in await app.pods.logs("a"):
            assert_type(line, str)
        pods, renamed = await asyncio.gather(
            app.pods.list_(), app.pods.rename(Pod(name="a"))
        )
        assert_type(pods, list[Pod])
        assert_type(renamed, Pod)


async def check_subscriptions() -> None:
    async with connect("https://example.com/trpc", App) as app:
        async for event in app.pods.watch(last_event_id="1"):
            assert_type(event, tracked[Pod])
            assert_type(event.id, str)
            assert_type(event.data.name, str)


async def check_resources() -> None:
    async with connect("https://example.com/trpc", App) as app:
        assert_type(await app.codebases.get("x", "n"), Codebase)
        assert_type(await app.codebases.list_(), ResourceList[Codebase])
        assert_type(await app.codebases.permissions(), Permissions)
        async for event in app.codebases.watch(namespace="n"):
            assert_type(event.data, Snapshot[Codebase] | Delta[Codebase] | StateChange)


async def check_live() -> None:
    async with (
        connect("https://example.com/trpc", App) as app,
        live(app.codebases, namespace="n") as items,
    ):
        assert_type(items, LiveView[Codebase])
        assert_type(items["n/x"].spec, Pod)
        assert_type(items.connection, LiveConnection)
        for key, item in items.items():
            assert_type(key, str)
            assert_type(item, Codebase)

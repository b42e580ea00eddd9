"""What tests of commands in containers share: pods that run them, and how their events are read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from tests.kube.cluster import grant, make_context, prepare, send

from fairlead import Context, Router, create_caller
from fairlead.devcluster import DevCluster
from fairlead.devcluster.echoing import run_command
from fairlead.devcluster.execution import ExecSession
from fairlead.kube import Kube, PodRouter, Resource
from fairlead.kube.executing import ExecEvent, ExecExit, ExecOpened, ExecOutput
from fairlead.kube.reviews import ReviewOptions
from fairlead.kube.terminals import TerminalOptions
from fairlead.tracking import tracked


class Pod(Resource, group="", version="v1", plural="pods"):
    """What runs."""


class Pods(PodRouter[Pod]):
    """With commands."""


class App(Router[Context]):
    pods: Pods


Events = AsyncIterator[tracked[ExecEvent]]


async def run(session: ExecSession) -> int:
    """The dev cluster's shell, and a command that sends each byte by itself."""
    name, *words = session.request.command
    if name == "flood":
        for number in range(int(words[0])):
            await session.write(f"{number}\n" * 1000)
        return 0
    if name == "count-input":
        count = 0
        while data := await session.read():
            count += len(data)
        await session.write(f"{count} bytes\n")
        return 0
    if name != "by-bytes":
        return await run_command(session, time.time)
    for byte in words[0].encode():
        await session.write(bytes((byte,)))
    return 5


@asynccontextmanager
async def open_cluster() -> AsyncGenerator[Kube]:
    """A dev cluster that runs commands, with a pod and two users who may start some."""
    options = TerminalOptions(per_user=2, linger=0.2, waiting_input=3, kept=100_000)
    async with (
        DevCluster(on_exec=run) as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            identity="impersonate",
            terminals=options,
            recheck_seconds=0.05,
            reviews=ReviewOptions(seconds=0),
        ) as kube,
    ):
        await prepare(kube.client)
        for user in ("ann", "bob"):
            await grant(kube.client, user, ["create", "get"], None, ("", "pods/exec"))
            await grant(kube.client, user, ["create", "get"], None, ("", "pods/attach"))
        await send(
            kube.client,
            "POST",
            "/api/v1/namespaces/team-a/pods",
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "web"},
                "spec": {"containers": [{"name": "main", "image": "x"}]},
            },
        )
        yield kube


def make_app(kube: Kube) -> App:
    """What Ann calls."""
    return create_caller(App, make_context(kube, "ann"))


async def read_until(events: Events, text: str) -> str:
    """What a command wrote until a text came."""
    shown = ""
    async with asyncio.timeout(20):
        async for event in events:
            if isinstance(event.data, ExecOutput):
                shown += event.data.text
            if text in shown:
                return shown
    raise AssertionError(shown)


async def read_exit(events: Events) -> ExecExit:
    """How a command ended."""
    async with asyncio.timeout(20):
        async for event in events:
            if isinstance(event.data, ExecExit):
                return event.data
    raise AssertionError("it ended without saying how")


async def start(events: Events) -> str:
    """The id of a command that has started."""
    first = (await anext(events)).data
    assert isinstance(first, ExecOpened)
    return first.id

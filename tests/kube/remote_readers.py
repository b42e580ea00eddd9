"""An API server of ours that is restarted, and clients that read through it over the wire."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

import uvicorn
from tests.kube.cluster import Widget

from fairlead import Context, Fairlead, Router, TRPCError, User
from fairlead.asgi.uvicorn_websocket import (
    DirectHttpProtocol,
    DirectWebSocketProtocol,
)
from fairlead.client import ClientOptions, LiveView, Reconnect, connect, live
from fairlead.context import Request
from fairlead.devcluster.serving import stop_accepting
from fairlead.kube import Kube, ListOptions, ResourceRouter
from fairlead.kube.client import ClientOptions as KubeClientOptions
from fairlead.kube.hub import HubOptions
from fairlead.kube.resource import get_info

__all__ = ["TRANSPORTS", "RemoteReader", "Server"]

Transport = Literal["websocket", "sse"]
TRANSPORTS: tuple[Transport, ...] = ("websocket", "sse")


class Widgets(ResourceRouter[Widget]):
    """All that is derived."""


class App(Router[Context]):
    widgets: Widgets


class Anybody:
    """Signs everybody in as one user."""

    async def authenticate(self, request: Request) -> User:
        del request
        return User(name="root")


class Server:
    """The application under uvicorn, always at the same port."""

    def __init__(self) -> None:
        self.port = 0
        self._kubeconfig = Path()
        self._options = HubOptions()
        self._client = KubeClientOptions()
        self._listener: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(
        self, kubeconfig: Path, options: HubOptions, client: KubeClientOptions
    ) -> None:
        self._kubeconfig, self._options = kubeconfig, options
        self._client = client
        kube = Kube.from_kubeconfig(
            kubeconfig,
            identity="service",
            hub=options,
            client=client,
            recheck_seconds=1,
        )
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            Fairlead(App, kube=kube, auth=Anybody(), drain_seconds=0),
            log_level="critical",
            timeout_graceful_shutdown=1,
            http=DirectHttpProtocol,
            ws=DirectWebSocketProtocol,
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def aclose(self) -> None:
        if self._server and self._task and self._listener:
            await stop_accepting([self._listener])
            self._server.should_exit = True
            await self._task
            # Who was accepted while the server closed is not among those it closed; a process
            # would end with them.
            await asyncio.sleep(0)
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()

    async def restart(self) -> None:
        await self.aclose()
        await self.start(self._kubeconfig, self._options, self._client)


class RemoteReader:
    """A live view over the wire."""

    def __init__(self, kube: Kube, server: Server, transport: Transport) -> None:
        self.kind: Transport = transport
        self._kube = kube
        self._server = server
        self._view: LiveView[Widget] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        options = ClientOptions(
            subscriptions=self.kind, reconnect=Reconnect(initial=0.02, maximum=0.1)
        )
        url = f"http://127.0.0.1:{self._server.port}/trpc"
        async with connect(url, App, options=options) as app:
            task = asyncio.create_task(self._follow(app))
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _follow(self, app: App) -> None:
        """Looks again when it was told that the server's credentials were refused."""
        while True:
            with suppress(TRPCError):
                async with live(app.widgets) as view:
                    self._view = view
                    await view.wait_for(lambda view: view.connection.status == "closed")
            await asyncio.sleep(0.05)

    def get_state(self) -> tuple[list[str], int | None]:
        """What it shows."""
        items: list[Widget] = [] if self._view is None else list(self._view.values())
        return sorted(_describe(item) for item in items), None

    async def read_truth(self) -> tuple[list[str], int | None]:
        """What the cluster has."""
        raw = self._kube.acting_as_server().raw
        listed = json.loads(await raw.list_(get_info(Widget), None, ListOptions()))
        items = [
            Widget.from_wire(json.dumps(each).encode()) for each in listed["items"]
        ]
        return sorted(_describe(item) for item in items), None


def _describe(item: Widget) -> str:
    return json.dumps(item.to_wire(), sort_keys=True)

"""An API server that has one long answer, and its client."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web
from aiohttp.test_utils import TestServer

from fairlead.kube.client import ClientOptions, KubeClient
from fairlead.kube.kubeconfig import ClusterConfig
from fairlead.kube.objects import RawObjects


class Upstream:
    """An API server with one long list; the test decides how it is sent."""

    def __init__(self) -> None:
        self.parts: Sequence[bytes | None] = ()
        self.sized = False
        self.packed = False
        self.closes = False
        self.left = asyncio.Event()
        self.asked = 0
        self.peers: set[object] = set()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked += 1
        self.peers.add(request.get_extra_info("peername"))
        headers = {"Content-Type": "application/json"}
        if self.sized:
            whole = b"".join(part for part in self.parts if part)
            headers["Content-Length"] = str(len(whole))
        response = web.StreamResponse(headers=headers)
        if self.packed:
            response.enable_compression(web.ContentCoding.gzip)
        if self.closes and request.transport is not None:
            # As HTTP/1.1 also allows it: the answer ends where the connection does.
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
            request.transport.write(head + b"".join(filter(None, self.parts)))
            request.transport.close()
            return response
        await response.prepare(request)
        try:
            for part in self.parts:
                if part is None:
                    await asyncio.Event().wait()
                elif part == b"cut":
                    if request.transport is not None:
                        request.transport.abort()
                    return response
                else:
                    await response.write(part)
        except (asyncio.CancelledError, OSError):
            self.left.set()
            raise
        return response


class Reader:
    """A client of an `Upstream`."""

    def __init__(self, upstream: Upstream, options: ClientOptions | None) -> None:
        self.upstream = upstream
        self._options = options

    async def __aenter__(self) -> RawObjects:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.upstream.answer)
        self._server = TestServer(app)
        await self._server.start_server()
        config = ClusterConfig(server=str(self._server.make_url("")).rstrip("/"))
        self._client = KubeClient(config, self._options)
        return RawObjects(self._client, self._client.server_credentials)

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self._server.close()

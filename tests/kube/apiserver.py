"""A small API server whose misbehaviour a test decides: one kind, one request at a time.

The dev cluster is the real thing; this one is for what a healthy server never does.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from aiohttp.test_utils import TestServer

from fairlead.kube import KubeModel, Resource
from fairlead.kube.kubeconfig import ClusterConfig

Step = Literal["list", "watch", "write", "get"]
Streaming = Literal["refused", "served", "ignored"]
"""How it answers `sendInitialEvents`: as old servers, as new ones, as one that knows no better."""
ROOT = "/apis/example.com/v1"


class WidgetSpec(KubeModel):
    size: int = 1


class Widget(Resource, group="example.com", version="v1", plural="widgets"):
    """What the server keeps."""

    spec: WidgetSpec


@dataclass
class Fault:
    """What to do instead of answering; `cut` drops the connection without an answer."""

    status: int = 500
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: bool = False
    event: dict[str, Any] | None = None


GONE: dict[str, Any] = {
    "kind": "Status",
    "code": 410,
    "reason": "Expired",
    "message": "too old resource version",
}


REFUSED: dict[str, Any] = {
    "kind": "Status",
    "code": 422,
    "reason": "Invalid",
    "message": "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
}


class ApiServer:
    """Objects, watches, and planned faults."""

    def __init__(self) -> None:
        self.version = 100
        self.objects: dict[str, dict[str, Any]] = {}
        self.faults: dict[Step, list[Fault]] = defaultdict(list)
        self.requests: list[tuple[Step, web.BaseRequest]] = []
        self.connections: set[object] = set()
        self.accepted_token: str | None = None
        self.history_from = 0
        self.streaming: Streaming = "refused"
        self.refusals = 0
        self._log: list[tuple[int, dict[str, Any]]] = []
        self._watchers: dict[asyncio.Queue[dict[str, Any] | None], web.BaseRequest] = {}
        self.server: TestServer | None = None

    @property
    def watches(self) -> int:
        return len(self._watchers)

    def count(self, step: Step) -> int:
        return sum(1 for made, _ in self.requests if made == step)

    @property
    def config(self) -> ClusterConfig:
        assert self.server is not None
        return ClusterConfig(
            server=str(self.server.make_url("")).rstrip("/"), token="t"
        )

    # what happens in the cluster

    def put(
        self, name: str, size: int = 1, namespace: str = "a", *, silent: bool = False
    ) -> None:
        key = f"{namespace}/{name}"
        kind = "MODIFIED" if key in self.objects else "ADDED"
        self.version += 1
        self.objects[key] = {
            "apiVersion": "example.com/v1",
            "kind": "Widget",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"uid-{key}",
                "resourceVersion": str(self.version),
            },
            "spec": {"size": size},
        }
        self._tell(kind, self.objects[key], silent)

    def drop(self, name: str, namespace: str = "a", *, silent: bool = False) -> None:
        self.version += 1
        gone = self.objects.pop(f"{namespace}/{name}")
        gone["metadata"]["resourceVersion"] = str(self.version)
        self._tell("DELETED", gone, silent)

    def bookmark(self) -> None:
        self.version += 1
        metadata = {"resourceVersion": str(self.version)}
        self._send(
            {"type": "BOOKMARK", "object": {"kind": "Widget", "metadata": metadata}}
        )

    def _tell(self, kind: str, found: dict[str, Any], silent: bool) -> None:
        event = {"type": kind, "object": copy(found)}
        if not silent:
            self._log.append((self.version, event))
            self._send(event)

    def _send(self, event: dict[str, Any]) -> None:
        for queue in self._watchers:
            queue.put_nowait(event)

    def end_watches(self) -> None:
        """Ends all watches cleanly, as after `timeoutSeconds`."""
        for queue in list(self._watchers):
            queue.put_nowait(None)

    def cut_watches(self) -> None:
        """Breaks the connections of all watches."""
        for request in list(self._watchers.values()):
            if request.transport is not None:
                request.transport.abort()

    # the HTTP side

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        step = _get_step(request)
        streams = "sendInitialEvents" in request.query
        if streams and self.streaming == "refused":
            self.refusals += 1
            return web.json_response(REFUSED, status=422)
        if streams and self.streaming == "served":
            self.requests.append(("list", request))
        self.requests.append((step, request))
        self.connections.add(request.transport)
        failed = self._fail(request, step, streams)
        if failed is not None:
            return failed
        if step == "watch":
            return await self._watch(request)
        if step == "list":
            if request.query.get("labelSelector") == "stall":
                await asyncio.sleep(1)
            return self._list(request)
        return self._answer_one(request)

    def _fail(
        self, request: web.BaseRequest, step: Step, streams: bool
    ) -> web.Response | None:
        """What is answered instead, if something goes wrong."""
        given = request.headers.get("Authorization")
        if self.accepted_token is not None and given != f"Bearer {self.accepted_token}":
            return web.json_response(
                {"kind": "Status", "code": 401, "message": "Unauthorized"}, status=401
            )
        lists = self.faults["list"]
        if streams and lists:
            # What is not allowed is refused by pages as well, right after.
            return self._misbehave(
                request, lists[0] if lists[0].status == 403 else lists.pop(0)
            )
        if not self.faults[step]:
            return None
        fault = self.faults[step].pop(0)
        if fault.event is not None:
            return web.Response(text=json.dumps(fault.event) + "\n")
        return self._misbehave(request, fault)

    def _misbehave(self, request: web.BaseRequest, fault: Fault) -> web.Response:
        if fault.cut and request.transport is not None:
            request.transport.abort()
        body: dict[str, Any] = fault.body or {
            "kind": "Status",
            "code": fault.status,
            "message": "planned",
        }
        return web.json_response(body, status=fault.status, headers=fault.headers)

    def _list(self, request: web.BaseRequest) -> web.Response:
        namespace = _get_namespace(request)
        items = [
            item
            for item in self.objects.values()
            if namespace in (None, item["metadata"]["namespace"])
        ]
        start = int(request.query.get("continue", 0))
        limit = int(request.query.get("limit", len(items) + 1))
        metadata: dict[str, Any] = {"resourceVersion": str(self.version)}
        if start + limit < len(items):
            metadata |= {
                "continue": str(start + limit),
                "remainingItemCount": len(items) - start - limit,
            }
        page = items[start : start + limit]
        return web.json_response(
            {"kind": "WidgetList", "metadata": metadata, "items": page}
        )

    def _answer_one(self, request: web.BaseRequest) -> web.Response:
        name = request.path.rsplit("/", 1)[-1]
        found = self.objects.get(f"{_get_namespace(request)}/{name}")
        if found is None and request.method != "POST":
            return web.json_response(
                {
                    "kind": "Status",
                    "code": 404,
                    "reason": "NotFound",
                    "message": f'widgets "{name}" not found',
                },
                status=404,
            )
        return web.json_response(found or {})

    async def _watch(self, request: web.BaseRequest) -> web.StreamResponse:
        streams = "sendInitialEvents" in request.query
        since = self.version if streams else int(request.query["resourceVersion"])
        response = web.StreamResponse()
        await response.prepare(request)
        if since < self.history_from:
            await response.write(_line({"type": "ERROR", "object": GONE}))
            return response
        namespace = _get_namespace(request)
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        if streams:
            for found in self.objects.values():
                queue.put_nowait({"type": "ADDED", "object": copy(found)})
            if self.streaming == "served":
                queue.put_nowait(_end_initial(self.version))
        for version, logged in self._log:
            if version > since:
                queue.put_nowait(logged)
        self._watchers[queue] = request
        try:
            while (event := await queue.get()) is not None:
                metadata = event["object"]["metadata"]
                if namespace in (None, metadata.get("namespace", namespace)):
                    await response.write(_line(event))
        except ConnectionError:
            pass
        finally:
            del self._watchers[queue]
        return response


def copy(found: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(found))
    return made


def _end_initial(version: int) -> dict[str, Any]:
    metadata = {
        "resourceVersion": str(version),
        "annotations": {"k8s.io/initial-events-end": "true"},
    }
    return {"type": "BOOKMARK", "object": {"kind": "Widget", "metadata": metadata}}


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"


def _get_namespace(request: web.BaseRequest) -> str | None:
    parts = request.path.split("/")
    return parts[parts.index("namespaces") + 1] if "namespaces" in parts else None


def _get_step(request: web.BaseRequest) -> Step:
    if request.method != "GET":
        return "write"
    if request.query.get("watch") == "true":
        return "watch"
    return "list" if request.path.endswith("/widgets") else "get"


@asynccontextmanager
async def serve_api() -> AsyncGenerator[ApiServer]:
    """Runs one on a free port of this machine."""
    api = ApiServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    api.server = TestServer(app, port=0)
    await api.server.start_server(shutdown_timeout=0.1)
    try:
        yield api
    finally:
        api.end_watches()
        await api.server.close()

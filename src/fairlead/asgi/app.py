"""`Fairlead`: a router served as a plain ASGI application."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote

from fairlead.asgi.access_log import AccessLog
from fairlead.asgi.connections import Connections
from fairlead.asgi.cors import Cors
from fairlead.asgi.http import HttpEndpoint
from fairlead.asgi.lifecycle import Lifecycle
from fairlead.asgi.metrics import Measured, Metrics
from fairlead.asgi.origins import OriginPolicy
from fairlead.asgi.pages import add_header, send_status, send_text
from fairlead.asgi.runtime import Runtime
from fairlead.asgi.schema_drift import SchemaDrift
from fairlead.asgi.static import StaticSite
from fairlead.asgi.types import ASGIApp, Receive, Scope, Send
from fairlead.asgi.websocket import WebSocketEndpoint
from fairlead.auth.authenticator import Authenticator
from fairlead.compiling import CompiledRouter, compile_router
from fairlead.context import ServiceChooser, Services
from fairlead.errors import DefinitionError
from fairlead.protocol.options import WireOptions
from fairlead.protocol.urls import has_dots, resolve_dots
from fairlead.router import Router
from fairlead.telemetry import find_tracing

if TYPE_CHECKING:
    from fairlead.auth.sign_in import SignIn

__all__ = ["Fairlead", "LifespanHook"]

HSTS = (b"strict-transport-security", b"max-age=31536000")
"""Sent with pages and sign-in where the public URL says that browsers come over TLS."""
SAFE = "/,~.:@!$&'()*+;=-_"


class LifespanHook(Protocol):
    """Runs around the application's life: an `@asynccontextmanager` function of it."""

    def __call__(self, app: Fairlead, /) -> AbstractAsyncContextManager[object]:
        """Entered at start, left at the end."""
        ...


class Fairlead:
    """A router served over HTTP and WebSocket: a plain ASGI application.

    Raises:
        DefinitionError: a router, a procedure or a type is declared wrongly, or has no
            translation for clients; every problem is named with its cure.

    Args:
        router: the root router class.
        prefix: where the API is mounted, for HTTP and WebSocket alike.
        auth: finds the user of each request; without one nobody is ever signed in.
        kube: the cluster that resources live in; a service like the others.
        services: long-lived parts, found by type through `request.services`. Those that are
            async context managers are entered at start and left at the end, in this order.
        lifespan: runs around the application's life, after the services are there.
        wire: bounds and switches of the protocol.
        cors: which other origins may call; none by default.
        site: folder of a built client, served at every other path.
        mounts: further ASGI applications by path prefix, such as sign-in routes.
        access_log: one structured record per request, on the logger `fairlead.access`.
        check_types: refuse types that have no translation for generated clients, and notice clients
            of other types. False for an API that no generated client calls. Where a router is lazy,
            both waits until all of them are loaded; `fairlead check` does it before.
        development: tell pages in words how their types differ from those served; by default
            only under `fairlead dev`.
        drain_seconds: how long calls in flight may take once the process is told to stop.
    """

    def __init__(  # noqa: PLR0913  keyword-only; each is a part of its own
        self,
        router: type[Router[Any]],
        *,
        prefix: str = "/trpc",
        auth: Authenticator | None = None,
        kube: object | None = None,
        services: Iterable[object] = (),
        lifespan: LifespanHook | None = None,
        wire: WireOptions | None = None,
        cors: Cors | None = None,
        site: Path | StaticSite | None = None,
        mounts: Mapping[str, ASGIApp] | None = None,
        access_log: bool = False,
        check_types: bool = True,
        development: bool | None = None,
        drain_seconds: float = 10.0,
    ) -> None:
        self.router = router
        self.prefix = _check_prefix(prefix)
        parts = [part for part in (kube, auth, *services) if part is not None]
        self.services = Services(*parts)
        self.metrics = Metrics()
        self.connections = Connections()
        self.services.add(self.connections)
        for part in parts:
            if isinstance(part, Measured):
                for collector in part.collectors:
                    self.metrics.registry.register(collector)
        self._site = StaticSite(site) if isinstance(site, Path) else site
        self.lifecycle = Lifecycle(
            [*([] if self._site is None else [self._site]), *parts],
            [
                *([] if lifespan is None else [partial(lifespan, self)]),
                self._learn_types,
            ],
            self.connections,
            drain_seconds,
        )
        compiled = compile_router(router, find_tracing(), lazily=True)
        origins = _make_origins(cors, auth)
        runtime = Runtime(
            compiled=compiled,
            options=wire or WireOptions(),
            services=self.services,
            authenticator=auth,
            metrics=self.metrics,
            connections=self.connections,
            make_drift=_make_drift(self.metrics, development) if check_types else None,
            origins=origins,
            chooser=next((p for p in parts if isinstance(p, ServiceChooser)), None),
        )
        self.runtime = runtime
        self._http = HttpEndpoint(runtime, self.prefix.encode())
        self._websocket = WebSocketEndpoint(runtime)
        self._origins = origins
        self._cors = cors
        self._mounts = self._make_mounts(mounts or {}, auth, origins)
        self._access_log = AccessLog() if access_log else None
        self._raw_prefix = self.prefix.encode()
        self._is_plain = cors is None and not access_log

    @asynccontextmanager
    async def _learn_types(self) -> AsyncGenerator[None]:
        """Beside the life of the application: clients with a digest do not wait for it then."""
        drift = self.runtime.drift
        if drift is None or drift.learned:
            yield
            return
        task = asyncio.create_task(drift.learn_aside())
        try:
            yield
        finally:
            task.cancel()

    def _make_mounts(
        self,
        given: Mapping[str, ASGIApp],
        auth: Authenticator | None,
        origins: OriginPolicy,
    ) -> dict[str, ASGIApp]:
        mounts = {_check_prefix(path): app for path, app in given.items()}
        sign_in = _as_sign_in(auth)
        if sign_in is not None:
            from fairlead.asgi.sign_in import PREFIX, SignInRoutes  # noqa: PLC0415

            mounts.setdefault(PREFIX, SignInRoutes(sign_in, self.services, origins))
        return mounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        kind = scope["type"]
        if kind == "http":
            self.lifecycle.enter()
            try:
                if self.connections.draining:
                    send = _close_after(send)
                route = self._http.lane.find(scope) if self._is_plain else None
                if route is not None:
                    await self._http.express(scope, receive, send, route)
                else:
                    await self._serve_http(scope, receive, send)
            finally:
                self.lifecycle.leave()
        elif kind == "websocket":
            await self._serve_websocket(scope, receive, send)
        elif kind == "lifespan":
            await self.lifecycle.handle_lifespan(receive, send)

    def _is_api(self, raw_path: bytes) -> bool:
        size = len(self._raw_prefix)
        return raw_path.startswith(self._raw_prefix) and raw_path[size : size + 1] in (
            b"/",
            b"",
        )

    def _find_raw_path(self, scope: Scope) -> bytes:
        """The path as sent, below where this application is mounted."""
        raw_path = _get_raw_path(scope)
        if self._is_api(raw_path):
            return raw_path
        # Litestar's mounts shorten `path` and leave `raw_path` as it was.
        return quote(_get_local_path(scope), safe=SAFE).encode()

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path = self._find_raw_path(scope)
        if self._access_log is not None:
            send = self._access_log.wrap(scope, send, perf_counter())
        if self._cors is not None:
            if await self._cors.answer_preflight(scope, send):
                return
            send = self._cors.wrap(scope, send)
        if self._is_api(raw_path):
            if has_dots(raw_path):
                resolved = resolve_dots(raw_path)
                raw_path = resolved if self._is_api(resolved) else self._raw_prefix
            await self._http.handle(
                scope, receive, send, raw_path[len(self._raw_prefix) :]
            )
        else:
            await self._serve_other(scope, receive, send)

    async def _serve_websocket(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        path = _get_local_path(scope)
        if path.rstrip("/") == self.prefix:
            await self._websocket.handle(scope, receive, send)
            return
        mounted = self._find_mount(path)
        if mounted is not None:
            await mounted(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "nothing here"})

    def find_websocket(self, path: str) -> WebSocketEndpoint | None:
        """The endpoint that serves WebSockets at a path, for servers that go past ASGI."""
        if path.rstrip("/") == self.prefix:
            return self._websocket
        mounted = self._find_mount(path)
        return mounted.find_websocket(path) if isinstance(mounted, Fairlead) else None

    async def _serve_other(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _get_local_path(scope)
        if self._origins.is_secure:
            send = add_header(send, HSTS)
        mounted = self._find_mount(path)
        page = path.removesuffix("/")  # which Litestar's mounts add
        if mounted is not None:
            await mounted(scope, receive, send)
        elif page == "/healthz":
            await send_status(send, 200, "alive")
        elif page == "/readyz":
            ready = self.lifecycle.ready
            await send_status(
                send, 200 if ready else 503, "ready" if ready else "not ready"
            )
        elif page == "/metrics":
            await send_text(
                send,
                200,
                self.metrics.render(),
                b"text/plain; version=0.0.4; charset=utf-8",
            )
        elif self._site is not None:
            await self._site.serve(scope, send, path)
        else:
            await send_status(send, 404, f"nothing at {path}")

    def _find_mount(self, path: str) -> ASGIApp | None:
        for prefix, app in self._mounts.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                return app
        return None


def _make_drift(
    metrics: Metrics, development: bool | None
) -> Callable[[CompiledRouter], SchemaDrift]:
    return partial(SchemaDrift.of, metrics=metrics, development=development)


def _make_origins(cors: Cors | None, auth: Authenticator | None) -> OriginPolicy:
    sign_in = _as_sign_in(auth)
    return OriginPolicy(cors, None if sign_in is None else sign_in.find_public_origin)


def _as_sign_in(auth: Authenticator | None) -> SignIn | None:
    """Its module brings an HTTP client and cryptography: who has one has imported it already."""
    module = sys.modules.get("fairlead.auth.sign_in")
    if module is None or not isinstance(auth, module.SignIn):
        return None
    return cast("SignIn", auth)


def _close_after(send: Send) -> Send:
    """A `send` that asks the client for a new connection, which a newer process will take."""
    return add_header(send, (b"connection", b"close"))


def _check_prefix(prefix: str) -> str:
    trimmed = prefix.rstrip("/")
    if trimmed and not trimmed.startswith("/"):
        raise DefinitionError(
            f"the prefix {prefix!r} must start with a slash, such as '/trpc'"
        )
    return trimmed


def _get_local_path(scope: Scope) -> str:
    """The path below where this application is mounted itself."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path


def _get_raw_path(scope: Scope) -> bytes:
    raw: bytes | None = scope.get("raw_path")
    root: str = scope.get("root_path", "")
    if raw is None:
        return quote(_get_local_path(scope), safe=SAFE).encode()
    if root:
        raw_root = quote(root).encode()
        raw = raw.removeprefix(raw_root)
    return raw.partition(b"?")[0]

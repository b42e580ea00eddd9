"""The HTTP surface: one ASGI application in front of everything else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import unquote
from uuid import uuid4

from fairlead.devcluster.authentication import impersonate
from fairlead.devcluster.columns import wall_time
from fairlead.devcluster.errors import (
    ApiError,
    PlainError,
    bad_request,
    expired,
    timed_out,
)
from fairlead.devcluster.execution import Exchange
from fairlead.devcluster.faults import Fault
from fairlead.devcluster.identity import AUTHENTICATED, MASTERS, User
from fairlead.devcluster.lines import LINE, SLICE_BYTES, Line, slices
from fairlead.devcluster.negotiation import error_media
from fairlead.devcluster.options import check_timeout
from fairlead.devcluster.rbac import Attributes
from fairlead.devcluster.request import Request, parse_query, resolve
from fairlead.devcluster.responses import Response, Stream, encode, plain
from fairlead.devcluster.routes import Answer, Routes
from fairlead.devcluster.sockets import (
    AsgiSocket,
    refuse,
    run_exchange,
    send_frames,
    take_bearer,
)
from fairlead.devcluster.state import State
from fairlead.devcluster.watches import expired_stream

log = logging.getLogger("fairlead.devcluster")

# ASGI's own types: messages are dictionaries of anything.
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CLOSING_SECONDS = 0.05  # how soon a held request notices that the server closes
_READS = {"get", "list"}
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}


class Application:
    """The ASGI application of one cluster."""

    def __init__(
        self, state: State, *, hosts: Iterable[str] = (), insecure: bool = False
    ) -> None:
        self._state = state
        self._routes = Routes(state)
        self._hosts = _LOOPBACK | set(hosts)
        self._insecure = insecure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        wall_time.set(self._state.clock)
        if scope["type"] == "websocket":
            await self._upgrade(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        request = _read_request(scope, receive, self._state.limits.body_bytes)
        try:
            response = await self._respond(request)
        except _Cut:
            # An unfinished answer makes the server close the connection.
            head = [(b"content-length", b"1")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            return
        if isinstance(response, Stream):
            line: Line | None = scope.get("extensions", {}).get(LINE)
            await _send_stream(request, response, receive, send, line)
        elif isinstance(response, Response):
            await _send_response(request, response, send)

    async def _upgrade(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one WebSocket: a command, a watch, or a refusal."""
        await receive()
        request = _read_request(scope, receive, self._state.limits.body_bytes)
        request.upgrade = "websocket"
        response: Answer
        try:
            token, request.protocols = take_bearer(list(scope["subprotocols"]))
            if token and not request.header("authorization"):
                request.headers.append(("authorization", f"Bearer {token}"))
            response = await self._respond(request)
        except ApiError as exc:
            response = Response(exc.code, encode(exc.status()))
        except _Cut:
            await send({"type": "websocket.close", "code": 1006})
            return
        socket = AsgiSocket(receive, send)
        if isinstance(response, Exchange):
            await run_exchange(response, socket)
        elif isinstance(response, Stream):
            await send_frames(response, request.protocols, socket)
        else:
            await refuse(response, send)

    async def _respond(self, request: Request) -> Answer:
        try:
            return await self._guarded(request)
        except ApiError as exc:
            media = error_media(request.header("accept"))
            return Response(exc.code, encode(exc.status(), media), media, exc.headers)
        except PlainError as exc:
            return plain(exc.text, exc.code)
        except RecursionError:
            problem = bad_request("exceeded max depth")
            return Response(400, encode(problem.status()))
        except _Cut:
            raise
        except Exception as exc:
            log.exception(
                "the dev cluster failed on %s %s", request.method, request.path
            )
            problem = ApiError(
                500,
                "InternalError",
                f"Internal error occurred: {type(exc).__name__}: {exc}",
                {},
            )
            return Response(500, encode(problem.status()))

    async def _guarded(self, request: Request) -> Answer:
        self._check_host(request)
        request.user = self._authenticate(request)
        request.user = impersonate(request, self._state.authorizer)
        resolve(request)
        self._state.authorizer.require(request.user, _attributes(request))
        return await self._in_time(request)

    async def _in_time(self, request: Request) -> Answer:
        """Answer within the time that the client and the server allow."""
        seconds = self._state.limits.request_seconds
        if request.is_resource and not request.watching:
            seconds = min(check_timeout(request) or seconds, seconds)
        # Not the loop's clock, which may stand still within one turn.
        end = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                found = await self._planned(request)
        except TimeoutError:
            raise timed_out() from None
        if request.verb in _READS and time.monotonic() > end:
            raise timed_out()
        return found

    async def _planned(self, request: Request) -> Answer:
        """Answer as the planned faults say, or as the routes do."""
        fault = self._state.faults.take(request.verb, request.plural, request.namespace)
        if fault is not None and (planned := await self._fail(fault, request)):
            return planned
        return await self._routes.respond(request)

    def _check_host(self, request: Request) -> None:
        host = request.header("host")
        if self._insecure and request.header("origin"):
            # Without credentials to ask for, a page in a browser must not get in.
            raise ApiError(
                403, "Forbidden", "browsers may not use the insecure form", {}
            )
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name.lower() not in self._hosts:
            raise ApiError(
                421,
                "BadRequest",
                f"the host {host!r} is not served here: use 127.0.0.1, localhost or a configured name",
            )

    def _authenticate(self, request: Request) -> User:
        authorization = request.header("authorization")
        if self._insecure and not authorization:
            return _INSECURE_ADMIN
        return self._state.authenticator.authenticate(authorization)

    async def _hold(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self._state.closing and (left := end - loop.time()) > 0:  # noqa: ASYNC110 - a flag, looked at again
            await asyncio.sleep(min(left, _CLOSING_SECONDS))

    async def _fail(self, fault: Fault, request: Request) -> Response | Stream | None:
        if fault.delay:
            await self._hold(fault.delay)
            return None
        if fault.cut:
            raise _Cut
        if fault.status == 410:
            problem = expired(
                f"too old resource version: {request.param('resourceVersion') or 0} ({self._state.storage.revision})"
            )
            if request.watching:
                return expired_stream(problem)
            raise problem
        headers = (
            {"retry-after": str(fault.retry_after)}
            if fault.status in {429, 503}
            else {}
        )
        reason = _REASONS.get(fault.status, "InternalError")
        details = {"retryAfterSeconds": fault.retry_after} if headers else {}
        raise ApiError(
            fault.status,
            reason,
            f"planned failure {fault.status}",
            details,
            headers=headers,
        )


_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class _Cut(Exception):  # noqa: N818 - not an error: a planned end of the connection
    """The connection is to be closed without an answer."""


_INSECURE_ADMIN = User("system:insecure", (MASTERS, AUTHENTICATED))


def _attributes(request: Request) -> Attributes:
    if not request.is_resource:
        return Attributes(request.verb, path=request.path)
    name = request.name
    if not name and request.verb in {"list", "watch", "deletecollection"}:
        name = _selected_name(request) if request.verb != "deletecollection" else ""
    return Attributes(
        request.verb,
        request.group,
        request.plural,
        request.subresource,
        request.namespace,
        name,
    )


def _selected_name(request: Request) -> str:
    """Return the name that `fieldSelector=metadata.name=x` asks for."""
    for term in request.param("fieldSelector").split(","):
        key, _, value = term.partition("=")
        if key == "metadata.name":
            return value.removeprefix("=")
    return ""


def _read_request(scope: Scope, receive: Receive, limit: int) -> Request:
    headers = [
        (key.decode("latin-1"), value.decode("latin-1"))
        for key, value in scope["headers"]
    ]

    async def read_body() -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise bad_request("the request ended before its body was complete")
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise ApiError(
                    413,
                    "RequestEntityTooLarge",
                    f"Request entity too large: limit is {limit}",
                )
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)

    query: bytes = scope["query_string"]
    return Request(
        scope.get("method", "GET"),
        unquote(scope["raw_path"].decode("latin-1").partition("?")[0])
        if "raw_path" in scope
        else scope["path"],
        parse_query(query.decode("latin-1")) if query else {},
        headers,
        read_body,
    )


def _head(request: Request, response: Response | Stream) -> list[tuple[bytes, bytes]]:
    head = [
        (b"content-type", response.media.encode()),
        (b"cache-control", b"no-cache, private"),
        (b"audit-id", str(uuid4()).encode()),
    ]
    for text in request.warnings:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        plain_text = "".join(sign if " " <= sign <= "~" else "?" for sign in escaped)
        head.append((b"warning", f'299 - "{plain_text}"'.encode()))
    return head


async def _send_response(request: Request, response: Response, send: Send) -> None:
    head = _head(request, response)
    head += [(key.encode(), value.encode()) for key, value in response.headers.items()]
    if response.status not in {204, 304}:
        head.append((b"content-length", str(len(response.body)).encode()))
    else:
        head = (
            [item for item in head if item[0] != b"content-type"]
            if response.status == 204
            else head
        )
    await send(
        {"type": "http.response.start", "status": response.status, "headers": head}
    )
    body = b"" if request.method == "HEAD" else response.body
    if len(body) > SLICE_BYTES:
        for piece in slices(body):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})


async def _send_stream(
    request: Request,
    response: Stream,
    receive: Receive,
    send: Send,
    line: Line | None,
) -> None:
    """Send pieces as they come; stop when the client goes away."""
    head = _head(request, response)
    await send(
        {"type": "http.response.start", "status": response.status, "headers": head}
    )
    if response.push is not None and line is not None:
        # The connection says by itself when its client goes away.
        await response.pieces.aclose()
        await response.push(line)
        await send({"type": "http.response.body", "body": b""})
        return
    sender = asyncio.create_task(_send_pieces(response, send))
    watcher = asyncio.create_task(_until_disconnect(receive))
    try:
        await asyncio.wait({sender, watcher}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sender, watcher):
            if not task.done():
                task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
        with contextlib.suppress(asyncio.CancelledError):
            await sender


async def _send_pieces(response: Stream, send: Send) -> None:
    async with contextlib.aclosing(response.pieces) as pieces:
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

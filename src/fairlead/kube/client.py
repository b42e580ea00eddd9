"""HTTP to an API server: one pool of connections, raw JSON bytes in and out.

Retries are for what cannot have happened: a read, a connection that was refused, or a request
that the server turned away before working on it (429).
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Literal, TypeVar

import aiohttp
from yarl import URL

from fairlead.kube.credentials import (
    Certificate,
    Credentials,
    ServerCredentials,
    make_ssl_context,
)
from fairlead.kube.errors import (
    KubeConfigError,
    KubeError,
    KubeProtocolError,
    KubeStatusError,
    KubeUnreachableError,
    make_status_error,
)
from fairlead.kube.kubeconfig import ClusterConfig
from fairlead.kube.long_answers import LongAnswer
from fairlead.kube.retrying import MIDDLEWARES, may_repeat, read_retry_after
from fairlead.kube.shared_lists import SharedLists
from fairlead.kube.transport_errors import FailureLog, fail_with
from fairlead.kube.urls import Query, to_query

__all__ = ["REVIEWS", "ClientOptions", "KubeClient", "KubeRequest"]

_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, KubeConfigError)

REVIEWS = "/apis/authorization.k8s.io/v1"
"""Where the cluster is asked about rights."""

T = TypeVar("T")
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """Bounds of a client.

    Attributes:
        connect_timeout: seconds to reach the server.
        request_timeout: seconds one request may take, its retries not counted.
        attempts: how often a request is tried that may be repeated.
        max_retry_wait: a longer `Retry-After` is not waited for but reported.
        max_connections: requests under way at once; streams have connections beyond these, and
            so have as many long answers as are being passed on.
    """

    connect_timeout: float = 5.0
    request_timeout: float = 30.0
    attempts: int = 3
    backoff: float = 0.2
    max_retry_wait: float = 5.0
    max_connections: int = 100
    user_agent: str = "fairlead"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeRequest:
    """One request; `path` comes from `fairlead.kube.urls`."""

    method: Method
    path: str
    credentials: Credentials
    query: Query = field(
        default_factory=dict[str, str | int | bool | tuple[str, ...] | None]
    )
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"


class KubeClient:
    """Requests to one API server. Use it as an async context manager, or `aclose` it.

    Attributes:
        lists: those that are asked for now.
        on_forbidden: called with the key of credentials that the cluster refused something
            (403), so that nobody goes on believing they may.
    """

    def __init__(
        self, config: ClusterConfig, options: ClientOptions | None = None
    ) -> None:
        self.config = config
        self.options = options or ClientOptions()
        self._proxy = config.find_proxy()
        self.server_credentials = ServerCredentials(config)
        certificate = self.server_credentials.certificate
        # Made now, so that what is wrong with it is told at start.
        self._tls = {certificate: make_ssl_context(config, certificate)}
        self._sessions: dict[Certificate | None, aiohttp.ClientSession] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._failures = FailureLog(config.server)
        self._closed = False
        self._slots = asyncio.Semaphore(self.options.max_connections)
        self._long_answers = 0
        self.lists = SharedLists()
        self.on_forbidden: list[Callable[[Hashable], None]] = []

    async def __aenter__(self) -> KubeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes all connections; requests fail from then on."""
        self._closed = True
        await self.server_credentials.aclose()
        while self._sessions:
            self._retire(next(iter(self._sessions)))
        while self._closing:
            await asyncio.gather(*self._closing)

    async def send(self, request: KubeRequest) -> bytes:
        """Sends a request and returns the answer's body.

        Raises:
            KubeError: there was no answer, or it is an error.
        """
        return await self._try(request, self._send_once)

    async def send_long(self, request: KubeRequest, size: int) -> bytes | LongAnswer:
        """Sends a request and returns the whole answer, or a longer one when `size` bytes came.

        There are as many long answers at once as `max_connections`; more are read whole. Tried
        again is only what breaks before it is returned.

        Raises:
            KubeError: there was no answer, or it is an error.
        """
        if self._long_answers >= self.options.max_connections:
            return await self.send(request)
        return await self._try(request, partial(self._begin_long, size))

    async def _send_once(self, request: KubeRequest) -> bytes:
        async with (
            self._slots,
            self._open(request, self.options.request_timeout) as response,
        ):
            return await self._read(response)

    async def _begin_long(self, size: int, request: KubeRequest) -> bytes | LongAnswer:
        async with AsyncExitStack() as stack:
            self._long_answers += 1
            stack.callback(self._end_long)
            async with self._slots:
                # Not in all but between two chunks: who reads it decides how long it takes.
                silence = self.options.request_timeout
                opened = self._open(request, None, silence)
                response = await stack.enter_async_context(opened)
                chunks = self._read_chunks(response)
                first = bytearray()
                while len(first) < size:
                    chunk = await anext(chunks, None)
                    if chunk is None:
                        return bytes(first)
                    first += chunk
            packed = "Content-Encoding" in response.headers
            length = None if packed else response.content_length
            return LongAnswer(bytes(first), chunks, length, stack.pop_all().aclose)

    def _end_long(self) -> None:
        self._long_answers -= 1

    async def _try(
        self, request: KubeRequest, send: Callable[[KubeRequest], Awaitable[T]]
    ) -> T:
        attempt = 1
        while True:
            try:
                return await send(request)
            except KubeError as error:
                wait = self._get_retry_wait(request, error, attempt)
                if wait is None:
                    raise
                await asyncio.sleep(wait)
            attempt += 1

    @asynccontextmanager
    async def stream(
        self, request: KubeRequest, *, silence: float
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Opens an answer without end (a watch, a log) as chunks of bytes.

        Args:
            silence: seconds without a byte after which the connection counts as dead.

        Raises:
            KubeError: it could not be opened, or broke.
        """
        async with self._open(request, None, silence) as response:
            yield self._read_chunks(response)

    async def connect(
        self, request: KubeRequest, protocols: Sequence[str]
    ) -> aiohttp.ClientWebSocketResponse:
        """Opens a WebSocket: for exec and attach.

        Raises:
            KubeError: it could not be opened.
        """
        for renew in (False, True):
            try:
                headers = await request.credentials.get_headers(renew=renew)
                async with asyncio.timeout(self.options.request_timeout):
                    return await self._get_session(request.credentials).ws_connect(
                        self._get_url(request),
                        headers=headers,
                        protocols=protocols,
                        autoping=True,
                        heartbeat=30.0,
                        max_msg_size=2**22,
                        server_hostname=self.config.tls_server_name,
                        proxy=self._proxy,
                    )
            except aiohttp.WSServerHandshakeError as error:
                if error.status == HTTPStatus.UNAUTHORIZED and not renew:
                    continue
                raise await self._explain_handshake(request, error) from error
            except _FAILURES as error:
                fail_with(error, self._failures)
        raise AssertionError("unreachable")

    async def _explain_handshake(
        self, request: KubeRequest, error: aiohttp.WSServerHandshakeError
    ) -> KubeError:
        """Why a WebSocket was refused: asked again by HTTP, whose answer has a body."""
        try:
            await self.send(request)
        except KubeError as explained:
            return explained
        return make_status_error(error.status, b"")

    async def _read_chunks(
        self, response: aiohttp.ClientResponse
    ) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.content.iter_any():
                yield chunk
        except _FAILURES as error:
            fail_with(error, self._failures)

    @asynccontextmanager
    async def _open(
        self, request: KubeRequest, total: float | None, silence: float | None = None
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        response = await self._request(request, total, silence)
        if response.status == HTTPStatus.UNAUTHORIZED:
            # The token may have expired since it was read; ask for another one, once.
            response.release()
            response = await self._request(request, total, silence, renew=True)
        try:
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise await self._make_error(request, response)
            if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                # Followed, it would get the credentials.
                message = "The cluster's address points somewhere else: check the kubeconfig's server"
                self._failures.note(message, f"HTTP {response.status}")
                raise KubeProtocolError(message)
            yield response
        finally:
            response.close() if total is None else response.release()

    async def _request(
        self,
        request: KubeRequest,
        total: float | None,
        silence: float | None,
        *,
        renew: bool = False,
    ) -> aiohttp.ClientResponse:
        timeout = aiohttp.ClientTimeout(
            total=total, sock_connect=self.options.connect_timeout, sock_read=silence
        )
        url = self._get_url(request)
        headers = [("Accept", request.accept)]
        if request.body is not None:
            headers.append(("Content-Type", request.content_type))
        try:
            headers += await request.credentials.get_headers(renew=renew)
            return await self._get_session(request.credentials).request(
                request.method,
                url,
                data=request.body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                server_hostname=self.config.tls_server_name,
                proxy=self._proxy,
            )
        except _FAILURES as error:
            fail_with(error, self._failures)

    def _get_url(self, request: KubeRequest) -> URL:
        query = to_query(request.query)
        # `encoded`: the path is checked and quoted; nothing may be resolved or quoted again.
        return URL(
            f"{self.config.server}{request.path}{'?' if query else ''}{query}",
            encoded=True,
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        try:
            return await response.read()
        except _FAILURES as error:
            fail_with(error, self._failures)

    async def _make_error(
        self, request: KubeRequest, response: aiohttp.ClientResponse
    ) -> KubeStatusError:
        is_review = request.path.startswith(REVIEWS)
        if response.status == HTTPStatus.FORBIDDEN and not is_review:
            for listener in self.on_forbidden:
                listener(request.credentials.key)
        return make_status_error(
            response.status,
            await self._read(response),
            retry_after=read_retry_after(response.headers),
            unauthorized_code=request.credentials.unauthorized_code,
        )

    def _get_retry_wait(
        self, request: KubeRequest, error: KubeError, attempt: int
    ) -> float | None:
        """Seconds until the next try; None when there must be none."""
        if attempt >= self.options.attempts or not may_repeat(request.method, error):
            return None
        asked = error.retry_after if isinstance(error, KubeStatusError) else None
        if asked is None:
            ceiling = self.options.backoff * 2**attempt
            return random.uniform(ceiling / 2, ceiling)  # noqa: S311  jitter, no secret
        return asked if asked <= self.options.max_retry_wait else None

    def _get_session(self, credentials: Credentials) -> aiohttp.ClientSession:
        """Connections that show the certificate of these credentials, and no other's."""
        if self._closed:
            raise KubeUnreachableError("The connection to the cluster is closed")
        certificate = credentials.certificate
        session = self._sessions.get(certificate)
        if session is None:
            if certificate not in self._tls:
                self._tls[certificate] = make_ssl_context(self.config, certificate)
            session = self._make_session(self._tls[certificate])
            self._sessions[certificate] = session
            # A plugin gives new ones; requests under way keep the last one's connections.
            for old in [each for each in self._sessions if each is not None][:-2]:
                self._retire(old)
        return session

    def _retire(self, certificate: Certificate | None) -> None:
        session = self._sessions.pop(certificate)
        self._tls.pop(certificate, None)
        task = asyncio.get_running_loop().create_task(session.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _make_session(self, tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=0,
            ssl=tls if tls is not None else False,
            keepalive_timeout=60,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.options.user_agent},
            read_bufsize=2**16,  # larger ones are joined, and leave the cache
            max_field_size=2**16,
            max_line_size=2**16,
            middlewares=MIDDLEWARES,
        )

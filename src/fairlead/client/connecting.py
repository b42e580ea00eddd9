"""`connect`: a router over the wire, typed as itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from ssl import SSLContext
from typing import Any, TypeVar

import aiohttp

from fairlead.client.executor import WireExecutor
from fairlead.client.options import ClientOptions, Given, Identity
from fairlead.client.target import Target, check_url
from fairlead.compiling import compile_router
from fairlead.router import Router

__all__ = ["connect"]

RouterT = TypeVar("RouterT", bound=Router[Any])


@asynccontextmanager
async def connect(  # noqa: PLR0913  keyword-only; each is a part of its own
    url: str,
    router: type[RouterT],
    *,
    headers: Given[Mapping[str, str]] | None = None,
    token: Given[str] | None = None,
    connection_params: Given[Mapping[str, str]] | None = None,
    options: ClientOptions | None = None,
    session: aiohttp.ClientSession | None = None,
    tls: SSLContext | None = None,
) -> AsyncGenerator[RouterT]:
    """The router at a URL: every procedure callable with its own signature.

        async with connect("https://example.com/trpc", App, token=get_token) as app:
            pods = await app.pods.list_(namespace="x")
            async for event in app.pods.watch(namespace="x"):
                ...

    Nothing is sent before the first call. Leaving the block aborts what is running.

    Args:
        url: the API's mount, such as `https://example.com/trpc`.
        router: the root router class.
        headers: of every request; a function is asked at each request.
        token: sent as `Authorization: Bearer`; a function is asked at each request.
        connection_params: tRPC's connection params, for subscriptions.
        options: how to speak, and the bounds of it.
        session: an aiohttp session to use (for proxies, cookies, tracing); it stays open.
        tls: for a private certificate authority or a client certificate.

    Raises:
        DefinitionError: the URL or the router is wrong.
    """
    mount = check_url(url)
    compiled = compile_router(router)
    # No cookies: a client is one identity, and says so by headers.
    used = session or aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
    target = Target(
        url=mount,
        options=options or ClientOptions(),
        identity=Identity(
            headers=headers, token=token, connection_params=connection_params
        ),
        session=used,
        tls=tls,
    )
    client = router()
    try:
        async with aclosing(WireExecutor(target, compiled.tree)) as executor:
            client.bind(executor)
            yield client
    finally:
        if session is None:
            await used.close()

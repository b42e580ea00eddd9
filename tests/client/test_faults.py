"""Servers that are away, are something else, or say more than a client takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from tests.client.servers import find_free_port
from tests.conformance.router import App

from fairlead import DefinitionError
from fairlead.client import (
    ClientOptions,
    ProtocolError,
    Reconnect,
    RemoteError,
    TransportError,
    connect,
)
from fairlead.client.options import Identity


@asynccontextmanager
async def answering(
    answer: Callable[[web.Request], web.Response],
) -> AsyncGenerator[str]:
    """A server that is no tRPC server."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = find_free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/trpc"
    finally:
        await runner.cleanup()


async def test_an_unreachable_server_is_named() -> None:
    url = f"http://127.0.0.1:{find_free_port()}/trpc"
    async with connect(url, App) as app:
        with pytest.raises(TransportError, match=url):
            await app.ping()


@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_a_subscription_gives_up_after_as_many_attempts_as_told(
    transport: str,
) -> None:
    options = ClientOptions(
        subscriptions=transport,  # type: ignore[arg-type]  # parametrized
        reconnect=Reconnect(initial=0.01, attempts=2),
    )
    url = f"http://127.0.0.1:{find_free_port()}/trpc"
    async with connect(url, App, options=options) as app:
        with pytest.raises(TransportError):
            await anext(app.sub.count(1))


async def test_a_proxys_error_page_is_shown() -> None:
    page = "<h1>Bad gateway</h1>"
    async with (
        answering(lambda _: web.Response(status=502, text=page)) as url,
        connect(url, App) as app,
    ):
        with pytest.raises(ProtocolError, match=r"status 502 and '<h1>Bad gateway"):
            await app.ping()
        with pytest.raises(ProtocolError, match="status 502"):
            await app.stream.count(1)


async def test_a_redirect_to_a_sign_in_page_is_not_followed() -> None:
    def redirect(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"location": "/login"})

    async with answering(redirect) as url, connect(url, App) as app:
        with pytest.raises(ProtocolError, match="status 302"):
            await app.ping()


@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_a_server_without_subscriptions_is_not_tried_for_ever(
    transport: str,
) -> None:
    options = ClientOptions(subscriptions=transport)  # type: ignore[arg-type]  # as above
    async with (
        answering(lambda _: web.Response(status=404, text="nothing")) as url,
        connect(url, App, options=options) as app,
    ):
        with pytest.raises((TransportError, ProtocolError), match="404"):
            await anext(app.sub.count(1))


@pytest.mark.parametrize(
    "body", ["[]", "{}", "null", "7", '[{"result":{}},{"result":{}}]', '{"result":5}']
)
async def test_json_that_is_no_answer_is_refused(body: str) -> None:
    async with (
        answering(lambda _: web.Response(text=body)) as url,
        connect(url, App) as app,
    ):
        with pytest.raises(ProtocolError):
            await app.ping()


async def test_an_answer_of_another_type_is_refused() -> None:
    body = '{"result":{"data":{"n":1}}}'
    async with (
        answering(lambda _: web.Response(text=body)) as url,
        connect(url, App) as app,
    ):
        with pytest.raises(ProtocolError, match=r"ping .* does not fit its type"):
            await app.ping()


async def test_an_answer_that_is_too_long_is_refused() -> None:
    options = ClientOptions(response_bytes=1000)
    async with (
        answering(lambda _: web.Response(text=" " * 2000)) as url,
        connect(url, App, options=options) as app,
    ):
        with pytest.raises(ProtocolError, match="response_bytes"):
            await app.ping()


async def test_a_message_that_is_too_long_is_refused(server: str) -> None:
    options = ClientOptions(message_bytes=200)
    async with connect(f"{server}/trpc", App, options=options) as app:
        with pytest.raises(ProtocolError, match="message_bytes"):
            await anext(app.sub.echo("x" * 1000))


async def test_a_token_is_asked_for_at_each_request() -> None:
    seen: list[str | None] = []
    tokens = iter(["one", "two"])

    def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("authorization"))
        return web.Response(text='{"result":{"data":"pong"}}')

    async with (
        answering(answer) as url,
        connect(url, App, token=lambda: next(tokens)) as app,
    ):
        await app.ping()
        await app.ping()
    assert seen == ["Bearer one", "Bearer two"]


async def test_what_a_token_function_raises_reaches_the_caller() -> None:
    async def fail() -> str:
        raise LookupError("no token")

    url = f"http://127.0.0.1:{find_free_port()}/trpc"
    async with connect(url, App, token=fail) as app:
        with pytest.raises(LookupError, match="no token"):
            await app.ping()
        with pytest.raises(LookupError, match="no token"):
            await anext(app.sub.count(1))


async def test_a_session_of_ones_own_is_used_and_left_open() -> None:
    def answer(request: web.Request) -> web.Response:
        found = request.headers["x-mine"]
        return web.Response(text=f'{{"result":{{"data":"{found}"}}}}')

    async with (
        aiohttp.ClientSession(headers={"x-mine": "pong"}) as session,
        answering(answer) as url,
    ):
        async with connect(url, App, session=session) as app:
            assert await app.ping() == "pong"
        assert not session.closed


def test_secrets_are_in_no_repr() -> None:
    identity = Identity(
        headers={"cookie": "s3cret"}, token="s3cret", connection_params={"t": "s3cret"}
    )
    assert "s3cret" not in repr(identity)


@pytest.mark.parametrize(
    "url", ["example.com/trpc", "ftp://x/trpc", "http://", "http://x/trpc?a=1"]
)
async def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(DefinitionError):
        async with connect(url, App):
            pass


async def test_a_url_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(DefinitionError) as caught:
        async with connect("http://ann:s3cret@x/trpc", App):
            pass
    assert "s3cret" not in str(caught.value)


def test_bounds_are_positive() -> None:
    with pytest.raises(DefinitionError, match="buffer_events is 0"):
        ClientOptions(buffer_events=0)


async def test_an_unknown_code_is_found_by_its_number() -> None:
    body = '{"error":{"message":"m","code":-32004,"data":{"code":"ODD"}}}'
    async with (
        answering(lambda _: web.Response(text=body, status=404)) as url,
        connect(url, App) as app,
    ):
        with pytest.raises(RemoteError) as caught:
            await app.ping()
    assert (caught.value.code, caught.value.data["code"]) == ("NOT_FOUND", "ODD")


async def test_a_closed_client_says_so(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        await app.ping()
    with pytest.raises(TransportError, match="closed"):
        await app.ping()
    with pytest.raises(TransportError, match="closed"):
        await anext(app.sub.count(1))

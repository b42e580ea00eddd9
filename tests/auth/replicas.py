"""An application on real servers: several replicas that share nothing but the session store."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
import uvicorn
from tests.auth.provider import RunningProvider
from yarl import URL

from fairlead import (
    Context,
    Fairlead,
    Router,
    authenticated,
    mutation,
    public,
    query,
    subscription,
)
from fairlead.auth import AttemptOptions, KeyRing, MySessions, SessionOptions, SignIn
from fairlead.auth.grants import Grant, read_answer
from fairlead.auth.keys import make_key
from fairlead.auth.provider import Provider
from fairlead.auth.sign_in import Client
from fairlead.auth.transaction import Transaction

__all__ = ["Browser", "Replica", "make_grant", "open_replica", "run_replicas"]

KEYS = KeyRing.from_text(make_key())


@dataclass
class Gate:
    """Holds a call back until the test lets it go."""

    entered: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


class App(Router[Context]):
    sessions: MySessions

    @query(access=public)
    async def health(self) -> str:
        return "ok"

    @query(access=authenticated)
    async def me(self) -> str:
        user = self.ctx.request.user
        return user.name if user else ""

    @query(access=authenticated)
    async def slow(self) -> str:
        gate = self.ctx.request.services.get(Gate)
        gate.entered.set()
        await gate.opened.wait()
        return "done"

    @mutation(access=authenticated)
    async def change(self, text: str = "") -> str:
        return text

    @query(access=authenticated)
    async def lines(self) -> AsyncIterator[int]:
        for number in range(1_000_000):
            yield number
            await asyncio.sleep(0.01)

    @subscription(access=authenticated)
    async def ticks(self) -> AsyncIterator[int]:
        for number in range(1_000_000):
            yield number
            await asyncio.sleep(0.01)


@dataclass
class Replica:
    url: str
    sign_in: SignIn
    gate: Gate
    app: Fairlead

    def open_cookie(self, value: str) -> dict[str, str]:
        """The `Cookie` header of a session here."""
        port = self.url.rpartition(":")[2]
        return {"cookie": f"fairlead-{port}={value}"}


@asynccontextmanager
async def open_replica(
    provider: RunningProvider,
    store_url: str,
    *,
    options: SessionOptions | None = None,
    page: str | None = None,
    kube: object | None = None,
    attempts: AttemptOptions | None = None,
    public_url: str | None = None,
    **provider_options: object,
) -> AsyncGenerator[Replica]:
    sign_in = SignIn(
        provider.make_options(**provider_options),
        store=store_url,
        keys=KEYS,
        sessions=options,
        page=page,
        attempts=attempts,
        public_url=public_url,
    )
    gate = Gate()
    app = Fairlead(App, auth=sign_in, services=[gate], kube=kube, drain_seconds=0.1)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="critical", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    async with app.lifecycle.run():
        config.lifespan = "off"
        listener.listen()  # who calls before the server is ready waits
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            yield Replica(url, sign_in, gate, app)
        finally:
            server.should_exit = True
            gate.opened.set()
            await task
            listener.close()


@asynccontextmanager
async def run_replicas(
    provider: RunningProvider, store_url: str, count: int = 2, **options: Any
) -> AsyncGenerator[list[Replica]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                open_replica(provider, store_url, **options)
            )
            for _ in range(count)
        ]


async def make_grant(
    running: RunningProvider, name: str = "admin", *, sign_in: SignIn, **tokens: object
) -> Grant:
    """What a real sign-in gives, with some of its tokens' fields changed."""
    provider: Provider = sign_in.providers["dev"]
    transaction = Transaction.start("dev", "/", None)
    request = {
        "redirect_uri": "http://127.0.0.1/",
        "code_challenge": transaction.challenge,
        "nonce": transaction.nonce,
    }
    code = running.issuer.make_code(name, request)
    answer = await provider.exchange_code(
        code, transaction.verifier, "http://127.0.0.1/"
    )
    grant = await read_answer(provider, answer, transaction.nonce)
    changed = msgspec.structs.replace(grant.tokens, **tokens)
    return Grant(grant.user, changed, grant.origin)


class Browser:
    """Somebody's browser at one replica: cookies, redirects, streams."""

    def __init__(self, replica: Replica, session: aiohttp.ClientSession) -> None:
        self.replica = replica
        self.session = session

    @classmethod
    @asynccontextmanager
    async def open(cls, replica: Replica) -> AsyncGenerator[Browser]:
        jar = aiohttp.CookieJar(unsafe=True)  # addresses have cookies, too
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            yield cls(replica, session)

    async def sign_in(self, name: str = "admin", return_to: str = "/") -> str:
        """Goes the whole way over the provider; returns where it ended."""
        url = f"{self.replica.url}/auth/sign-in"
        params = {"login_hint": name, "return_to": return_to}
        async with self.session.get(url, params=params) as response:
            return str(response.url)

    async def take_session(self, grant: Grant) -> None:
        value = await self.replica.sign_in.start_session(grant, Client())
        port = self.replica.url.rpartition(":")[2]
        self.session.cookie_jar.update_cookies(
            {f"fairlead-{port}": value}, URL(self.replica.url)
        )

    @property
    def cookies(self) -> dict[str, str]:
        return {each.key: each.value for each in self.session.cookie_jar}

    async def get(self, path: str, **options: Any) -> Any:
        """A query; its data, or the code of its error."""
        url = f"{self.replica.url}/trpc/{path}"
        async with self.session.get(url, **options) as response:
            return read_answer_of(await response.json())

    async def post(self, path: str, value: object = None, **options: Any) -> Any:
        url = f"{self.replica.url}/trpc/{path}"
        async with self.session.post(url, json=value, **options) as response:
            return read_answer_of(await response.json())

    async def sign_out(self) -> Any:
        url = f"{self.replica.url}/auth/sign-out"
        async with self.session.post(url, json={}) as response:
            return await response.json()

    async def subscribe(self, path: str = "ticks") -> aiohttp.ClientWebSocketResponse:
        """A WebSocket on which a subscription has sent its first event."""
        url = f"{self.replica.url}/trpc".replace("http", "ws", 1)
        socket_ = await self.session.ws_connect(url)
        params = {"path": path, "input": None}
        await socket_.send_json({"id": 1, "method": "subscription", "params": params})
        while "data" not in (await socket_.receive_json()).get("result", {}):
            pass
        return socket_


def read_answer_of(answer: Any) -> Any:
    if isinstance(answer, list):
        return [read_answer_of(each) for each in answer]  # pyright: ignore[reportUnknownVariableType]  JSON
    error = answer.get("error")
    return answer["result"].get("data") if error is None else error["data"]["code"]


async def read_to_the_end(
    socket_: aiohttp.ClientWebSocketResponse,
) -> tuple[list[str], int | None]:
    """Codes of the errors that came, and the code by which the socket was closed."""
    codes: list[str] = []
    async for message in socket_:
        frame = json.loads(message.data)
        if "error" in frame:
            codes.append(frame["error"]["data"]["code"])
    return codes, socket_.close_code

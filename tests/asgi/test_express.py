"""The short way of plain requests gives what the general way gives, and is taken only where it may be."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead import (
    Context,
    Fairlead,
    Limits,
    Router,
    TRPCError,
    WireOptions,
    mutation,
    public,
    query,
)
from fairlead.access import authenticated
from fairlead.asgi.express import ExpressLane
from fairlead.asgi.types import ASGIApp, Message


class Inner(Router[Context]):
    @query(access=public)
    async def where(self) -> str:
        return f"{self.ctx.request.path} {self.ctx.request.method} {self.call.path}"


class App(Router[Context]):
    inner: Inner

    @query(access=public)
    async def echo(self, text: str = "none", number: int = 0) -> str:
        return f"{text} {number}"

    @query(access=public)
    async def slow(self, text: str) -> str:
        await asyncio.sleep(0)
        return text

    @query(access=public)
    async def nothing(self) -> None:
        return None

    @mutation(access=public)
    async def put(self, text: str) -> str:
        return text

    @query(access=public)
    async def fails(self) -> str:
        raise TRPCError("CONFLICT", "taken")

    @query(access=public)
    async def breaks(self) -> str:
        raise ValueError("inside")

    @query(access=authenticated)
    async def closed(self) -> str:
        return "in"

    @query(access=public)
    async def nested(self) -> str:
        return await self.inner.where()


WIRE = WireOptions(limits=Limits(body_bytes=200, url_bytes=300, json_depth=4))
SHORT = Fairlead(App, wire=WIRE)
GENERAL = Fairlead(App, wire=WIRE, access_log=True)
"""An access log is one of the things that the short way does not serve."""

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


HeaderList = list[tuple[bytes, bytes]]
Asked = tuple[str, str, bytes, HeaderList, bytes]
"""Method, path, query string, headers, body."""


async def ask(app: ASGIApp, asked: Asked) -> Answer:
    method, path, query, headers, body = asked
    sent: list[Message] = []

    bodies = [body]

    async def receive() -> Message:
        if not bodies:
            await asyncio.Event().wait()  # as a server does until the client leaves
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = quote(path).encode()
    scope = {"type": "http", "method": method, "path": path, "raw_path": raw, "query_string": query, "headers": headers, "client": ("10.0.0.1", 1), "root_path": ""}  # fmt: skip
    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], sorted(sent[0]["headers"]), content


TEXTS = st.text(max_size=8).map(lambda text: b'{"text":"%b"}' % text.encode())
INPUTS = st.one_of(
    TEXTS,
    st.binary(max_size=12),
    st.sampled_from([b"", b"null", b"[]", b"[[[[[[]]]]]]", b'{"text":1}', b'{"text":"\xff"}', b'\xef\xbb\xbf{"text":"a"}', b'{"text":"' + b"x" * 400 + b'"}']),
)  # fmt: skip
PATHS = ("echo", "slow", "nothing", "put", "fails", "breaks", "closed", "nested", "inner.where", "missing", "", "echo/", "echo,slow")  # fmt: skip
HEADERS = st.lists(
    st.sampled_from([
        (b"content-type", b"application/json"),
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-type", b"text/plain"),
        (b"accept", b"*/*"),
        (b"accept", b"application/jsonl"),
        (b"trpc-accept", b"application/jsonl"),
        (b"fairlead-schema", b"0123456789abcdef"),
        (b"fairlead-schema", SHORT.runtime.drift.served.encode() if SHORT.runtime.drift else b""),
        (b"cookie", b"a=b"),
    ]),
    max_size=3,
)  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    raw = draw(INPUTS)
    written = draw(st.sampled_from([quote(raw).encode(), raw.replace(b" ", b"+")]))
    end = draw(st.sampled_from([b"", b"", b"&batch=1", b"&input=2", b"&a"]))
    query = draw(st.sampled_from([b"", b"input=" + written + end, written]))
    method = draw(st.sampled_from(["GET", "GET", "POST", "POST", "PUT", "HEAD"]))
    path = "/trpc/" + draw(st.sampled_from(PATHS))
    return method, path, query, draw(HEADERS), raw


@settings(max_examples=400, deadline=None)
@given(requests())
def test_both_ways_answer_alike(request: Asked) -> None:
    async def ask_both() -> tuple[Answer, Answer]:
        return await ask(SHORT, request), await ask(GENERAL, request)

    short, general = asyncio.run(ask_both())
    assert short == general


JSON = (b"content-type", b"application/json")


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "taken"),
    [
        ("GET", "echo", b"input=1", [], True),
        ("GET", "echo", b"", [JSON], True),
        ("POST", "put", b"", [JSON], True),
        ("POST", "put", b"", [], False),
        ("POST", "put", b"input=1", [JSON], False),
        ("POST", "echo", b"", [JSON], False),
        ("GET", "put", b"", [], False),
        ("GET", "echo", b"input=1&batch=1", [], False),
        ("GET", "echo", b"connectionParams=1", [], False),
        ("GET", "echo", b"input=" + b"x" * 300, [], False),
        ("GET", "echo", b"", [(b"accept", b"application/jsonl")], False),
        ("GET", "echo", b"", [(b"trpc-accept", b"a")], False),
        ("GET", "echo", b"", [(b"fairlead-schema", b"0123456789abcdef")], False),
        ("GET", "echo", b"", [JSON, JSON], False),
    ],
)
def test_the_short_way_is_for_plain_requests(
    method: str,
    path: str,
    query: bytes,
    headers: list[tuple[bytes, bytes]],
    taken: bool,
) -> None:
    lane = ExpressLane(SHORT.runtime, b"/trpc")
    scope = {"method": method, "raw_path": f"/trpc/{path}".encode(), "query_string": query, "headers": headers}  # fmt: skip
    assert (lane.find(scope) is not None) is taken


async def test_a_context_is_made_when_the_body_first_uses_it() -> None:
    status, _, body = await ask(SHORT, ("GET", "/trpc/nested", b"", [], b""))
    assert (status, body) == (
        200,
        b'{"result":{"data":"/trpc/nested GET inner.where"}}',
    )

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import cast

import httpx
import pytest
from pydantic import JsonValue
from tests.asgi.harness import open_http, to_input

from fairlead import (
    MISSING,
    Context,
    Fairlead,
    Limits,
    Request,
    Router,
    TRPCError,
    User,
    UserContext,
    WireOptions,
    authenticated,
    mutation,
    public,
    query,
    raw_json,
    subscription,
)
from fairlead.protocol import SuperJson
from fairlead.uploads import ByteStream, FormData

EVENTS: list[str] = []


class Account(Router[UserContext]):
    @query(access=authenticated)
    async def name(self) -> str:
        return self.ctx.user.name


class App(Router[Context]):
    account: Account

    @query(access=public)
    async def size(self, value: JsonValue, /) -> int:
        return len(str(value))

    @mutation(access=public)
    async def save(self, text: str, /) -> int:
        return len(text)

    @query(access=public)
    async def wait(self) -> None:
        EVENTS.append("started")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            EVENTS.append("cancelled")
            raise

    @query(access=public, timeout=0.01)
    async def slow(self) -> None:
        await asyncio.Event().wait()

    @query(access=public)
    async def bug(self) -> None:
        raise RuntimeError("the password is hunter2")

    @query(access=public)
    async def printed(self) -> dict[str, int]:
        """As an API server sends an object: with a line break at the end, perhaps within."""
        return raw_json(b'{\r\n "a": 1}\n', dict[str, int])

    @subscription(access=public)
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


async def call(app: Fairlead, path: str) -> httpx.Response:
    async with open_http(app) as client:
        return await client.get(f"/trpc/{path}")


def make_app(limits: Limits | None = None) -> Fairlead:
    return Fairlead(App, wire=WireOptions(limits=limits or Limits()))


def get_error(response: httpx.Response) -> tuple[str, str]:
    error = response.json()["error"]
    return error["data"]["code"], error["message"]


@pytest.mark.parametrize(("size", "status"), [(98, 200), (99, 413)])
async def test_a_body_at_the_bound_is_read_and_a_longer_one_refused(
    size: int, status: int
) -> None:
    async with open_http(make_app(Limits(body_bytes=100))) as client:
        response = await client.post("/trpc/save", json="x" * size)

    assert response.status_code == status


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 413)])
async def test_a_url_at_the_bound_is_read_and_a_longer_one_refused(
    extra: int, status: int
) -> None:
    url = "size?input=1&pad="
    app = make_app(Limits(url_bytes=100))

    response = await call(app, url + "x" * (100 - len("/" + url) + 1 + extra))

    assert response.status_code == status


@pytest.mark.parametrize(("depth", "status"), [(5, 200), (6, 400)])
async def test_input_nests_up_to_the_bound(depth: int, status: int) -> None:
    value: object = 1
    for _ in range(depth):
        value = [value]

    response = await call(
        make_app(Limits(json_depth=5)), f"size?input={to_input(value)}"
    )

    assert response.status_code == status


async def test_a_call_that_takes_too_long_ends_with_timeout() -> None:
    response = await call(make_app(), "slow")

    assert response.status_code == 408
    assert get_error(response) == ("TIMEOUT", "slow took longer than 0.01 s")


async def test_in_a_batch_only_the_slow_call_times_out() -> None:
    response = await call(
        make_app(), "slow,size,slow?batch=1&input=" + to_input({"1": "four"})
    )

    assert response.status_code == 207
    assert [answer.get("result", {}).get("data") for answer in response.json()] == [
        None,
        4,
        None,
    ]


async def test_what_a_bug_says_stays_on_the_server() -> None:
    response = await call(make_app(), "bug")

    assert response.status_code == 500
    assert get_error(response) == ("INTERNAL_SERVER_ERROR", "Internal server error")


async def test_the_clients_departure_cancels_the_call() -> None:
    EVENTS.clear()
    app = make_app()
    left = asyncio.Event()

    async def receive() -> dict[str, object]:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        raise AssertionError(f"nobody is there for {message}")

    scope: dict[str, object] = {"type": "http", "method": "GET", "path": "/trpc/wait", "raw_path": b"/trpc/wait", "query_string": b"", "headers": []}  # fmt: skip
    task = asyncio.create_task(app(scope, receive, send))
    while "started" not in EVENTS:  # noqa: ASYNC110  the condition is in the procedure
        await asyncio.sleep(0)
    left.set()
    async with asyncio.timeout(5):
        await task

    assert EVENTS == ["started", "cancelled"]


class Gate:
    """Knows one token."""

    def __init__(self) -> None:
        self.asked = 0

    async def authenticate(self, request: Request) -> User | None:
        self.asked += 1
        token = request.headers.get("authorization")
        if token == "Bearer bad":
            raise TRPCError("UNAUTHORIZED", "the token has expired")
        return User(name="ann") if token else None


async def test_the_user_is_found_once_per_request() -> None:
    gate = Gate()
    async with open_http(Fairlead(App, auth=gate)) as client:
        client.headers["authorization"] = "Bearer good"
        response = await client.get("/trpc/account.name,account.name?batch=1")

    assert [answer["result"]["data"] for answer in response.json()] == ["ann", "ann"]
    assert gate.asked == 1


@pytest.mark.parametrize(
    ("token", "message"),
    [(None, "Sign in first"), ("Bearer bad", "the token has expired")],
)
async def test_without_a_user_the_answer_is_unauthorized(
    token: str | None, message: str
) -> None:
    async with open_http(Fairlead(App, auth=Gate())) as client:
        response = await client.get(
            "/trpc/account.name", headers={"authorization": token} if token else {}
        )

    assert response.status_code == 401
    assert message in get_error(response)[1]


async def test_subscriptions_stream_as_events() -> None:
    response = await call(make_app(), "ticks")

    assert response.headers["content-type"] == "text/event-stream"
    assert (
        response.text
        == "event: connected\ndata: {}\n\ndata: 1\n\nevent: return\ndata: \n\n"
    )


async def test_cookies_and_repeated_headers_reach_the_request() -> None:
    seen: list[Request] = []

    class Spy:
        async def authenticate(self, request: Request) -> None:
            seen.append(request)

    async with open_http(Fairlead(App, auth=Spy())) as client:
        headers = [
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("X-Many", "1"),
            ("X-Many", "2"),
        ]
        await client.get("/trpc/size?input=1", headers=headers)

    assert dict(seen[0].cookies) == {"a": "1", "b": "2"}
    assert seen[0].headers["x-many"] == "1, 2"
    assert seen[0].info is not None
    assert seen[0].info.paths == ["size"]


class Numbers(Router[Context]):
    @query(access=public)
    async def double(self, number: float, /) -> float:
        return number * 2

    @query(access=public)
    async def say(self, text: str, /) -> str:
        return text


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "-Infinity", " NaN"])
async def test_numbers_that_json_does_not_have_are_refused(raw: str) -> None:
    async with open_http(Fairlead(Numbers)) as client:
        answer = await client.get(f"/trpc/double?input={raw}")
        assert answer.status_code == 400
        assert "not JSON" in answer.json()["error"]["message"]
        answer = await client.get("/trpc/say?input=" + to_input("NaN or Infinity"))
        assert answer.json()["result"]["data"] == "NaN or Infinity"


async def test_ready_json_with_line_breaks_fits_a_streamed_answer() -> None:
    async with open_http(make_app()) as client:
        answer = await client.get(
            "/trpc/printed,printed?batch=1",
            headers={"trpc-accept": "application/jsonl"},
        )
    head, *chunks = [json.loads(line) for line in answer.text.splitlines() if line]
    assert set(head) == {"0", "1"}
    assert str(chunks).count("'a': 1") == 2


class Uploads(Router[Context]):
    @mutation(access=public)
    async def fields(self, form: FormData, /) -> int:
        return len(form.entries)

    @mutation(access=public)
    async def count(self, body: ByteStream, /) -> int:
        return len(await body.read())


@pytest.mark.parametrize(
    ("sent", "found"), [("1", "number"), ("null", "object"), ("", "undefined")]
)
async def test_json_for_a_byte_stream_is_refused_in_trpcs_words(
    sent: str, found: str
) -> None:
    headers = {"content-type": "application/json"}
    async with open_http(Fairlead(Uploads, check_types=False)) as client:
        answer = await client.post("/trpc/count", content=sent, headers=headers)

    assert answer.json()["error"]["message"] == (
        f"Parsed input was expected to be a ReadableStream but was: {found}"
    )


class Beyond(Router[Context]):
    @query(access=public)
    async def later(self) -> object:
        return {"total": asyncio.get_running_loop().create_future()}

    @query(access=public)
    async def absent(self) -> str:
        return cast("str", MISSING)

    @subscription(access=public)
    async def resumed(self, last_event_id: str = "") -> AsyncIterator[str]:
        yield last_event_id


async def test_a_streamed_result_is_refused_under_a_transformer_too() -> None:
    app = Fairlead(Beyond, wire=WireOptions(transformer=SuperJson()), check_types=False)
    async with open_http(app) as client:
        refused = await client.get("/trpc/later")
        resumed = await client.get("/trpc/resumed?lastEventId=7")

    assert refused.status_code == 415
    assert 'data: {"json":"7"}' in resumed.text


async def test_an_absent_result_is_checked_like_any_other() -> None:
    async with open_http(Fairlead(Beyond, check_types=False)) as client:
        answer = await client.get("/trpc/absent")

    assert answer.json()["error"]["message"] == "Output validation failed"


async def test_json_lines_say_which_methods_are_allowed() -> None:
    headers = {"trpc-accept": "application/jsonl", "content-type": "application/json"}
    async with open_http(Fairlead(Beyond, check_types=False)) as client:
        answer = await client.post("/trpc/absent?batch=1", headers=headers)

    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(("fields", "status"), [(2, 200), (3, 413)])
async def test_a_form_at_the_bound_is_read_and_a_larger_one_refused(
    fields: int, status: int
) -> None:
    limits = Limits(form_fields=2)
    app = Fairlead(Uploads, wire=WireOptions(limits=limits), check_types=False)
    files = {f"f{n}": (f"{n}.txt", b"x") for n in range(fields)}
    async with open_http(app) as client:
        answer = await client.post("/trpc/fields", files=files)

    assert answer.status_code == status
    if status == 413:
        message = answer.json()["error"]["message"]
        assert message == "The form has more than 2 fields"


async def test_trace_is_no_method_of_trpcs() -> None:
    async with open_http(make_app()) as client:
        answer = await client.request("TRACE", "/trpc/size?input=1")

    assert answer.status_code == 500
    assert get_error(answer)[1] == "'TRACE' HTTP method is unsupported."

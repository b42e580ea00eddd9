"""Queries, mutations and streamed results over HTTP, against Fairlead and tRPC's own server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import cast
from uuid import uuid4

import pytest
from tests.client.waiting import collect, wait_until
from tests.conformance.kit_context import KitContext
from tests.conformance.router import App

from fairlead import (
    MISSING,
    ByteStream,
    FormData,
    Router,
    SuperJson,
    TRPCError,
    TypedError,
    UploadedFile,
    public,
    query,
)
from fairlead.client import ClientOptions, RemoteError, connect
from fairlead.protocol import BigInt, JsMap


async def test_results_have_their_declared_types(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        assert await app.ping() == "pong"
        assert await app.math.add(1, 2.5) == 3.5
        assert await app.text.repeat("ab", times=3) == "ababab"
        assert await app.text.repeat("ab") == "abab"
        assert await app.math.sum([1, 2, 3]) == 6
        assert await app.logic.not_(True) is False
        assert await app.deep.one.two.three() == "deep"
        assert await app.echo_mut({"a": [None, "ü"]}) == {"a": [None, "ü"]}


async def test_undefined_is_missing_and_null_is_none(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        assert await app.nothing() is MISSING
        assert await app.noop() is MISSING
        assert (await asyncio.gather(app.nil(), app.ping()))[0] is None
        assert await app.echo() is MISSING
        assert await app.echo(None) is None


async def test_calls_of_one_loop_turn_share_a_request(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        one, two, info = await asyncio.gather(
            app.ctx_.this_call(), app.ctx_.this_call(), app.ctx_.request()
        )
        alone = await app.ctx_.request()
    assert (one["batchIndex"], two["batchIndex"]) == (0, 1)
    assert info
    assert (info["isBatchCall"], info["paths"]) == (
        True,
        ["ctx.self", "ctx.self", "ctx.request"],
    )
    assert alone
    assert alone["isBatchCall"] is False


async def test_a_batch_is_no_larger_than_allowed(server: str) -> None:
    options = ClientOptions(batch_size=2)
    async with connect(f"{server}/trpc", App, options=options) as app:
        places = await asyncio.gather(*(app.ctx_.this_call() for _ in range(5)))
    assert [place["batchIndex"] for place in places] == [0, 1, 0, 1, 0]


async def test_a_batch_is_cut_where_the_url_would_be_too_long(server: str) -> None:
    options = ClientOptions(url_bytes=400)
    async with connect(f"{server}/trpc", App, options=options) as app:
        texts = ["x" * 200, "y" * 200, "z"]
        assert await asyncio.gather(*map(app.text.upper, texts)) == [
            text.upper() for text in texts
        ]
        with pytest.raises(TRPCError, match="url_bytes") as caught:
            await app.text.upper("x" * 400)
    assert caught.value.code == "PAYLOAD_TOO_LARGE"


async def test_queries_travel_by_post_where_the_server_allows_it(server: str) -> None:
    options = ClientOptions(post_queries=True, url_bytes=300, path_separator="~")
    async with connect(f"{server}/alt", App, options=options) as app:
        assert await app.text.upper("x" * 9000) == "X" * 9000
        text, total = await asyncio.gather(app.text.upper("a"), app.math.add(1, 2))
        assert (text, total) == ("A", 3)


async def test_a_server_without_batches_is_called_one_by_one(server: str) -> None:
    options = ClientOptions(batch_size=1)
    async with connect(f"{server}/nobatch", App, options=options) as app:
        text, total = await asyncio.gather(app.ping(), app.math.add(1, 2))
        assert (text, total) == ("pong", 3)


async def test_one_call_of_a_batch_fails_alone(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        good, bad = await asyncio.gather(
            app.ping(),
            app.errors.fail("CONFLICT", "taken"),
            return_exceptions=True,
        )
    assert good == "pong"
    assert isinstance(bad, RemoteError)
    assert (bad.code, bad.message, bad.path) == ("CONFLICT", "taken", "errors.fail")
    assert bad.data["httpStatus"] == 409


@pytest.mark.parametrize("code", ["NOT_IMPLEMENTED", "BAD_GATEWAY", "TIMEOUT"])
async def test_codes_that_share_a_number_are_told_apart(server: str, code: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        with pytest.raises(TRPCError) as caught:
            await app.errors.fail_mut(code)  # type: ignore[arg-type]  # parametrized
    assert caught.value.code == code


async def test_input_that_the_server_refuses_is_bad_request(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        with pytest.raises(TRPCError) as caught:
            await app.text.repeat("a", times=100)
    assert caught.value.code == "BAD_REQUEST"


async def test_input_of_a_wrong_type_is_not_even_sent() -> None:
    async with connect("http://127.0.0.1:9/trpc", App) as app:
        with pytest.raises(TRPCError, match=r"input of math\.add") as caught:
            await app.math.add("1", 2)  # type: ignore[arg-type]  # the mistake
    assert caught.value.code == "BAD_REQUEST"


class Outer(TypedError, code="CONFLICT"):  # noqa: N818  as on the wire
    """Something lies in between."""

    cause: str


class Unrelated(TypedError, code="CONFLICT"):  # noqa: N818  as above
    """It has fields that the answer lacks."""

    holder: str
    since: str


class Failing(Router[KitContext]):
    @query(access=public, raises=(Unrelated, Outer))
    async def with_cause(self) -> None: ...

    @query(access=public, raises=(Unrelated,))
    async def cause_only(self) -> None: ...


class FailingApp(Router[KitContext]):
    errors: Failing


async def test_a_declared_error_comes_back_as_its_class(server: str) -> None:
    async with connect(f"{server}/trpc", FailingApp) as app:
        with pytest.raises(Outer, match="outer") as caught:
            await app.errors.with_cause()
        assert (caught.value.cause, caught.value.code) == ("db", "CONFLICT")
        with pytest.raises(RemoteError) as other:
            await app.errors.cause_only()
        assert other.value.data["cause"] == "acl"


async def test_headers_travel_and_may_be_computed(server: str) -> None:
    async def make_headers() -> dict[str, str]:
        return {"x-user": "ann"}

    async with connect(f"{server}/trpc", App, headers=make_headers) as app:
        assert await app.ctx_.whoami() == "ann"
        assert await app.guarded.secret() == "secret of ann"
    async with connect(f"{server}/trpc", App) as guest:
        with pytest.raises(TRPCError, match="login required"):
            await guest.guarded.secret()


async def test_a_refused_context_fails_every_call(server: str) -> None:
    headers = {"x-kit-ctx-fail": "1"}
    async with connect(f"{server}/trpc", App, headers=headers) as app:
        results = await asyncio.gather(app.ping(), app.nil(), return_exceptions=True)
    assert [getattr(result, "code", None) for result in results] == ["UNAUTHORIZED"] * 2


async def test_a_cancelled_call_is_aborted_on_the_server(server: str) -> None:
    key = uuid4().hex
    async with connect(f"{server}/trpc", App) as app:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await app.slow.wait(60_000, key)

        async def is_aborted() -> bool:
            return await app.side.log(key) == ["aborted"]

        await wait_until(is_aborted)


async def test_a_cancelled_call_leaves_the_others_of_its_batch(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        quitter = asyncio.create_task(app.slow.wait(400))
        stayer = asyncio.create_task(app.slow.wait(400))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        quitter.cancel()
        assert await stayer == {"waited": 400}
        assert quitter.cancelled()


async def test_a_call_that_takes_too_long_times_out(server: str) -> None:
    options = ClientOptions(call_seconds=0.1)
    async with connect(f"{server}/trpc", App, options=options) as app:
        with pytest.raises(TRPCError, match=r"slow\.wait took longer") as caught:
            await app.slow.wait(60_000)
    assert caught.value.code == "TIMEOUT"


async def test_streamed_results_are_iterated(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        assert [n async for n in await app.stream.count(3)] == [1, 2, 3]
        assert [n async for n in await app.stream.empty()] == []
        words = [word async for word in await app.stream.words(["a", "b"])]
        assert [(word["word"], await word["upper"]) for word in words] == [
            ("a", "A"),
            ("b", "B"),
        ]


async def test_parts_that_come_later_are_awaited(server: str) -> None:
    async with connect(f"{server}/trpc", App) as app:
        mixed = await app.stream.mixed(3)
        assert (mixed["title"], await mixed["total"]) == ("up to 3", 6)
        assert [n async for n in mixed["numbers"]] == [1, 2, 3]
        assert await mixed["nothing"] is MISSING
        nested = await app.stream.nested()
        second = await nested["next"]
        third = await second["next"]
        assert third["level"] == 3
        assert [n async for n in third["items"]] == [1, 2]


async def test_a_stream_that_fails_raises_what_the_server_said(server: str) -> None:
    seen: list[int] = []
    async with connect(f"{server}/trpc", App) as app:
        with pytest.raises(TRPCError, match="failed after 2") as caught:
            await collect(await app.stream.fail_after(2, "FORBIDDEN"), seen)
        rejects = await app.stream.rejects("NOT_FOUND")
        assert await rejects["ok"] == 1
        with pytest.raises(TRPCError, match="late rejection"):
            await rejects["bad"]
    assert (seen, caught.value.code) == ([1, 2], "FORBIDDEN")


async def test_closing_a_stream_aborts_it_on_the_server(server: str) -> None:
    key = uuid4().hex
    async with connect(f"{server}/trpc", App) as app:
        async for item in await app.stream.hold(key):
            assert item == "open"
            break

        async def is_closed() -> bool:
            return await app.side.log(key) == ["open", "closed"]

        await wait_until(is_closed)


async def test_streamed_batches_do_not_wait_for_the_slowest(server: str) -> None:
    options = ClientOptions(stream_batches=True)
    async with connect(f"{server}/timed", App, options=options) as app:
        slow = asyncio.create_task(app.slow.wait(300))
        assert await app.text.upper("a") == "A"
        assert not slow.done()
        assert await slow == {"waited": 300}
        with pytest.raises(TRPCError, match="nope"):
            await app.errors.fail("NOT_FOUND", "nope")


async def test_values_beyond_json_travel_by_superjson(server: str) -> None:
    options = ClientOptions(transformer=SuperJson())
    async with connect(f"{server}/superjson", App, options=options) as app:
        sample = cast("dict[str, object]", await app.types.sample())
        assert await app.types.next_day(cast("datetime", sample["date"])) is not None
        assert await app.types.square(BigInt(2**60)) == 2**120
        assert await app.types.doubled(JsMap({"a": 1.0})) == {"a": 2}
        assert await app.nothing() is MISSING
        typed = await app.stream.typed()
        assert [n async for n in typed["bigs"]] == [1, 12345678901234567890]
        text, echoed = await asyncio.gather(app.ping(), app.echo(MISSING))
        assert (text, echoed) == ("pong", MISSING)


async def test_forms_and_bytes_are_uploaded(server: str) -> None:
    async def make_chunks() -> AsyncIterator[bytes]:
        yield b"\x01\x02"
        yield b"\x03"

    file = UploadedFile(filename="a.txt", content_type="text/plain", data=b"hi")
    async with connect(f"{server}/trpc", App) as app:
        answer = await app.upload.form(FormData([("name", "ann"), ("file", file)]))
        assert answer["fields"] == [["name", "ann"]]
        assert answer["files"] == [["file", "a.txt", "text/plain", 2, "hi"]]
        sent = await app.upload.bytes(ByteStream(make_chunks()))
        assert sent == {"size": 3, "sum": 6}


async def test_calls_may_share_the_websocket(server: str) -> None:
    options = ClientOptions(calls="websocket")
    async with connect(f"{server}/trpc", App, options=options) as app:
        text, total, touched = await asyncio.gather(
            app.ping(), app.math.add(1, 2), app.touch()
        )
        assert (text, total, touched) == ("pong", 3, "touched")
        with pytest.raises(TRPCError, match="taken"):
            await app.errors.fail("CONFLICT", "taken")

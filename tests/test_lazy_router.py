from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, assert_type, cast

import pytest
from tests.asgi.harness import Socket, open_http
from tests.lazy_imports import IMPORTS

from fairlead import (
    Context,
    DefinitionError,
    Fairlead,
    Limits,
    Router,
    WireOptions,
    compile_router,
    create_caller,
    lazy,
    public,
    query,
)
from fairlead.asgi.express import ExpressLane
from fairlead.codegen.introspect import introspect
from fairlead.context import Request

if TYPE_CHECKING:
    from tests.lazy_reports import Reports


def load_reports() -> type[Reports]:
    from tests.lazy_reports import Reports  # noqa: PLC0415  what it is about

    return Reports


class Outer(Router[Context]):
    reports = lazy(load_reports)


def make_app(
    load: Callable[[], type[Reports]] = load_reports, seconds: float = 10.0
) -> Fairlead:
    class App(Router[Context]):
        reports = lazy(load)
        outer: Outer

        @query(access=public)
        async def ping(self) -> str:
            return "pong"

    return Fairlead(App, wire=WireOptions(limits=Limits(call_seconds=seconds)))


@pytest.fixture(autouse=True)
def _fresh() -> None:
    sys.modules.pop("tests.lazy_reports", None)
    IMPORTS.clear()


async def test_a_lazy_router_is_imported_by_its_first_call_and_once() -> None:
    async with asyncio.timeout(20), open_http(make_app()) as client:
        assert (await client.get("/trpc/ping")).json()["result"]["data"] == "pong"
        assert (await client.get("/trpc/nope.latest")).status_code == 404
        assert IMPORTS == []

        urls = ["/trpc/reports.latest"] * 20 + ["/trpc/reports.archive.first"]
        answers = await asyncio.gather(*(client.get(url) for url in urls))

    assert [answer.status_code for answer in answers] == [200] * 21
    assert answers[0].json()["result"]["data"] == "report 1 of reports.latest"
    assert IMPORTS == ["reports"]


async def test_its_procedures_go_the_short_way_once_they_are_there() -> None:
    app = make_app()
    scope: dict[str, Any] = {
        "method": "GET",
        "raw_path": b"/trpc/reports.latest",
        "query_string": b"",
        "headers": [],
    }
    lane = ExpressLane(app.runtime, b"/trpc")
    assert lane.find(scope) is None
    async with asyncio.timeout(20), open_http(app) as client:
        first = await client.get("/trpc/reports.latest")
        assert lane.find(scope) is not None
        assert (await client.get("/trpc/reports.latest")).json() == first.json()


async def test_a_batch_and_a_nested_lazy_router_are_loaded_too() -> None:
    async with asyncio.timeout(20), open_http(make_app()) as client:
        url = "/trpc/ping,outer.reports.latest,reports.nope?batch=1"
        answers = (await client.get(url)).json()

    assert answers[0]["result"]["data"] == "pong"
    assert answers[1]["result"]["data"] == "report 1 of outer.reports.latest"
    assert answers[2]["error"]["data"]["code"] == "NOT_FOUND"


async def test_a_socket_loads_it_for_calls_and_subscriptions() -> None:
    app = make_app()
    socket = Socket(app)
    async with asyncio.timeout(20):
        socket.subscribe(1, "reports.follow")
        heard = [await socket.hear() for _ in range(3)]
        await socket.leave()

    assert [each["result"]["type"] for each in heard] == ["started", "data", "stopped"]


async def test_a_socket_loads_it_for_queries_and_answers_others_meanwhile() -> None:
    socket = Socket(make_app())
    paths = ["outer.reports.latest", "ping", "reports.nope", "ping"]
    async with asyncio.timeout(20):
        for number, path in enumerate(paths):
            socket.query(number, path, {})
        heard = [await socket.hear() for _ in paths]
        await socket.leave()

    assert [each["id"] for each in heard[:2]] == [1, 3]
    answers = {each["id"]: each for each in heard}
    assert answers[0]["result"]["data"] == "report 1 of outer.reports.latest"
    assert answers[2]["error"]["data"]["code"] == "NOT_FOUND"


async def test_clients_of_other_types_are_noticed_once_all_is_loaded() -> None:
    app = make_app()
    served = introspect(compile_router(app.router)).fingerprints.whole
    IMPORTS.clear()
    old = {"fairlead-schema": "0123456789abcdef"}

    async with asyncio.timeout(20), open_http(app) as client:
        before = await client.get("/trpc/ping", headers=old)
        await client.get("/trpc/reports.latest")
        half = await client.get("/trpc/ping", headers=old)
        await client.get("/trpc/outer.reports.latest")
        after = await client.get("/trpc/ping", headers=old)
        same = await client.get("/trpc/ping", headers={"fairlead-schema": served})
        told = (await client.get("/trpc/-/schema")).json()
        metrics = (await client.get("/metrics")).text

    noticed = [
        each.headers.get("fairlead-schema") for each in (before, half, after, same)
    ]
    assert noticed == [None, None, served, None]
    assert told["hash"] == served
    assert (
        'fairlead_schema_drift_total{affected="unknown",transport="http"} 1.0'
        in metrics
    )


async def test_a_lazy_type_without_translation_is_logged_and_its_calls_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Odd(Router[Context]):
        @query(access=public)
        async def number(self) -> object:
            return 1

    class App(Router[Context]):
        odd = lazy(lambda: Odd)

        @query(access=public)
        async def ping(self) -> str:
            return "pong"

    async with asyncio.timeout(20), open_http(Fairlead(App)) as client:
        answers = [await client.get(f"/trpc/{path}") for path in ("odd.number", "ping")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "run `fairlead check`" in caplog.text


@pytest.mark.parametrize(
    "error",
    [ImportError("no such driver"), SystemExit(3), StopIteration(), KeyError("x")],
)
async def test_a_failed_import_fails_its_calls_alone_and_is_tried_again(
    error: BaseException,
) -> None:
    failures = [error]

    def load() -> type[Reports]:
        if failures:
            raise failures.pop()
        return load_reports()

    async with asyncio.timeout(20), open_http(make_app(load)) as client:
        failed = (await client.get("/trpc/ping,reports.latest?batch=1")).json()
        again = await client.get("/trpc/reports.latest")

    assert failed[0]["result"]["data"] == "pong"
    assert failed[1]["error"]["message"] == (
        "reports could not be loaded: the server's log says why"
    )
    assert failed[1]["error"]["data"]["path"] == "reports.latest"
    assert again.status_code == 200


async def test_an_import_that_never_ends_does_not_hang_its_calls() -> None:
    release = threading.Event()

    def load() -> type[Reports]:
        release.wait(10)
        return load_reports()

    try:
        async with asyncio.timeout(20), open_http(make_app(load, 0.05)) as client:
            late = await client.get("/trpc/reports.latest")
            other = await client.get("/trpc/ping")
    finally:
        release.set()

    assert late.json()["error"]["data"]["code"] == "TIMEOUT"
    assert other.status_code == 200


async def test_calls_in_process_load_it_too() -> None:
    caller = create_caller(Outer, Context(request=Request()))
    assert IMPORTS == []

    latest = await caller.reports.latest(2)
    assert_type(latest, str)
    assert latest == "report 2 of reports.latest"
    assert await caller.reports.archive.first() == "the first report"


def test_what_clients_are_generated_from_has_all_of_it() -> None:
    compiled = compile_router(Outer)

    assert list(compiled.procedures) == [
        "reports.latest",
        "reports.follow",
        "reports.archive.first",
    ]
    assert len(introspect(compiled).fingerprints.whole) == 16


def test_a_loader_that_gives_no_router_is_refused_when_all_is_loaded() -> None:
    class Wrong(Router[Context]):
        reports = lazy(lambda: cast("type[Reports]", dict))

    with pytest.raises(DefinitionError, match="return a router class"):
        compile_router(Wrong)

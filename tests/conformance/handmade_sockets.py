"""Conversations over a WebSocket, written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tests.conformance.random_sockets import PAUSE
from tests.conformance.random_values import NO_INPUT, Case

__all__ = ["make_conversations"]

ANNOUNCED: Final = "?connectionParams=1"


def call(
    number: object, kind: str, path: str, given: object = NO_INPUT, **more: object
) -> dict[str, object]:
    params: dict[str, object] = {"path": path}
    if given is not NO_INPUT:
        params["input"] = given
    if "lastEventId" in more:
        params["lastEventId"] = more.pop("lastEventId")
    return {"id": number, "method": kind, "params": params, **more}


def stop(number: object, **more: object) -> dict[str, object]:
    return {"id": number, "method": "subscription.stop", **more}


def is_binary(frame: object) -> bool:
    return isinstance(frame, dict) and "binary" in frame


def talk(*frames: object, mount: str = "trpc", query: str = "", **headers: str) -> Case:
    shown = [
        frame if isinstance(frame, str) or is_binary(frame) else json.dumps(frame)
        for frame in frames
    ]
    return {"ws": {"path": f"/{mount}{query}", "headers": headers, "frames": shown}}


def make_conversations() -> Iterator[Case]:
    """All of them."""
    yield from _make_ids()
    yield from _make_batches()
    yield from _make_params()
    yield from _make_subscriptions()
    for text in ("PING", "ping", "{", "", "{}", "[{}]", "[null]", "[]", '{"id":1,}', '{"id":1,"id":2,"method":"query","params":{"path":"ping"}}'):  # fmt: skip
        yield talk(text, PAUSE, call(7, "query", "ping"))
    for method in ("Query", "subscription.start", "", None, 5, "reconnect"):
        yield talk(call(1, "query", "ping") | {"method": method})
    for version in ("1.0", 2, None, "2.0"):
        yield talk(call(1, "query", "nope", jsonrpc=version))
        yield talk(call(1, "subscription", "sub.count", {"to": 1}, jsonrpc=version))
    yield talk({"binary": "eyJpZCI6MX0="}, PAUSE, call(7, "query", "ping"))
    for path in ("promises", "nested", "rejects", "count", "words"):
        given = {"code": "CONFLICT", "to": 1} if path != "words" else ["a"]
        yield talk(call(1, "query", f"stream.{path}", given))
        yield talk(call(1, "query", f"stream.{path}", {"json": given}), mount="superjson")  # fmt: skip
    yield talk('{"id":1,"method":"query","params":{"path":"echo","input":"\\ud83d"}}')
    yield talk('{"id":1,"method":"query","params":{"path":"echo","input":1e400}}')
    yield talk(
        '{"id":1,"method":"query","params":{"path":"echo","input":{"json":{"__proto__":1}}}}',
        mount="superjson",
    )


def _make_ids() -> Iterator[Case]:
    ids: tuple[object, ...] = (0, -1, 1.5, "", "a", "1", None, True, [], 2**53, "__proto__")  # fmt: skip
    for number in ids:
        yield talk(call(number, "query", "ping"))
        yield talk(call(number, "subscription", "sub.hold"), PAUSE, stop(number))
    held = call(1, "subscription", "sub.hold")
    yield talk(held, PAUSE, stop("1"), PAUSE, stop(1))
    yield talk(held, PAUSE, held, PAUSE, stop(1), PAUSE, stop(1))
    yield talk(held, PAUSE, call(1, "query", "ping"), PAUSE, stop(1))
    yield talk(held, PAUSE, call("1", "subscription", "sub.hold"), PAUSE, stop("1"))
    yield talk(stop(5), stop(5, jsonrpc="2.0"), {"method": "subscription.stop"})
    yield talk(
        call(1, "subscription", "sub.plainFail"),
        PAUSE,
        call(1, "subscription", "sub.count", {"to": "x"}),
        PAUSE,
        call(1, "subscription", "sub.count", {"to": 1}),
    )


def _make_batches() -> Iterator[Case]:
    for mount in ("trpc", "superjson", "nobatch"):
        yield talk([call(n, "query", "ping") for n in range(10)], mount=mount)
        yield talk([call(n, "query", "ping") for n in range(11)], mount=mount)
    yield talk([stop(n) for n in range(11)])
    yield talk([None] * 11, PAUSE, call("x", "query", "ping"))
    yield talk([call(1, "query", "ctx.self"), call(2, "query", "ctx.self")])
    yield talk([call(1, "query", "ping"), {"id": 2}])
    yield talk([[call(1, "query", "ping")]])
    yield talk([call(1, "subscription", "sub.hold"), stop(1)])
    yield talk([call(1, "query", "touch"), call(2, "mutation", "ping"), call(3, "subscription", "ping")])  # fmt: skip


def _make_params() -> Iterator[Case]:
    said = call(7, "query", "ctx.params")
    first: tuple[object, ...] = (
        {"method": "connectionParams", "data": {"user": "eve"}}, {"method": "connectionParams", "data": None}, {"method": "connectionParams"},
        {"data": {"user": "eve"}}, {"method": "connectionParams", "data": {"user": 1}}, {"method": "connectionParams", "data": {"fail": "1"}},
        {"method": "connectionParams", "data": []}, [], "{", "null", "PONG", said, {"binary": "e30="},
    )  # fmt: skip
    for frame in first:
        yield talk(frame, PAUSE, said, query=ANNOUNCED)
    eve = {"method": "connectionParams", "data": {"user": "eve"}}
    for query in ("", "?connectionParams=0", "?connectionParams", "?connectionParams=1&connectionParams=0", "/?connectionParams=1"):  # fmt: skip
        yield talk(eve, PAUSE, said, query=query)
    yield talk(eve, PAUSE, call(7, "query", "ctx.whoami"), query=ANNOUNCED, **{"x-user": "ada"})  # fmt: skip


def _make_subscriptions() -> Iterator[Case]:
    for last in ("1", "", "x", None, 5):
        more = {"lastEventId": last}
        yield talk(call(1, "subscription", "sub.tracked", {"to": 3, "lastEventId": "2"}, **more))  # fmt: skip
        yield talk(call(1, "subscription", "sub.echo", **more))
        yield talk(call(1, "subscription", "sub.echo", [1], **more))
        yield talk(call(1, "query", "echo", {"a": 1}, **more))
        yield talk(call(1, "subscription", "sub.echo", {"json": None}, **more), mount="superjson")  # fmt: skip
    for ids in ([""], ["a\nb"], ["a", "\0"], ["ü"]):
        yield talk(call(1, "subscription", "sub.ids", ids))
    for path in ("sub.kinds", "sub.mixed", "sub.empty", "sub.notIterable", "sub.guarded", "nope"):  # fmt: skip
        yield talk(call(1, "subscription", path))

"""Requests written by hand, one for each rule that a random request meets too rarely.

Each is answered by tRPC's own server and by ours, as those of `random_cases` are.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from tests.conformance.handmade_forms import make_forms
from tests.conformance.handmade_sockets import make_conversations
from tests.conformance.random_values import Case

__all__ = ["CASES"]

CODES: Final = (
    "PARSE_ERROR", "BAD_REQUEST", "INTERNAL_SERVER_ERROR", "NOT_IMPLEMENTED", "BAD_GATEWAY", "SERVICE_UNAVAILABLE",
    "GATEWAY_TIMEOUT", "UNAUTHORIZED", "PAYMENT_REQUIRED", "FORBIDDEN", "NOT_FOUND", "METHOD_NOT_SUPPORTED", "TIMEOUT",
    "CONFLICT", "PRECONDITION_FAILED", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "UNPROCESSABLE_CONTENT",
    "PRECONDITION_REQUIRED", "TOO_MANY_REQUESTS", "CLIENT_CLOSED_REQUEST",
)  # fmt: skip
LINES: Final = {"trpc-accept": "application/jsonl"}
EVENTS: Final = {"accept": "text/event-stream"}


def ask(path: str, method: str = "GET", **spec: object) -> Case:
    """A request; `stop_after` and `pings` belong to the case."""
    case: Case = {key: spec.pop(key) for key in ("stop_after", "pings") if key in spec}
    spec.setdefault("headers", {})
    return {**case, "http": {"method": method, "path": path, **spec}}


def encode(value: object) -> str:
    return quote(json.dumps(value, ensure_ascii=False), safe="-_.!~*'()")


def _make_batches() -> Iterator[Case]:
    yield ask(
        "/trpc/errors.fail,errors.fail?batch=1&input="
        + encode({"0": {"code": "CONFLICT"}, "1": {"code": "NOT_FOUND"}})
    )
    yield ask(
        "/trpc/errors.fail,nope?batch=1&input=" + encode({"0": {"code": "NOT_FOUND"}})
    )
    for query in (
        "batch=1", "batch=true", "batch=0", "batch=01", "batch=%201", "Batch=1", "batch=0&batch=1", "batch=1&batch=0",
        "batch", "batch=1&input=null", "batch=1&input=5", "batch=1&input=%7B", "batch=1&input=%5B1%5D", "input=1&input=2",
        "batch=1&input=" + encode(["a", "b"]), "batch=1&input=" + encode({"00": 1, "01": 2}), "batch=1&input=" + encode({"1": 3}),
        "batch=1&input=" + encode({"0": None, "7": 1}), "batch=1&input=" + quote('{"0":1e400}'), "batch=1&input=" + quote('{"0":"\\ud83d"}'),
    ):  # fmt: skip
        yield ask(f"/trpc/echo,nickname?{query}")
        yield ask(f"/nobatch/echo?{query}", headers=LINES)
    for size in (10, 11):
        yield ask("/trpc/" + ",".join(["ping"] * size) + "?batch=1")
        yield ask("/trpc/" + ",".join(["nope"] * size) + "?batch=1", headers=LINES)
    for paths in ("ping,touch", "ping,sub.empty", "sub.empty", "nope,touch", ",", "ping,,nil", "ping,", "ping%2Cnil"):  # fmt: skip
        yield ask(f"/trpc/{paths}?batch=1")
        yield ask(f"/trpc/{paths}?batch=1", "POST", body="{}")
        yield ask(f"/alt/{paths}?batch=1", "POST", body="{}", headers=LINES)


def _make_paths() -> Iterator[Case]:
    for path in (
        "", "/", "//", "/ping/", "/ping//", "//ping", "/deep/one/ping", "/deep%2Fone", "/ping%2F", "/%70ing", "/ping%00", "/ping.",
        "/%", "/%E0%A4%A", "/a%FFb", "/ü", "/ping;a", "/deep.one", "/__proto__", "/deep.__proto__.x", "/_def", "/ping%252Cnil?batch=1",
        "/x/../ping", "/./ping", "/ping/.", "/ping/..", "/%2e/ping", "/.%2E/trpc/ping", "/../ping", "/..", "/...", "/ping\\", "/a\\..\\ping",
        "/ping?x=/../y", "/a/b/../../ping,nil?batch=1", "x/ping", "/../nope/ping",
    ):  # fmt: skip
        yield ask(f"/trpc{path}")
        yield ask(f"/trpc{path}", "POST", body="{}")
        yield ask(f"/trpc{path}", "HEAD")
    for path in ("deep.one~two.three", "deep%7Eone%7Eping", "text~upper?input=%22x%22"):
        yield ask(f"/alt/{path}")
        yield ask(f"/alt/{path}", "POST", body='"a"')
        yield ask(f"/trpc/{path}")


def _make_methods() -> Iterator[Case]:
    paths = ("ping", "touch", "nope", "ping,nope?batch=1", "sub.empty")
    methods = ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "get")
    for path, method in itertools.product(paths, methods):
        yield ask(f"/trpc/{path}", method, body="{}")
        yield ask(f"/superjson/{path}", method, headers={"content-type": None})
    types = ("APPLICATION/JSON;charset=x", "application/jsonp", "text/plain", "Application/Octet-Stream", "application/json, a/b", None)  # fmt: skip
    for path in ("echoMut", "upload.form", "upload.bytes", "echoMut?batch=1"):
        for given in types:
            headers = {"content-type": given}
            yield ask(f"/trpc/{path}", "POST", headers=headers, body='{"0":1}')
    for size in (65535, 65536, 65537):
        yield ask("/trpc/touch", "POST", body="x" * size)
        yield ask("/trpc/echoMut", "POST", body='"' + "x" * (size - 2) + '"')
        yield ask(
            "/trpc/upload.bytes",
            "POST",
            headers={"content-type": "application/octet-stream"},
            body="x" * size,
            chunked=True,
        )


def _make_values() -> Iterator[Case]:
    for raw in ("1e400", "-1e400", "[1e400]", '"\\ud83d"', '{"\\udc00":1}', '"\\ud83d\\ude00"', '"\\\\ud83d"', "\ufeff1", '{"__proto__":1}', "-0", ""):  # fmt: skip
        yield ask(f"/trpc/echo?input={quote(raw)}")
        yield ask("/trpc/echoMut", "POST", body=raw)
        if raw == "-0":
            continue  # which JSON.stringify never writes, and no int of Python's can be
        text = f'{{"json":{raw or "null"}}}'
        yield ask(f"/superjson/echo?input={quote(text)}")
        batch = f'{{"0":{text}}}'
        yield ask(f"/superjson/echo,ping?batch=1&input={quote(batch)}")
    yield ask("/trpc/math.add?input=" + quote('{"a":1e400,"b":1}'))
    yield ask("/trpc/text.length", "POST", body='"a\\ud83db"')
    for key in ("__proto__", "constructor", "prototype"):
        payload: Case = {"json": {"a": {key: 1}}}
        yield ask(f"/superjson/echo?input={encode(payload)}")
        yield ask("/superjson/echoMut", "POST", body=json.dumps(payload))
    for date in ("x", "", "2021-02-03", "2021-13-03T00:00:00.000Z"):
        payload = {"json": {"at": date}, "meta": {"values": {"at": ["Date"]}, "v": 1}}
        yield ask(f"/superjson/echo?input={encode(payload)}")
        payload = {"json": date, "meta": {"values": ["Date"], "v": 1}}
        yield ask(f"/superjson/types.nextDay?input={encode(payload)}")


def _make_errors() -> Iterator[Case]:
    for code in CODES:
        yield ask(f"/trpc/errors.fail?input={encode({'code': code, 'message': ''})}")
        payload: Case = {"json": {"after": 1, "code": code}}
        yield ask(f"/superjson/sub.failAfter?input={encode(payload)}")
        inputs = encode({"0": {"after": 1, "code": code}, "1": {"code": code}})
        path = "/trpc/stream.failAfter,stream.rejects,ping"
        yield ask(f"{path}?batch=1&input={inputs}", headers=LINES)
    for status in ("204", "205", "304", "199", "600", "-1", "299", "599", "abc", ""):
        for path in ("ping", "ping,nope?batch=1", "sub.empty", "nope", "%"):
            yield ask(f"/trpc/{path}", headers={"x-kit-status": status})
    yield ask("/trpc/ping?batch=1", headers={**LINES, "x-kit-status": "204"})
    for headers in ({"x-kit-ctx-fail": "1"}, {"x-kit-vary": "a, b"}, {"x-kit-cookies": "2"}):  # fmt: skip
        for path in ("ping", "ping,nil?batch=1", "sub.empty", "nope"):
            yield ask(f"/trpc/{path}", headers=headers)
            yield ask(f"/trpc/{path}", headers={**headers, **LINES})


def _make_streams() -> Iterator[Case]:
    for mount, path in itertools.product(
        ("trpc", "superjson"), ("promises", "nested", "empty")
    ):
        yield ask(f"/{mount}/stream.{path}?batch=1", headers=LINES)
        yield ask(f"/{mount}/stream.{path}", headers=LINES)
        yield ask(f"/{mount}/stream.{path}")
    inputs = {"2": {"to": 2}, "6": {"a": 1, "b": 2}, "7": {"to": 1}, "8": ["a", "ß"]}
    paths = "ping,nope,stream.count,errors.plain,nothing,nil,math.add,stream.mixed,stream.words"
    yield ask(f"/trpc/{paths}?batch=1&input={encode(inputs)}", headers=LINES)
    for accept in ("application/jsonl;q=0.9", "text/html, application/jsonl", "application/json"):  # fmt: skip
        yield ask("/trpc/ping?batch=1", headers={"accept": accept})
        yield ask("/trpc/ping?batch=1", headers={**LINES, "accept": accept})
    count = encode({"0": {"to": 5, "delayMs": 5}})
    yield ask(f"/trpc/stream.count?batch=1&input={count}", headers=LINES, stop_after=2)


def _make_events() -> Iterator[Case]:
    for header, query, given in (
        ("1", "", None), (None, "lastEventId=1", None), (None, "Last-Event-Id=1", None), (None, "last-event-id=1", None),
        (None, "", "1"), ("1", "lastEventId=2", None), ("", "lastEventId=2", None), (None, "lastEventId=2&Last-Event-Id=1", "0"),
        ("2", "", "1"), (None, "lastEventId=&Last-Event-Id=1", None), ("1.5", "", None), ("Infinity", "", None), ("x", "", None),
        (None, "lastEventId=1&lastEventId=2", None),
    ):  # fmt: skip
        headers = {**EVENTS, **({} if header is None else {"last-event-id": header})}
        fields = {"to": 4, **({} if given is None else {"lastEventId": given})}
        for path, value in (("tracked", fields), ("echo", given and fields)):
            plain = "" if value is None else f"&input={encode(value)}"
            yield ask(f"/trpc/sub.{path}?{query}{plain}", headers=headers)
            wrapped = "" if value is None else f"&input={encode({'json': value})}"
            yield ask(f"/superjson/sub.{path}?{query}{wrapped}", headers=headers)
    for ids in ([""], ["a\nb"], ["a\rb"], ["\0"], ["a", "", "b"], ["ü "], ["1", "1"]):
        yield ask(f"/trpc/sub.ids?input={encode(ids)}", headers=EVENTS)
        yield ask(f"/superjson/sub.ids?input={encode({'json': ids})}", headers=EVENTS)
    for params in ('{"user":"eve"}', '{"fail":"1"}', "null", "{", "[]", '{"a":1}', "", '{"user":"\\ud83d"}'):  # fmt: skip
        for path in ("sub.whoami", "ctx.params", "ctx.params,ctx.whoami?batch=1"):
            mark = "&" if "?" in path else "?"
            yield ask(f"/trpc/{path}{mark}connectionParams={quote(params)}")
    yield ask("/timed/sub.hold?input=%7B%7D", headers=EVENTS, pings=True)
    delayed = encode({"to": 9, "delayMs": 200})
    yield ask(f"/timed/sub.tracked?input={delayed}", headers=EVENTS)
    for path in ("sub.kinds", "sub.notIterable", "sub.plainFail", "ping", "touch", ""):
        for mount in ("trpc", "quiet", "nobatch", "superjson"):
            yield ask(f"/{mount}/{path}", headers=EVENTS)


MAKERS: Final = (
    _make_batches, _make_paths, _make_methods, _make_values, _make_errors, _make_streams, _make_events, make_forms, make_conversations,
)  # fmt: skip
CASES: Final[tuple[Case, ...]] = tuple(
    {"name": f"{make.__name__} {number}", **case}
    for make in MAKERS
    for number, case in enumerate(make())
)

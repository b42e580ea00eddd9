"""Random requests for the conformance router, in the kit's own case format.

A seed always gives the same case. Most requests are nearly right, since those reach furthest:
a known path with an input that fits, and then something about them is off.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar
from urllib.parse import quote

__all__ = ["PAUSE", "Case", "make_case"]

Case = dict[str, object]
T = TypeVar("T")

PAUSE: Final = "<pause>"
"""Stands among the frames of a WebSocket where nothing is to be sent for a moment."""
MOUNTS: Final = (
    "trpc",
    "trpc",
    "trpc",
    "superjson",
    "superjson",
    "alt",
    "nobatch",
    "once",
)
CODES: Final = (
    "BAD_REQUEST",
    "CONFLICT",
    "FORBIDDEN",
    "TIMEOUT",
    "INTERNAL_SERVER_ERROR",
    "X",
)
TEXTS: Final = (
    "",
    "a",
    "ada",
    "ünï ✓ 😀",
    "line\nbreak",
    "0",
    "null",
    "a.b",
    " ",
    "\u2028",
    "</x>",
    "\0",
)
NUMBERS: Final = (0, 1, -1, 2, 3, 1.5, -0.25, 20, 21, 1e15, 1e-7, 2**53 - 1)
SCALARS: Final = (None, True, False, *TEXTS, *NUMBERS)

Make = Callable[[random.Random], object]


def _text(rng: random.Random) -> object:
    return rng.choice(TEXTS)


def _number(rng: random.Random) -> object:
    return rng.choice(NUMBERS)


def _any(rng: random.Random, depth: int = 0) -> object:
    if depth > 2 or rng.random() < 0.6:
        return rng.choice(SCALARS)
    if rng.random() < 0.5:
        return [_any(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {_key(rng): _any(rng, depth + 1) for _ in range(rng.randrange(4))}


def _key(rng: random.Random) -> str:
    return rng.choice(
        ("a", "b", "json", "meta", "0", "", "id", "data", "ü", "a.b", "lastEventId")
    )


def _fields(**fields: Make) -> Make:
    def make(rng: random.Random) -> object:
        made = {
            name: field(rng) for name, field in fields.items() if rng.random() < 0.95
        }
        if rng.random() < 0.1:
            made[_key(rng)] = _any(rng)
        return made

    return make


def _list(item: Make) -> Make:
    return lambda rng: [item(rng) for _ in range(rng.randrange(4))]


def _pick(*options: object) -> Make:
    return lambda rng: rng.choice(options)


_COUNT = _fields(to=_pick(0, 1, 3), delayMs=_pick(0, 1))
_CODE = _pick(*CODES)
_WAIT = _fields(ms=_pick(0, 1, 5, -1, 1.5))
_KEYED = _fields(key=_pick("{{uid}}"))

NO_INPUT: Final = object()
QUERIES: Final[dict[str, Make | object]] = {
    "ping": NO_INPUT, "nothing": NO_INPUT, "nil": NO_INPUT, "echo": _any,
    "greet": _fields(name=_text), "nickname": _text, "text.upper": _text,
    "text.repeat": _fields(text=_text, times=_number), "math.add": _fields(a=_number, b=_number),
    "math.div": _fields(a=_number, b=_number), "logic.not": _pick(True, False, 0),
    "shape.user": _fields(id=_number), "shape.merged": _fields(a=_number, b=_text),
    "deep.one.ping": NO_INPUT, "deep.one.two.three": NO_INPUT,
    "out.filtered": NO_INPUT, "out.invalid": NO_INPUT,
    "errors.fail": _fields(code=_CODE, message=_text), "errors.plain": NO_INPUT,
    "errors.withCause": NO_INPUT, "errors.causeOnly": NO_INPUT, "errors.kit": NO_INPUT,
    "ctx.whoami": NO_INPUT, "ctx.params": NO_INPUT, "ctx.self": NO_INPUT, "ctx.request": NO_INPUT,
    "guarded.secret": NO_INPUT, "guarded.typed": _fields(n=_number), "slow.wait": _WAIT,
    "side.log": _KEYED, "side.flaky": _fields(key=_pick("{{uid}}"), failures=_number),
    "stream.count": _COUNT, "stream.empty": NO_INPUT, "stream.words": _list(_text),
    "stream.promises": NO_INPUT, "stream.nested": NO_INPUT, "stream.mixed": _COUNT,
    "stream.failAfter": _fields(after=_pick(0, 2), code=_CODE), "stream.rejects": _fields(code=_CODE),
    "stream.typed": NO_INPUT, "types.sample": NO_INPUT,
}  # fmt: skip
MUTATIONS: Final[dict[str, Make | object]] = {
    "echoMut": _any, "touch": NO_INPUT, "noop": NO_INPUT, "nicknameMut": _text,
    "text.length": _text, "math.sum": _list(_number), "shape.pick": _fields(keep=_text),
    "shape.strict": _fields(keep=_text), "out.checked": _text,
    "errors.failMut": _fields(code=_CODE, message=_text), "guarded.admin": NO_INPUT,
    "guarded.trail": _text, "slow.waitMut": _WAIT, "side.hit": _KEYED,
}  # fmt: skip
SUBSCRIPTIONS: Final[dict[str, Make | object]] = {
    "sub.count": _COUNT, "sub.tracked": _fields(to=_pick(0, 2, 5), lastEventId=_pick("0", "1", "3", 1)),
    "sub.ids": _list(_pick("a", "b c", "ü", "1")), "sub.echo": _any, "sub.kinds": NO_INPUT,
    "sub.mixed": NO_INPUT, "sub.empty": NO_INPUT, "sub.failAfter": _fields(after=_pick(0, 2), code=_CODE),
    "sub.plainFail": NO_INPUT, "sub.whoami": NO_INPUT, "sub.guarded": NO_INPUT,
    "sub.notIterable": NO_INPUT, "sub.typed": NO_INPUT,
}  # fmt: skip
UPLOADS: Final = ("upload.form", "upload.bytes")
UNKNOWN: Final = (
    "", "nope", "text", "text.nope", "ping.x", "then", "__proto__", "constructor", "toString",
    "text.__proto__", "PING", "ping.", ".ping", "a/b", "call", "_def", "hasOwnProperty", "deep.one",
    "a b", "ü", "%",
)  # fmt: skip
SPECIAL_TYPES: Final = (
    ("types.nextDay", "2021-02-03T04:05:06.789Z", ["Date"]),
    ("types.doubled", [["a", 1], ["b", 2.5]], ["map"]),
    ("types.square", "12345678901234567890", ["bigint"]),
    ("types.hasUndefined", {"a": None, "b": 1}, {"a": ["undefined"]}),
    ("echo", "1970-01-01T00:00:00.000Z", ["Date"]),
    ("echo", ["x", "y"], ["set"]),
    ("echo", "NaN", ["number"]),
    ("echo", "-0", ["number"]),
    ("echo", {"a": {"b": "5"}}, {"a.b": ["bigint"]}),
    ("echo", "/a+/gi", ["regexp"]),
    ("echo", "http://example.com/", ["URL"]),
    ("echo", {"name": "Error", "message": "m"}, ["Error"]),
    ("echo", "x", ["Date"]),
    ("echo", "x", ["nonsense"]),
    ("echo", "x", "nonsense"),
    ("echo", {"a": 1}, {"b": ["Date"]}),
)
BROKEN: Final = (
    "", " ", "{", "[", '"', "nul", "undefined", "{}x", "01", "NaN", "'a'", "[1,]", '{"a":}', "\ufeff1",
    '{"a":1,"a":2}', "1 ", "\n1", "tru", '"\\x"', '"\t"', "[[[[]]]]", "%7B", '{"0":', "-", "1.", "+1",
)  # fmt: skip


def make_case(seed: int) -> Case:
    """The case of a seed: an HTTP request three times out of four, else a WebSocket."""
    rng = random.Random(seed)  # noqa: S311  reproducible, not secret
    mount = rng.choice(MOUNTS)
    case: Case = {"name": f"seed {seed}"}
    if rng.random() < 0.75:
        case["http"] = _make_http(rng, mount)
    else:
        case["ws"] = _make_ws(rng, mount)
    return case


# --- HTTP


def _make_http(rng: random.Random, mount: str) -> dict[str, object]:
    kind = rng.choices(("query", "mutation", "subscription", "upload"), (10, 7, 6, 1))[
        0
    ]
    if kind == "upload":
        return _make_upload(rng, mount)
    method = "POST" if kind == "mutation" else "GET"
    if rng.random() < 0.12:
        method = rng.choice(
            ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
        )
    is_batch = kind != "subscription" and rng.random() < 0.4
    calls = [
        _make_call(rng, kind, mount)
        for _ in range(_choose_size(rng) if is_batch else 1)
    ]
    headers = _make_headers(rng, kind, is_batch=is_batch)
    spec: dict[str, object] = {"method": method, "headers": headers}
    query = _make_query(rng, kind, is_batch=is_batch)
    body = _encode_input(
        rng, calls, is_batch=is_batch, is_superjson=mount == "superjson"
    )
    carries_body = (
        method not in ("GET", "HEAD") if rng.random() < 0.96 else method == "GET"
    )
    if body is not None:
        if carries_body:
            spec["body"] = body
            spec["chunked"] = rng.random() < 0.2
        else:
            query.append("input=" + _quote(rng, body))
    rng.shuffle(query)
    path = _make_path(rng, mount, [path for path, _ in calls])
    spec["path"] = path + ("?" + "&".join(query) if query else "")
    return spec


def _choose_size(rng: random.Random) -> int:
    return rng.choices((1, 2, 3, 5, 10, 11), (3, 6, 4, 2, 1, 1))[0]


def _make_call(rng: random.Random, kind: str, mount: str) -> tuple[str, object]:
    """A path, and its input or NO_INPUT."""
    table = {"query": QUERIES, "mutation": MUTATIONS, "subscription": SUBSCRIPTIONS}[
        kind
    ]
    if rng.random() < 0.04:
        table = rng.choice((QUERIES, MUTATIONS, SUBSCRIPTIONS))
    if rng.random() < 0.06:
        return rng.choice(UNKNOWN), _any(rng)
    if mount == "superjson" and kind == "query" and rng.random() < 0.3:
        path, value, values = rng.choice(SPECIAL_TYPES)
        meta = {"values": values, "v": 1} if rng.random() < 0.9 else {"values": values}
        return path, {"json": value, "meta": meta}
    path = rng.choice(sorted(table))
    make = table[path]
    if make is NO_INPUT:
        given = NO_INPUT if rng.random() < 0.8 else _any(rng)
    elif rng.random() < 0.1:
        given = rng.choice((NO_INPUT, _any(rng)))
    else:
        given = make(rng) if callable(make) else NO_INPUT
    if mount == "superjson" and given is not NO_INPUT and rng.random() < 0.95:
        given = {"json": given}
    return path, given


def _make_path(rng: random.Random, mount: str, paths: Sequence[str]) -> str:
    joined = ",".join(
        quote(path, safe=".~,/%" if rng.random() < 0.9 else "") for path in paths
    )
    if "%" in paths and rng.random() < 0.5:
        joined = joined.replace("%", "%25")
    chance = rng.random()
    if mount == "alt" and chance < 0.5:
        joined = joined.replace(".", "~")
    elif chance < 0.03:
        joined = joined.replace(",", "%2C").replace(".", "%2E")
    elif chance < 0.06:
        joined += rng.choice(
            ("/", "//", "%", "%zz", ",", "%2F", "%00", "%FF", ";x", "%C3%BC")
        )
    elif chance < 0.08:
        joined = rng.choice(("/", ",", "%2f")) + joined
    elif chance < 0.09:
        return f"/{mount}"
    return f"/{mount}/{joined}"


def _make_headers(
    rng: random.Random, kind: str, *, is_batch: bool
) -> dict[str, str | None]:
    headers: dict[str, str | None] = {}
    if is_batch and kind == "query" and rng.random() < 0.4:
        headers["trpc-accept"] = "application/jsonl"
    for names, chance in _HEADERS:
        if rng.random() < chance:
            name, values = rng.choice(names)
            headers[name] = rng.choice(values)
    return headers


_HEADERS: Final[tuple[tuple[tuple[tuple[str, tuple[str | None, ...]], ...], float], ...]] = (
    ((("x-user", ("ada", "root", "", "é")),), 0.25),
    ((("x-kit-ctx-fail", ("1", "")),), 0.05),
    ((("x-kit-status", ("201", "299", "0")), ("x-kit-cookies", ("1", "2")), ("x-kit-vary", ("x-a",))), 0.08),
    (
        (
            (
                "content-type",
                (
                    "application/json", "application/json; charset=utf-8", "Application/JSON",
                    "application/json;", "application/jsonx", "text/plain", "", None,
                    "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream",
                    "application/json, text/plain", " application/json", "application/graphql",
                ),
            ),
        ),
        0.15,
    ),
    (
        (
            ("accept", ("*/*", "application/jsonl", "text/event-stream", "application/json, application/jsonl", "")),
            ("trpc-accept", ("application/jsonl", "application/json", "", "x")),
        ),
        0.12,
    ),
    ((("last-event-id", ("1", "3", "", "x", "ü")),), 0.06),
    ((("trpc-batch-mode", ("stream",)), ("origin", ("http://other.test",)), ("cookie", ("a=b; a",))), 0.05),
)  # fmt: skip


def _make_query(rng: random.Random, kind: str, *, is_batch: bool) -> list[str]:
    query: list[str] = []
    if is_batch:
        query.append(
            "batch=1"
            if rng.random() < 0.95
            else rng.choice(("batch=true", "batch", "batch=%31"))
        )
    elif rng.random() < 0.03:
        query.append(rng.choice(("batch=1", "batch=0", "batch=", "batch=1&batch=0")))
    if rng.random() < 0.1:
        query.append("connectionParams=" + quote(rng.choice(CONNECTION_PARAMS)))
    if kind == "subscription" and rng.random() < 0.15:
        name = rng.choice(
            ("lastEventId", "Last-Event-Id", "last-event-id", "Last-Event-ID")
        )
        query.append(f"{name}={rng.choice(('1', '2', '', 'x', '%C3%BC', '+'))}")
    if rng.random() < 0.04:
        query.append(
            rng.choice(("x=1", "", "=", "input", "a%zz=1", "%", "x=%FF", "input=1"))
        )
    return query


CONNECTION_PARAMS: Final = (
    '{"user":"eve"}', '{"user":"eve","x":"1"}', '{"fail":"1"}', "null", "{}", "[]", "1", '"x"', "{",
    '{"user":1}', '{"user":null}', "",
)  # fmt: skip


def _encode_input(
    rng: random.Random,
    calls: Sequence[tuple[str, object]],
    *,
    is_batch: bool,
    is_superjson: bool,
) -> str | None:
    if rng.random() < 0.04:
        return rng.choice(BROKEN)
    if is_batch:
        given = {
            str(index): value
            for index, (_, value) in enumerate(calls)
            if value is not NO_INPUT
        }
        if rng.random() < 0.03:
            return _dump(
                rng.choice(([], None, 1, "x", list(given.values()), {"-1": 1, "00": 2}))
            )
        if rng.random() < 0.05 and given:
            given.pop(rng.choice(sorted(given)))
        return _dump(given) if given or rng.random() < 0.5 else None
    value = calls[0][1]
    del is_superjson
    return None if value is NO_INPUT else _dump(value)


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _quote(rng: random.Random, text: str) -> str:
    if rng.random() < 0.95:
        return quote(text, safe="-_.!~*'()")
    return quote(text, safe="-_.!~*'(){}[]\":,").replace("%20", "+")


def _make_upload(rng: random.Random, mount: str) -> dict[str, object]:
    path = rng.choice(
        (*UPLOADS, *UPLOADS, "echoMut", "touch", "ping", "nope", "sub.count")
    )
    spec: dict[str, object] = {"method": "POST" if rng.random() < 0.9 else "PUT"}
    query = rng.choice(("", "", "", "?batch=1", "?input=1", "?connectionParams=%7B%7D"))
    spec["path"] = f"/{mount}/{path}{query}"
    headers = _make_headers(rng, "mutation", is_batch=False)
    if rng.random() < 0.5:
        spec["form"] = [[_key(rng), _make_part(rng)] for _ in range(rng.randrange(4))]
    else:
        headers.setdefault("content-type", "application/octet-stream")
        spec["body"] = rng.choice(("", "abc", "ü" * 10, "{}", "x" * 70_000))
        spec["chunked"] = rng.random() < 0.3
    spec["headers"] = headers
    return spec


def _make_part(rng: random.Random) -> object:
    if rng.random() < 0.6:
        return rng.choice(("", "v", "ü", "a\r\nb", "x" * 100))
    return {
        "filename": rng.choice(("a.txt", "ü.txt", "a b.txt", "")),
        "type": rng.choice(
            ("text/plain", "application/octet-stream", "text/plain;charset=utf-8")
        ),
        "text": rng.choice(("", "hi", "ü")),
    }


# --- WebSocket


def _make_ws(rng: random.Random, mount: str) -> dict[str, object]:
    announces = rng.random() < 0.25
    path = f"/{mount}" + (
        "?connectionParams=1" if announces else rng.choice(("", "", "?x=1", "/"))
    )
    frames: list[object] = []
    if announces:
        frames.append(_make_params_frame(rng))
    if rng.random() < 0.1:
        frames += _hold_and_stop(rng, mount)
    else:
        ids = itertools.count()  # one each: the order among calls is nobody's promise
        frames += [
            _make_frame(rng, mount, ids) for _ in range(rng.choice((1, 1, 2, 3)))
        ]
    headers = {"x-user": "ada"} if rng.random() < 0.3 else {}
    if rng.random() < 0.03:
        headers["x-kit-ctx-fail"] = "1"
    return {"path": path, "headers": headers, "frames": frames}


def _hold_and_stop(rng: random.Random, mount: str) -> list[object]:
    """A subscription that stays open, its id used again, and stopped once or twice."""
    params: dict[str, object] = {"path": "sub.hold"}
    if mount == "superjson":
        params["input"] = {"json": {}}
    number = rng.choice((0, 7, "s", 1.5, -1))
    start: Case = {"id": number, "method": "subscription", "params": params}
    stop: Case = {"id": number, "method": "subscription.stop"}
    chosen: list[Case] = rng.choice(
        [
            [start],
            [start, start],
            [start, stop],
            [stop],
            [start, stop, start],
            [start, stop, stop],
        ]
    )
    frames: list[object] = []
    for message in chosen:
        # Without a pause, how far each got is a matter of luck.
        frames += [_dump(message), PAUSE]
    return frames


def _make_params_frame(rng: random.Random) -> object:
    data = rng.choice(CONNECTION_PARAMS)
    if rng.random() < 0.8:
        try:
            return _dump({"method": "connectionParams", "data": json.loads(data)})
        except ValueError:
            return data
    return rng.choice(
        (
            _dump({"data": {"user": "eve"}}),
            _dump({"method": "connectionParams"}),
            "[]",
            "1",
            "PING",
        )
    )


def _make_frame(rng: random.Random, mount: str, ids: Iterator[int]) -> object:
    chance = rng.random()
    if chance < 0.04:
        return rng.choice(
            (*BROKEN, "PING", "PONG", "null", "1", "[]", "{}", "[null]", "[[]]")
        )
    if chance < 0.05:
        return {"binary": "AAAA"}
    if chance < 0.2:
        size = _choose_size(rng)
        return _dump([_make_message(rng, mount, next(ids)) for _ in range(size)])
    return _dump(_make_message(rng, mount, next(ids)))


def _make_message(rng: random.Random, mount: str, number: int) -> object:
    kind = rng.choice(("query", "mutation", "subscription", "subscription"))
    path, given = _make_call(rng, kind, mount)
    params: dict[str, object] = {"path": path}
    if given is not NO_INPUT:
        params["input"] = given
    if kind == "subscription" and rng.random() < 0.2:
        params["lastEventId"] = rng.choice(("1", "2", "", "x", 1, None))
    message: dict[str, object] = {"id": number, "method": kind, "params": params}
    if rng.random() < 0.3:
        message["jsonrpc"] = "2.0"
    if rng.random() < 0.12:
        _spoil(rng, message)
    return message


def _spoil(rng: random.Random, message: dict[str, object]) -> None:
    name = rng.choice(("id", "method", "params", "jsonrpc", "extra"))
    if rng.random() < 0.2:
        message.pop(name, None)
        return
    values: dict[str, tuple[object, ...]] = {
        "id": (None, "x", "", 1.5, -1, True, [], {}, "1", 1e15),
        "method": ("subscription.stop", "nope", None, 1, "Query", "PING"),
        "params": (
            None,
            1,
            "x",
            [],
            {},
            {"path": 1},
            {"path": None, "input": 1},
            {"input": 1},
        ),
        "jsonrpc": ("1.0", None, 2, "2.0"),
        "extra": (1,),
    }
    message[name] = rng.choice(values[name])

"""Random requests that no client of good will sends: they must be refused in the same way."""

from __future__ import annotations

import random
from typing import Final
from urllib.parse import quote

from tests.conformance.random_sockets import LONG_PAUSE, PAUSE
from tests.conformance.random_values import Case

__all__ = ["ODD_IDS", "make_odd", "make_odd_conversation"]

RAW_BATCHES: Final = (
    '{"__proto__":1,"0":2}', '{"0":1,"0":2}', '{"00":1}', '{" 0":1}', '{"1":2}', '{"0":null}', '{"0":null,"1":null}',
    '{"length":2,"0":1}', '[1,2]', '{"0":{"__proto__":{"a":1}},"1":{"constructor":1}}', '{"-1":1}', '{"1e0":1,"0":5}',
    '{"0":[],"1":{}}', '{"constructor":1}', '{"0":1,"2":3}', '{"toString":1,"hasOwnProperty":2}', '{"0":"\\u0000"}',
    '{"0":1e400}', '{"0":-0}', '{"0":1.0,"1":1E2}', '{"0":123456789012345678901234567890}', '{"0":0.1e-6,"1":5e-324}',
    '{"0":1e21,"1":1e20}', ' {"0":1}\n', '{"0":{"a":1,"a":2}}', '{"0":"\\ud83d\\ude00"}', '{"\\u0030":7}', "{}", "null", "0",
)  # fmt: skip
RAW_VALUES: Final = (
    "1e400", "-0", "1.0", "1E2", "123456789012345678901234567890", "5e-324", "1e21", "0.1", "1e-7", "-1e-7", "9007199254740993",
    '{"__proto__":1}', '{"a":{"__proto__":{"b":1}}}', '{"constructor":{"prototype":1}}', '"\\u2028\\u2029"', '"\\u0000"', "[[[[[[1]]]]]]",
    '{"":1}', '{"a":1,"a":2}', '{"b":1,"a":2,"1":3,"0":4}', '"\\/"', '"\\ud83d\\ude00"', "false", "[null]", '{"a":null}', " 1 ",
)  # fmt: skip
PATHS: Final = (
    "echo", "ec%68o", "echo%2Cecho", "echo,echo", "echo,,echo", ",echo", "echo,", "%65cho", "echo%", "echo%2", "echo%zz",
    "echo%C3", "echo%E2%82%AC", "echo%ED%A0%80", "echo%F4%90%80%80", "text%2Eupper", "text.upper", "text%2Fupper", "text/upper", "+echo",
    "echo+", "%20echo", "__proto__", "constructor", "echo.__proto__", "__proto__.echo", "hasOwnProperty", "text.constructor",
    "toString,echo", "echo;a", "ECHO", "echo%00", "%2e%2e/echo", "./echo", "echo/.", "echo//", "a" * 300,
)  # fmt: skip
CONTENT_TYPES: Final = (
    "application/json", "APPLICATION/JSON", "application/json;charset=utf-8", "application/json ; charset=UTF-8", "application/JSON; charset=utf-16",
    "text/json", "application/vnd.api+json", "application/jsonlines", "multipart/form-data", "multipart/form-data; boundary=", "Multipart/Form-Data; boundary=x",
    "multipart/form-data; boundary=x", "application/octet-stream", "APPLICATION/OCTET-STREAM", "application/octet-stream; x=y", "text/plain", "", " ",
    "application/x-www-form-urlencoded", "application/json, application/octet-stream", "*/*", "json", None,
)  # fmt: skip
ACCEPTS: Final = (
    "application/jsonl", "APPLICATION/JSONL", "application/jsonl;q=1", "text/event-stream", "*/*", "", "application/json",
    "application/jsonl, application/json", "application/x-ndjson",
)  # fmt: skip
METHODS: Final = (
    "GET",
    "GET",
    "POST",
    "POST",
    "POST",
    "HEAD",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "QUERY",
)
QUERIES: Final = (
    "batch=1", "batch=1&batch=1", "batch=0&batch=1", "batch=1&batch=0", "batch", "batch=", "batch=true", "BATCH=1", "batch%3D1", "%62atch=1",
    "batch=%31", "batch=1;", "batch=1&", "&batch=1", "&&", "=", "=1", "input", "a=%", "a=%zz&batch=1", "x=%FF", "batch=1&x=%C3%BC",
)  # fmt: skip


ODD_IDS: Final = "ids used twice"
"""Part of the names of conversations in which calls of one id may run at the same time."""


def make_odd(rng: random.Random, case: Case) -> None:
    """One HTTP request."""
    mount = rng.choice(("trpc", "trpc", "alt", "nobatch"))
    method = rng.choice(METHODS)
    name = "echo" if method in ("GET", "HEAD") or rng.random() < 0.2 else "echoMut"
    path = (
        rng.choice(PATHS).replace("echo", name)
        if rng.random() < 0.4
        else f"{name},{name}"
    )
    query = [rng.choice(QUERIES) if rng.random() < 0.3 else "batch=1"]
    if rng.random() < 0.3:
        path, query = name, []
    raw = rng.choice(RAW_BATCHES if query else RAW_VALUES)
    headers: dict[str, object] = {}
    if rng.random() < 0.3:
        headers["content-type"] = rng.choice(CONTENT_TYPES)
    for accept in ("accept", "trpc-accept"):
        if rng.random() < 0.15:
            headers[accept] = rng.choice(ACCEPTS)
    spec: Case = {"method": method, "headers": headers}
    if method in ("GET", "HEAD"):
        query.append("input=" + quote(raw))
        if rng.random() < 0.1:
            query.append("input=" + quote(rng.choice(RAW_VALUES)))
    elif rng.random() < 0.08:
        spec["body_repeat"] = ["x", rng.choice((65533, 65534, 65535, 70000))]
        spec["chunked"] = rng.random() < 0.5
    else:
        spec["body"] = raw
        spec["chunked"] = rng.random() < 0.3
    spec["path"] = f"/{mount}/{path}" + ("?" + "&".join(query) if query else "")
    case["http"] = spec


IDS: Final = (
    "0", "-0", "1.0", "1e3", "1e21", "1e400", "9007199254740993", "123456789012345678901234567890", "0.1", '""', '"x"', '"1"', '"__proto__"',
    '"\\u0000"', f'"{"i" * 400}"', "null", "true", "[]", "{}", "-1",
)  # fmt: skip
CALLS: Final = (
    '"method":"query","params":{"path":"ping"}', '"method":"query","params":{"path":"slow.wait","input":{"ms":30}}',
    '"method":"mutation","params":{"path":"touch"}', '"method":"subscription","params":{"path":"sub.hold","input":{}}',
    '"method":"subscription","params":{"path":"sub.count","input":{"to":2}}', '"method":"subscription.stop"',
    '"method":"subscription","params":{"path":"sub.tracked","input":{"to":3},"lastEventId":"1"}',
    '"method":"subscription","params":{"path":"sub.tracked","input":{"to":3,"lastEventId":"2"},"lastEventId":"1"}',
    '"method":"query","params":{"path":"__proto__"}', '"method":"query","params":{"path":"echo","input":{"__proto__":1}}',
    '"method":"query","params":{"path":"ctx.self"},"jsonrpc":"2.0"', '"method":"query","params":{"path":"ctx.params"}',
    '"method":"query","params":{"path":"ping"},"method":"mutation"', '"method":"constructor","params":{"path":"ping"}',
    '"method":"query","params":{"path":"text.upper","input":"a","input":"b"}', '"method":"subscription.stop","params":{"path":"x"}',
)  # fmt: skip
TEXTS: Final = (
    "PING", "PONG", "ping", " PING", "PING\n", '"PING"', "", " ", "{", "[[]]", "[{}]", "[null,1]", "{}", "null", "[]", '{"id":1}',
    '{"method":"connectionParams","data":{"user":"eve"}}', '{"method":"connectionParams","data":null}', '{"method":"connectionParams"}',
    '{"id":1,"method":"reconnect"}', '{"result":{"type":"started"}}', '{"id":null,"method":"subscription.stop"}', "NaN", "\ufeff{}",
)  # fmt: skip


def make_odd_conversation(rng: random.Random, case: Case) -> None:
    """Frames over a WebSocket: ids of all kinds, twice, stops of nothing, parameters at any time."""
    mount = rng.choice(("trpc", "trpc", "alt", "timed"))
    announces = rng.random() < 0.3
    frames: list[object] = []
    for _ in range(rng.choice((1, 2, 2, 3, 4))):
        frame = _make_frame(rng)
        if rng.random() < 0.1 and len(frame) > 8:
            middle = rng.randrange(1, len(frame) - 1)
            frames.append({"pieces": [frame[:middle], frame[middle:]]})
        else:
            frames.append(frame)
        # How far calls of one id get without a pause is a matter of luck.
        frames.append(PAUSE)
    if mount == "timed" and rng.random() < 0.7:  # so long that it is pinged, and cut
        frames.append(LONG_PAUSE)
        case["pings"] = True
    path = f"/{mount}" + ("?connectionParams=1" if announces else "")
    case["ws"] = {"path": path, "headers": {}, "frames": frames}
    case["name"] = f"{case['name']}, {ODD_IDS}"


def _make_frame(rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.25:
        return rng.choice(TEXTS)
    if chance < 0.45:
        count = rng.choice((1, 2, 2, 3, 11))
        return "[" + ",".join(_make_message(rng) for _ in range(count)) + "]"
    return _make_message(rng)


def _make_message(rng: random.Random) -> str:
    number = rng.choice(("1", "1", "1", "2", rng.choice(IDS)))
    call = rng.choice(CALLS)
    return f'{{"id":{number},{call}}}' if rng.random() < 0.95 else f"{{{call}}}"

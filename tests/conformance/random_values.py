"""Random values, and which of them the procedures of the conformance router take."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

__all__ = [
    "BROKEN",
    "CODES",
    "CONNECTION_PARAMS",
    "NO_INPUT",
    "SUBSCRIPTIONS",
    "UPLOADS",
    "Case",
    "choose_size",
    "dump",
    "encode_query",
    "make_any",
    "make_call",
    "make_key",
    "make_text",
]

Case = dict[str, object]
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


def make_text(rng: random.Random) -> object:
    return rng.choice(TEXTS)


def make_number(rng: random.Random) -> object:
    return rng.choice(NUMBERS)


def make_any(rng: random.Random, depth: int = 0) -> object:
    if depth > 2 or rng.random() < 0.6:
        return rng.choice(SCALARS)
    if rng.random() < 0.5:
        return [make_any(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {make_key(rng): make_any(rng, depth + 1) for _ in range(rng.randrange(4))}


def make_key(rng: random.Random) -> str:
    return rng.choice(
        ("a", "b", "json", "meta", "0", "", "id", "data", "ü", "a.b", "lastEventId")
    )


def _fields(**fields: Make) -> Make:
    def make(rng: random.Random) -> object:
        made = {
            name: field(rng) for name, field in fields.items() if rng.random() < 0.95
        }
        if rng.random() < 0.1:
            made[make_key(rng)] = make_any(rng)
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
    "ping": NO_INPUT, "nothing": NO_INPUT, "nil": NO_INPUT, "echo": make_any,
    "greet": _fields(name=make_text), "nickname": make_text, "text.upper": make_text,
    "text.repeat": _fields(text=make_text, times=make_number), "math.add": _fields(a=make_number, b=make_number),
    "math.div": _fields(a=make_number, b=make_number), "logic.not": _pick(True, False, 0),
    "shape.user": _fields(id=make_number), "shape.merged": _fields(a=make_number, b=make_text),
    "deep.one.ping": NO_INPUT, "deep.one.two.three": NO_INPUT,
    "out.filtered": NO_INPUT, "out.invalid": NO_INPUT,
    "errors.fail": _fields(code=_CODE, message=make_text), "errors.plain": NO_INPUT,
    "errors.withCause": NO_INPUT, "errors.causeOnly": NO_INPUT, "errors.kit": NO_INPUT,
    "ctx.whoami": NO_INPUT, "ctx.params": NO_INPUT, "ctx.self": NO_INPUT, "ctx.request": NO_INPUT,
    "guarded.secret": NO_INPUT, "guarded.typed": _fields(n=make_number), "slow.wait": _WAIT,
    "side.log": _KEYED, "side.flaky": _fields(key=_pick("{{uid}}"), failures=make_number),
    "stream.count": _COUNT, "stream.empty": NO_INPUT, "stream.words": _list(make_text),
    "stream.promises": NO_INPUT, "stream.nested": NO_INPUT, "stream.mixed": _COUNT,
    "stream.failAfter": _fields(after=_pick(0, 2), code=_CODE), "stream.rejects": _fields(code=_CODE),
    "stream.typed": NO_INPUT, "types.sample": NO_INPUT,
}  # fmt: skip
MUTATIONS: Final[dict[str, Make | object]] = {
    "echoMut": make_any, "touch": NO_INPUT, "noop": NO_INPUT, "nicknameMut": make_text,
    "text.length": make_text, "math.sum": _list(make_number), "shape.pick": _fields(keep=make_text),
    "shape.strict": _fields(keep=make_text), "out.checked": make_text,
    "errors.failMut": _fields(code=_CODE, message=make_text), "guarded.admin": NO_INPUT,
    "guarded.trail": make_text, "slow.waitMut": _WAIT, "side.hit": _KEYED,
}  # fmt: skip
SUBSCRIPTIONS: Final[dict[str, Make | object]] = {
    "sub.count": _COUNT, "sub.tracked": _fields(to=_pick(0, 2, 5), lastEventId=_pick("0", "1", "3", 1)),
    "sub.ids": _list(_pick("a", "b c", "ü", "1")), "sub.echo": make_any, "sub.kinds": NO_INPUT,
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
CONNECTION_PARAMS: Final = (
    '{"user":"eve"}', '{"user":"eve","x":"1"}', '{"fail":"1"}', "null", "{}", "[]", "1", '"x"', "{",
    '{"user":1}', '{"user":null}', '{"__proto__":"x"}', '{"user":"\\ud800"}', "",
)  # fmt: skip
BROKEN: Final = (
    "", " ", "{", "[", '"', "nul", "undefined", "{}x", "01", "NaN", "'a'", "[1,]", '{"a":}', "\ufeff1",
    '{"a":1,"a":2}', "1 ", "\n1", "tru", '"\\x"', '"\t"', "[[[[]]]]", "%7B", '{"0":', "-", "1.", "+1",
)  # fmt: skip


def choose_size(rng: random.Random) -> int:
    return rng.choices((1, 2, 3, 5, 10, 11), (3, 6, 4, 2, 1, 1))[0]


def make_call(rng: random.Random, kind: str, mount: str) -> tuple[str, object]:
    """A path, and its input or NO_INPUT."""
    table = {"query": QUERIES, "mutation": MUTATIONS, "subscription": SUBSCRIPTIONS}[
        kind
    ]
    if rng.random() < 0.04:
        table = rng.choice((QUERIES, MUTATIONS, SUBSCRIPTIONS))
    if rng.random() < 0.06:
        return rng.choice(UNKNOWN), make_any(rng)
    if mount == "superjson" and kind == "query" and rng.random() < 0.3:
        path, value, values = rng.choice(SPECIAL_TYPES)
        meta = {"values": values, "v": 1} if rng.random() < 0.9 else {"values": values}
        return path, {"json": value, "meta": meta}
    path = rng.choice(sorted(table))
    make = table[path]
    if make is NO_INPUT:
        given = NO_INPUT if rng.random() < 0.8 else make_any(rng)
    elif rng.random() < 0.1:
        given = rng.choice((NO_INPUT, make_any(rng)))
    else:
        given = make(rng) if callable(make) else NO_INPUT
    if mount == "superjson" and given is not NO_INPUT and rng.random() < 0.95:
        given = {"json": given}
    return path, given


def dump(value: object) -> str:
    """As JSON.stringify writes it: halves of characters are escaped, all others are not."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def encode_query(rng: random.Random, text: str) -> str:
    if rng.random() < 0.95:
        return quote(text, safe="-_.!~*'()")
    raw = '"' if rng.random() < 0.3 else ""  # which some servers refuse by themselves
    return quote(text, safe="-_.!~*'(){}[]:," + raw).replace("%20", "+")

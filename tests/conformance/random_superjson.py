"""Random superjson payloads: values nested in each other with their annotations, now and then wrong."""

from __future__ import annotations

import copy
import random
from typing import Final, cast

from tests.conformance.random_values import Case, dump, encode_query, make_any

__all__ = ["WRONG_META", "make_payload", "make_superjson"]

Tree = list[object] | dict[str, object] | None

SIMPLE: Final[tuple[tuple[object, Tree], ...]] = (
    (None, ["undefined"]), ("NaN", ["number"]), ("Infinity", ["number"]), ("-Infinity", ["number"]),
    ("-0", ["number"]), ("7", ["bigint"]), ("-5", ["bigint"]), ("12345678901234567890", ["bigint"]),
    ("1970-01-01T00:00:00.000Z", ["Date"]), ("2021-02-03T04:05:06.789Z", ["Date"]),
    ("0001-01-01T00:00:00.000Z", ["Date"]), ("9999-12-31T23:59:59.999Z", ["Date"]),
    ("http://example.com/", ["URL"]), ("https://u:p@example.com:8443/a%20b?q=%C3%BC#x", ["URL"]),
    ("mailto:a@b.test", ["URL"]), ("/a+/i", ["regexp"]), ("/^x\\/y$/ms", ["regexp"]), ("/(?:a|b)/", ["regexp"]),
    ([1, 2, 255], [["typed-array", "Uint8Array"]]), ({"name": "Error", "message": "m"}, ["Error"]),
    ({"name": "TypeError", "message": ""}, ["Error"]), (None, None), (0, None), (1.5, None), ("", None),
    ("text", None), (True, None), ([], None), ({}, None), ([], ["set"]), ([], ["map"]),
)  # fmt: skip
KEYS: Final = (
    "a",
    "b",
    "0",
    "1",
    "",
    "a.b",
    "a\\b",
    "\\",
    ".",
    "json",
    "ü",
    "length",
    "size",
)
WRONG: Final[tuple[object, ...]] = (
    ["Date"], ["bigint"], ["set"], ["map"], ["number"], ["undefined"], ["URL"], ["Error"], ["nonsense"], "Date", [],
    {}, None, 1, {"a": ["Date"]}, {"0": ["set"]}, {"__proto__": ["Date"]}, {"constructor.prototype": ["set"]}, ["set", {"0": ["Date"]}],
    ["map", {"0.1": ["bigint"]}], [["symbol", "x"]], [["class", "X"]], [["custom", "X"]], [["typed-array", "Nope"]], [["nope"]],
)  # fmt: skip


WRONG_EQUALITIES: Final[tuple[object, ...]] = (
    {"a": ["b"]}, [["a"]], [["a"], {"b": ["a"]}], [], None, "x", {"a": "b"}, {"__proto__": ["a"]},
)  # fmt: skip
WRONG_META: Final = "wrong meta"
"""Part of the names of cases whose meta superjson never writes."""


def make_superjson(rng: random.Random, case: Case) -> None:
    """Echoes over HTTP, streamed or not, or a WebSocket."""
    payloads: list[object] = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        payload, is_right = make_payload(rng)
        payloads.append(payload)
        if not is_right:
            case["name"] = f"{case['name']}, {WRONG_META}"
    if rng.random() < 0.25:
        case["ws"] = _make_socket(rng, payloads)
    else:
        case["http"] = _make_http(rng, payloads)


def _make_socket(rng: random.Random, payloads: list[object]) -> Case:
    methods = {"query": "echo", "mutation": "echoMut", "subscription": "sub.echo"}
    messages: list[object] = []
    for number, payload in enumerate(payloads):
        method = rng.choice(sorted(methods))
        params = {"path": methods[method], "input": payload}
        messages.append({"id": number, "method": method, "params": params})
    frames = [dump(messages)] if rng.random() < 0.3 else [dump(m) for m in messages]
    return {"path": "/superjson", "headers": {}, "frames": frames}


def _make_http(rng: random.Random, payloads: list[object]) -> Case:
    kind = rng.choice(("query", "query", "mutation", "subscription"))
    if kind == "subscription":
        query = "input=" + encode_query(rng, dump(payloads[0]))
        return {"method": "GET", "headers": {}, "path": f"/superjson/sub.echo?{query}"}
    name = "echo" if kind == "query" else "echoMut"
    is_batch = len(payloads) > 1 or rng.random() < 0.3
    path = "/superjson/" + ",".join([name] * len(payloads))
    given: object = payloads[0]
    headers: dict[str, object] = {}
    parameters: list[str] = []
    if is_batch:
        given = {str(index): payload for index, payload in enumerate(payloads)}
        parameters.append("batch=1")
        if rng.random() < 0.4:
            headers["trpc-accept"] = "application/jsonl"
    spec: Case = {"method": "GET" if kind == "query" else "POST", "headers": headers}
    if kind == "query":
        parameters.append("input=" + encode_query(rng, dump(given)))
    else:
        spec["body"] = dump(given)
    spec["path"] = path + ("?" + "&".join(parameters) if parameters else "")
    return spec


def make_payload(rng: random.Random) -> tuple[object, bool]:
    """A payload, and whether its meta is one that superjson writes: nine times out of ten."""
    value, tree = _make_value(rng, 0)
    meta: dict[str, object] = {"values": tree} if tree else {}
    if rng.random() < 0.1:
        meta["referentialEqualities"] = _make_equalities(value)
    payload: dict[str, object] = {"json": value}
    if meta:
        payload["meta"] = {**meta, "v": rng.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 2))}
    if rng.random() < 0.1:
        _spoil(rng, payload, meta)
        return payload, False
    return payload, True


def _spoil(
    rng: random.Random, payload: dict[str, object], meta: dict[str, object]
) -> None:
    match rng.randrange(6):
        case 0:
            meta = {**meta, "referentialEqualities": rng.choice(WRONG_EQUALITIES)}
            payload["meta"] = {**meta, "v": 1}
        case 1:
            payload["meta"] = {**meta, **rng.choice(({"v": 0}, {"v": "1"}, {}))}
        case 2:
            payload["meta"] = {"values": rng.choice(WRONG), "v": 1}
        case 3:
            payload["json"] = make_any(rng)
        case 4:
            payload["meta"] = rng.choice((None, [], "x", 1, {}, {"values": {}}))
        case _:
            payload.pop("json")


def _make_value(rng: random.Random, depth: int) -> tuple[object, Tree]:
    if depth > 2 or rng.random() < 0.4:
        return copy.deepcopy(rng.choice(SIMPLE))
    match rng.choice(("list", "object", "object", "set", "map", "error")):
        case "list":
            return _make_items(rng, depth, None)
        case "set":
            return _make_items(rng, depth, "set")
        case "map":
            return _make_map(rng, depth)
        case "error":
            fields: dict[str, object] = {"name": "Error", "message": "m"}
            cause, tree = _make_value(rng, depth + 1)
            fields["cause"] = cause
            below: dict[str, object] = {}
            _graft(below, "cause", tree)
            return fields, ["Error", below] if below else ["Error"]
        case _:
            return _make_object(rng, depth)


def _make_object(rng: random.Random, depth: int) -> tuple[object, Tree]:
    made: dict[str, object] = {}
    below: dict[str, object] = {}
    for key in rng.sample(KEYS, rng.randrange(4)):
        made[key], tree = _make_value(rng, depth + 1)
        _graft(below, key, tree)
    return made, below or None


def _make_items(
    rng: random.Random, depth: int, annotation: str | None
) -> tuple[object, Tree]:
    made: list[object] = []
    below: dict[str, object] = {}
    for index in range(rng.randrange(4)):
        item, tree = _make_value(rng, depth + 1)
        if annotation and (item in made or item is True):
            break  # equal values, and 1 beside True, are one in a set of Python's
        made.append(item)
        _graft(below, str(index), tree)
    if annotation is None:
        return made, below or None
    return made, [annotation, below] if below else [annotation]


def _make_map(rng: random.Random, depth: int) -> tuple[object, Tree]:
    made: list[list[object]] = []
    below: dict[str, object] = {}
    for index in range(rng.randrange(4)):
        key, tree = (
            rng.choice(SIMPLE) if rng.random() < 0.4 else (rng.choice(KEYS), None)
        )
        item, subtree = _make_value(rng, depth + 1)
        if any(key == pair[0] for pair in made):
            break  # as above
        made.append([key, item])
        _graft(below, f"{index}\0.0", tree)
        _graft(below, f"{index}\0.1", subtree)
    return made, ["map", below] if below else ["map"]


def _graft(below: dict[str, object], key: str, tree: Tree) -> None:
    """As superjson does: a dot in a key is escaped, and paths of plain containers are joined."""
    if not tree:
        return
    first, mark, rest = key.partition(
        "\0"
    )  # only what stands behind the mark has real dots
    name = _escape(first) + (rest if mark else "")
    if isinstance(tree, list):
        below[name] = tree
    else:
        for path, subtree in tree.items():
            below[f"{name}.{path}"] = subtree


def _make_equalities(value: object) -> object:
    """The first two fields of an object are one and the same."""
    if not isinstance(value, dict):
        return {}
    # JavaScript puts keys that are numbers first, and so names another of the two.
    keys = [_escape(key) for key in cast("Case", value) if not key.isdecimal()]
    return {keys[0]: [keys[1]]} if len(keys) > 1 else {}


def _escape(key: str) -> str:
    return key.replace("\\", "\\\\").replace(".", "\\.")

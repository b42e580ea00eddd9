"""Random streams: batches answered by JSON lines, and subscriptions as server-sent events."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from tests.conformance.random_values import CODES, Case, dump

__all__ = ["make_events", "make_lines"]

COUNTS: Final = (
    {"to": 0},
    {"to": 1},
    {"to": 3, "delayMs": 1},
    {"to": 2},
    {"to": 2, "delayMs": 20},
)
ECHOED: Final[tuple[object, ...]] = (None, 1, "\u2028", [[1]], {"a": [None]}, [1, [2, {"b": 0}]])  # fmt: skip
STREAMS: Final[dict[str, Callable[[random.Random], object]]] = {
    "stream.count": lambda rng: rng.choice(COUNTS),
    "stream.empty": lambda _: None,
    "stream.words": lambda rng: rng.choice(([], ["a"], ["ü", "", "\n"], ["x"] * 5)),
    "stream.promises": lambda _: None,
    "stream.nested": lambda _: None,
    "stream.mixed": lambda rng: rng.choice(COUNTS),
    "stream.failAfter": lambda rng: {"after": rng.choice((0, 1, 2)), "code": rng.choice(CODES)},
    "stream.rejects": lambda rng: {"code": rng.choice(CODES)},
    "ping": lambda _: None,
    "nothing": lambda _: None,
    "nope": lambda _: None,
    "errors.fail": lambda rng: {"code": rng.choice(CODES)},
    "slow.wait": lambda rng: {"ms": rng.choice((0, 1, 30))},
    "out.invalid": lambda _: None,
    "echo": lambda rng: rng.choice(ECHOED),
    "touch": lambda _: None,
    "sub.count": lambda _: {"to": 1},
}  # fmt: skip
EVENTS: Final[dict[str, Callable[[random.Random], object]]] = {
    "sub.count": lambda rng: rng.choice(COUNTS),
    "sub.tracked": lambda rng: {"to": rng.choice((0, 1, 3, 5)), **rng.choice(({}, {"lastEventId": "1"}, {"lastEventId": 2}))},
    "sub.ids": lambda rng: rng.choice((["a"], ["a b", "ü"], ["1", "1"], [" x "], ["a\tb"])),
    "sub.echo": lambda rng: rng.choice((None, {"lastEventId": "9", "x": 1}, [], "", {"a": "\r\n"}, [1, "\u2028"])),
    "sub.kinds": lambda _: None,
    "sub.mixed": lambda _: None,
    "sub.empty": lambda _: None,
    "sub.failAfter": lambda rng: {"after": rng.choice((0, 1, 2)), "code": rng.choice(CODES)},
    "sub.plainFail": lambda _: None,
    "sub.whoami": lambda _: None,
    "sub.guarded": lambda _: None,
    "sub.notIterable": lambda _: None,
    "sub.hold": lambda _: {},
    "ping": lambda _: None,
    "sub.nope": lambda _: None,
}  # fmt: skip
IDS: Final = ("0", "1", "2", "3", "", "x", "ü", "a b", "1,2", " 1 ", "-1", "1.0")


def make_lines(rng: random.Random, case: Case) -> None:
    """A batch of queries, some streamed, answered line by line as they settle."""
    mount = rng.choice(("trpc", "trpc", "superjson", "alt", "timed", "nobatch"))
    paths = [rng.choice(sorted(STREAMS)) for _ in range(rng.choice((1, 1, 2, 3, 4)))]
    inputs = {
        str(index): {"json": value} if mount == "superjson" else value
        for index, value in enumerate(STREAMS[path](rng) for path in paths)
        if value is not None or rng.random() < 0.2
    }
    joined = ",".join(paths).replace(".", "~" if mount == "alt" else ".")
    path = f"/{mount}/{joined}"
    headers: dict[str, object] = {}
    name = rng.choice(("trpc-accept", "trpc-accept", "trpc-accept", "Trpc-Accept"))
    headers[name] = (
        "application/jsonl" if rng.random() < 0.95 else "application/jsonl, x"
    )
    if rng.random() < 0.2:
        headers["accept"] = rng.choice(
            ("application/jsonl", "*/*", "text/event-stream")
        )
    if mount == "alt" and rng.random() < 0.5:
        spec: Case = {"method": "POST", "path": f"{path}?batch=1", "body": dump(inputs)}
    else:
        query = f"batch=1&input={quote(dump(inputs))}" if inputs else "batch=1"
        spec = {"method": "GET", "path": f"{path}?{query}"}
    case["http"] = {**spec, "headers": headers}
    if mount == "timed" and rng.random() < 0.5:
        slow = quote(dump({"0": {"to": 1, "delayMs": 250}}))
        path = f"/timed/stream.count?batch=1&input={slow}"
        case["http"] = {"method": "GET", "path": path, "headers": headers}
        case["pings"] = True
    elif rng.random() < 0.1:
        case["stop_after"] = 1  # in which order the others come is nobody's promise


def make_events(rng: random.Random, case: Case) -> None:
    """One subscription, resumed by any of the ways to say which event was the last."""
    mount = rng.choice(
        ("trpc", "trpc", "superjson", "alt", "quiet", "timed", "nobatch")
    )
    path = rng.choice(sorted(EVENTS))
    value = EVENTS[path](rng)
    is_held = path == "sub.hold"
    query: list[str] = []
    if value is not None:
        query.append(
            "input=" + quote(dump({"json": value} if mount == "superjson" else value))
        )
    for name in ("lastEventId", "Last-Event-Id", "last-event-id", "LastEventId"):
        if rng.random() < 0.15:
            query.append(f"{name}={quote(rng.choice(IDS))}")
    if rng.random() < 0.2:
        query.append(
            "connectionParams="
            + quote(rng.choice(('{"user":"eve"}', "{}", '{"fail":"x"}')))
        )
    rng.shuffle(query)
    headers: dict[str, object] = (
        {"accept": "text/event-stream"} if rng.random() < 0.7 else {}
    )
    if rng.random() < 0.25:
        headers["last-event-id"] = rng.choice(IDS)
    if rng.random() < 0.2:
        headers["x-user"] = "ada"
    method = "POST" if mount == "alt" and rng.random() < 0.2 else "GET"
    dotted = path.replace(".", "~") if mount == "alt" else path
    case["http"] = {
        "method": method,
        "path": f"/{mount}/{dotted}" + ("?" + "&".join(query) if query else ""),
        "headers": headers,
    }
    if mount == "timed":
        case["pings"] = is_held  # it lasts as long as a subscription may
    elif is_held or rng.random() < 0.15:
        case["stop_after"] = 2 if is_held else rng.choice((1, 2))

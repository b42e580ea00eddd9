"""Random conversations over a WebSocket."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from typing import Final

from tests.conformance.random_values import (
    BROKEN,
    CONNECTION_PARAMS,
    NO_INPUT,
    Case,
    choose_size,
    dump,
    make_call,
)

__all__ = ["LONG_PAUSE", "PAUSE", "make_socket"]

PAUSE: Final = "<pause>"
"""Stands among the frames of a WebSocket where nothing is to be sent for a moment."""
LONG_PAUSE: Final = "<long pause>"
"""As above, for so long that a connection of the mount with keep-alive is pinged and cut."""


def make_socket(rng: random.Random, mount: str) -> dict[str, object]:
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
        frames += [make_frame(rng, mount, ids) for _ in range(rng.choice((1, 1, 2, 3)))]
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
        frames += [dump(message), PAUSE]
    return frames


def _make_params_frame(rng: random.Random) -> object:
    data = rng.choice(CONNECTION_PARAMS)
    if rng.random() < 0.8:
        try:
            return dump({"method": "connectionParams", "data": json.loads(data)})
        except ValueError:
            return data
    return rng.choice(
        (
            dump({"data": {"user": "eve"}}),
            dump({"method": "connectionParams"}),
            "[]",
            "1",
            "PING",
        )
    )


def make_frame(rng: random.Random, mount: str, ids: Iterator[int]) -> object:
    chance = rng.random()
    if chance < 0.04:
        return rng.choice(
            (*BROKEN, "PING", "PONG", "null", "1", "[]", "{}", "[null]", "[[]]")
        )
    if chance < 0.05:
        return {"binary": "AAAA"}
    if chance < 0.2:
        size = choose_size(rng)
        return dump([make_message(rng, mount, next(ids)) for _ in range(size)])
    return dump(make_message(rng, mount, next(ids)))


def make_message(rng: random.Random, mount: str, number: int) -> object:
    kind = rng.choice(("query", "mutation", "subscription", "subscription"))
    path, given = make_call(rng, kind, mount)
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

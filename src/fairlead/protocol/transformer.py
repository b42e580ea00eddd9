"""The seam between Python values and what travels: plain JSON needs none, superjson is one."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol, cast

import msgspec
from pydantic_core import from_json, to_json

__all__ = ["PROTOTYPE", "Transformer", "drop_prototypes", "dump_json", "load_json"]

PROTOTYPE = "__proto__"
"""A key that no JavaScript object can have for long: copying the object loses it."""


class Transformer(Protocol):
    """Turns values into JSON values and back, as tRPC's data transformers do."""

    def serialize(self, value: object) -> object:
        """A JSON value that stands for `value`; MISSING is JavaScript's undefined."""
        ...

    def deserialize(self, payload: object) -> object:
        """The value that a parsed JSON payload stands for.

        Raises:
            ValueError: the payload is not what `serialize` makes.
        """
        ...


def dump_json(value: object) -> bytes:
    """Any value as JSON bytes; what JSON lacks (NaN, infinities) becomes null, as in JavaScript."""
    return to_json(value, by_alias=True, inf_nan_mode="null", serialize_unknown=True)


def load_json(raw: bytes | str) -> object:
    """Parses JSON strictly.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        if "out of range" in str(error):  # 1e400, which JavaScript reads as infinity
            with suppress(ValueError):
                return from_json(raw, allow_inf_nan=False)
        raise ValueError(str(error) or "nested too deeply") from error


def drop_prototypes(payload: object) -> None:
    """Removes what is named `__proto__` from the value of a payload, as superjson's copy does."""
    if isinstance(payload, dict):
        _drop(cast("dict[str, object]", payload).get("json"))


def _drop(value: object) -> None:
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            fields = cast("dict[str, object]", found)
            fields.pop(PROTOTYPE, None)
            waiting += fields.values()
        elif isinstance(found, list):
            waiting += cast("list[object]", found)

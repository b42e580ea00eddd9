"""The seam between Python values and what travels: plain JSON needs none, superjson is one."""

from __future__ import annotations

from typing import Protocol

import msgspec
from pydantic_core import to_json

__all__ = ["Transformer", "dump_json", "load_json"]


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
        raise ValueError(str(error) or "nested too deeply") from error

"""superjson, both directions: dates, maps, sets, bigints, undefined and the rest, in plain JSON.

A payload is `{"json": ..., "meta": {"values": tree, "referentialEqualities": ..., "v": 1}}`. The
tree of annotations follows the JSON value: a list is a node (its annotation, then its children),
an object maps dotted paths to trees. Python has fewer kinds of values than JavaScript, so those
it lacks have types of their own in `javascript`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fairlead._missing import MISSING
from fairlead.protocol.superjson_decode import apply_meta
from fairlead.protocol.superjson_encode import Walker

__all__ = ["SuperJson"]


@dataclass(frozen=True, slots=True)
class SuperJson:
    """The superjson transformer: `WireOptions(transformer=SuperJson())`."""

    def serialize(self, value: object) -> object:
        """The payload for a value."""
        walker = Walker()
        encoded, tree = walker.walk(value, ())
        meta: dict[str, object] = {}
        if tree:
            meta["values"] = tree
        if equalities := walker.get_equalities():
            meta["referentialEqualities"] = equalities
        if not meta:
            return {"json": encoded}
        return {"json": encoded, "meta": {**meta, "v": 1}}

    def deserialize(self, payload: object) -> object:
        """The value of a payload.

        Raises:
            ValueError: not a superjson payload, or one with unknown types.
        """
        if payload is None or payload is MISSING:
            raise ValueError('a superjson payload is an object with the key "json"')
        if not isinstance(payload, dict):
            return MISSING  # as in JavaScript, where "text".json is undefined
        parts = cast("dict[str, object]", payload)
        value = parts.get("json", MISSING)
        meta = parts.get("meta")
        if not isinstance(meta, dict):
            return value
        try:
            return apply_meta(value, cast("dict[str, object]", meta))
        except (
            KeyError,
            IndexError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise ValueError(
                f"the superjson meta does not fit its value: {error!r}"
            ) from error

"""The kinds of values that JavaScript has and Python lacks; superjson carries them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar, cast

__all__ = [
    "INVALID_DATE",
    "MAX_SAFE_INTEGER",
    "REGEXP_FLAGS",
    "BigInt",
    "JsError",
    "JsMap",
    "OrderedSet",
    "Url",
    "make_member",
]

K = TypeVar("K")
V = TypeVar("V")

MAX_SAFE_INTEGER = 2**53 - 1
REGEXP_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


class BigInt(int):
    """A JavaScript bigint; a plain int beyond 2**53 travels as one too."""


class JsMap(dict[K, V]):
    """A JavaScript Map; a plain dict is an object."""

    # In sets and as a key of maps, objects are themselves and nothing else.
    __hash__ = object.__hash__  # type: ignore[assignment]  # a dict has none


class OrderedSet(set[V]):
    """A set that keeps the order of insertion, as JavaScript's does."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # as above

    def __init__(self, items: Iterable[V] = ()) -> None:
        self._order = dict.fromkeys(items)
        super().__init__(self._order)

    def __iter__(self) -> Iterator[V]:
        return iter(self._order)


class _Object(dict[str, object]):
    __hash__ = object.__hash__  # type: ignore[assignment]  # as above


class _List(list[object]):
    __hash__ = object.__hash__  # type: ignore[assignment]  # as above


def make_member(value: object) -> object:
    """A value as a member of a set or the key of a map: -0 is 0, an object is only itself."""
    if isinstance(value, float) and not value:
        return 0
    if type(value) is dict:
        return _Object(cast("dict[str, object]", value))
    if type(value) is list:
        return _List(cast("list[object]", value))
    return value


class Url(str):
    """A JavaScript URL object."""

    __slots__ = ()


class _InvalidDate(Enum):
    INVALID_DATE = auto()


INVALID_DATE = _InvalidDate.INVALID_DATE
"""A JavaScript date that is none: no `datetime`, and sent it is null."""


class _NoCause(Enum):
    NO_CAUSE = auto()


NO_CAUSE = _NoCause.NO_CAUSE
"""Of an error that has no property `cause` at all, not even one that is undefined."""


@dataclass(frozen=True, slots=True)
class JsError:
    """A JavaScript Error that travelled as a value.

    Attributes:
        cause: whatever stands there; MISSING for undefined.
    """

    __hash__ = object.__hash__  # the cause may have none

    name: str
    message: str
    cause: object = NO_CAUSE

"""Values beyond JSON, for the superjson mount."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, cast

from pydantic import InstanceOf, PlainValidator
from tests.conformance.kit_context import KitContext

from fairlead import MISSING, Router, mutation, public, query
from fairlead.protocol import BigInt, JsMap, OrderedSet


def check_map(value: object) -> object:
    if not isinstance(value, JsMap) or not all(
        isinstance(key, str)
        and isinstance(number, int | float)
        and not isinstance(number, bool)
        for key, number in cast("JsMap[object, object]", value).items()
    ):
        raise ValueError("a map of string to number")
    return cast("object", value)


def check_set(value: object) -> object:
    if not isinstance(value, OrderedSet) or not all(
        isinstance(item, str) for item in cast("OrderedSet[object]", value)
    ):
        raise ValueError("a set of strings")
    return cast("object", value)


SAMPLE: dict[str, object] = {
    "date": datetime(2020, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
    "map": JsMap({"a": 1, "b": datetime.fromtimestamp(0, UTC)}),
    "set": OrderedSet(["x", "y"]),
    "big": BigInt(12345678901234567890),
    "undef": MISSING,
    "nil": None,
    "nan": math.nan,
    "inf": -math.inf,
    "nested": {
        "list": [datetime.fromtimestamp(1, UTC), MISSING, None, {"deep": BigInt(5)}]
    },
    "dotted.key": datetime.fromtimestamp(2, UTC),
}


class TypesRouter(Router[KitContext]):
    @query(access=public)
    async def sample(self) -> object:
        return SAMPLE

    @query(access=public)
    async def next_day(self, day: InstanceOf[datetime], /) -> object:
        return day + timedelta(days=1)

    @query(access=public)
    async def doubled(
        self, numbers: Annotated[JsMap[str, float], PlainValidator(check_map)], /
    ) -> object:
        return JsMap((key, number * 2) for key, number in numbers.items())

    @mutation(access=public)
    async def upper_set(
        self, items: Annotated[OrderedSet[str], PlainValidator(check_set)], /
    ) -> object:
        return OrderedSet(item.upper() for item in items)

    @query(access=public)
    async def square(self, number: InstanceOf[BigInt], /) -> object:
        return BigInt(number * number)

    @query(access=public)
    async def has_undefined(self, value: dict[str, object], /) -> list[str]:
        return sorted(key for key, item in value.items() if item is MISSING)

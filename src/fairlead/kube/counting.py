"""Counts: how many rows of a view have which values, kept as rows come, change and go."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Set
from typing import Annotated, Any, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

__all__ = ["MAX_GROUPS", "Facet", "FacetCount", "FacetQuery", "RowCounter", "look_up"]

MAX_GROUPS = 2000
"""Of more different values, the most frequent are told."""


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Facet(_Model):
    """What rows are counted by.

    A filter that chooses values (`equals`, `in`) of one of its own fields does not narrow it: a
    menu of values shows what each of them would give.

    Attributes:
        by: names of fields on the wire; rows are counted for each combination of their values.
        step: numbers are rounded down to a multiple of it before; None: as they are.
    """

    by: Annotated[list[str], Field(min_length=1, max_length=3)]
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class FacetCount(_Model):
    """How many rows have these values.

    Attributes:
        values: in the order of the facet's fields; null where a row lacks the field.
    """

    values: list[JsonValue]
    count: int


class FacetQuery(msgspec.Struct, frozen=True):
    """A facet that can be compared and hashed."""

    by: tuple[str, ...]
    step: float | None

    @classmethod
    def of(cls, facet: Facet) -> FacetQuery:
        """The query of a call's parameter."""
        return cls(tuple(facet.by), facet.step)

    def group(self, fields: Mapping[str, Any]) -> bytes:
        """The group of a row, as the JSON of its values."""
        values = [look_up(fields, name) for name in self.by]
        if self.step is not None:
            values = [_round_down(value, self.step) for value in values]
        return msgspec.json.encode(values)


class RowCounter:
    """Counts rows by facets.

    Attributes:
        owned: for each facet, which filters, by their place, do not narrow it.
    """

    def __init__(
        self, facets: tuple[FacetQuery, ...], choices: list[str | None]
    ) -> None:
        self.owned = [
            {place for place, name in enumerate(choices) if name in facet.by}
            for facet in facets
        ]
        self._facets = facets
        self._counts: list[Counter[bytes]] = [Counter() for _ in facets]
        self._groups: dict[str, tuple[bytes | None, ...]] = {}
        self._news: Counter[tuple[int, bytes]] = Counter()
        self._json: bytes | None = None

    def put(self, key: str, fields: Mapping[str, Any], missed: Set[int]) -> None:
        """A row that is not counted yet; `missed`: the places of the filters it does not fit."""
        groups = tuple(
            facet.group(fields) if missed <= owned else None
            for facet, owned in zip(self._facets, self.owned, strict=True)
        )
        self._groups[key] = groups
        self._add(groups, 1)

    def drop(self, key: str) -> None:
        """A row is gone, or is about to be put again."""
        groups = self._groups.pop(key, None)
        if groups is not None:
            self._add(groups, -1)

    def take_news(self) -> bool:
        """Has a count changed since it was last asked?"""
        changed = any(self._news.values())
        self._news.clear()
        if changed:
            self._json = None
        return changed

    def to_json(self) -> bytes:
        """Lists of `FacetCount`, one for each facet; the most frequent first."""
        if self._json is None:
            self._json = b"[%b]" % b",".join([_dump(each) for each in self._counts])
        return self._json

    def _add(self, groups: tuple[bytes | None, ...], change: int) -> None:
        for place, group in enumerate(groups):
            if group is None:
                continue
            self._news[place, group] += change
            counts = self._counts[place]
            counts[group] += change
            if not counts[group]:
                del counts[group]


def look_up(fields: Mapping[str, Any], name: str) -> Any:
    """The value of a field; `metadata.name` and the like reach inside. None where it is missing."""
    value: Any = fields
    for part in name.split("."):
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(part)
    return value


def _round_down(value: Any, step: float) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    rounded = value // step * step
    return int(rounded) if rounded.is_integer() else rounded


def _dump(counts: Counter[bytes]) -> bytes:
    told = heapq.nsmallest(
        MAX_GROUPS, counts.items(), key=lambda item: (-item[1], item[0])
    )
    return b"[%b]" % b",".join([b'{"values":%b,"count":%d}' % each for each in told])

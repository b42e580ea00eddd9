"""Windows: rows that fit some filters, in order, from one place on and not more than so many."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any, Literal, cast

import msgspec
from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.errors import TRPCError
from fairlead.kube.counting import Facet, FacetQuery, RowCounter, look_up
from fairlead.kube.frames import FrameSource
from fairlead.kube.store import Store
from fairlead.kube.wire import RawObject

__all__ = ["RowFilter", "Window", "WindowQuery", "check_fields"]

Operator = Literal[
    "equals",
    "notEquals",
    "in",
    "notIn",
    "contains",
    "greaterThan",
    "lessThan",
    "exists",
]

SortKey = tuple[object, ...]


class RowFilter(BaseModel):
    """What a row must have to be shown.

    Attributes:
        field: its name on the wire; `metadata.name` and the like reach inside.
        value: what to compare with; a list for `in` and `notIn`, a boolean for `exists`.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    field: str
    operator: Operator = "equals"
    value: JsonValue = None


class WindowQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows, in which order.

    Attributes:
        sort: names of fields, the first one decides first; `-` before one for descending.
            Rows that lack the field come last. Ties are broken by namespace and name.
        search: a text that one of the row's texts must contain, whatever the case.
        facets: what rows are counted by, in the window or not.
    """

    filters: tuple[tuple[str, Operator, bytes], ...] = ()
    sort: tuple[str, ...] = ()
    search: str | None = None
    offset: int = 0
    limit: int | None = None
    facets: tuple[FacetQuery, ...] = ()

    @classmethod
    def of(  # noqa: PLR0913  the fields of a query
        cls,
        *,
        filters: list[RowFilter] | None = None,
        sort: list[str] | None = None,
        search: str | None = None,
        offset: int = 0,
        limit: int | None = None,
        facets: list[Facet] | None = None,
    ) -> WindowQuery:
        """The query of a call's parameters; equal ones are shared."""
        return cls(
            filters=tuple(
                (each.field, each.operator, msgspec.json.encode(each.value))
                for each in filters or ()
            ),
            sort=tuple(sort or ()),
            search=search.casefold() if search else None,
            offset=offset,
            limit=limit,
            facets=tuple(FacetQuery.of(each) for each in facets or ()),
        )


def check_fields(query: WindowQuery, view: type[BaseModel]) -> None:
    """Refuses fields that a view does not have.

    Raises:
        TRPCError: BAD_REQUEST; says which there are.
    """
    known = {
        info.serialization_alias or info.alias or name
        for name, info in view.__pydantic_fields__.items()
    }
    asked = [name.removeprefix("-") for name in query.sort]
    asked += [name for name, _, _ in query.filters]
    asked += [name for facet in query.facets for name in facet.by]
    for name in asked:
        if name.partition(".")[0] not in known:
            raise TRPCError(
                "BAD_REQUEST",
                f"{view.__name__} has no field {name!r}: it has {', '.join(sorted(known))}",
            )


class _Row(msgspec.Struct, frozen=True, gc=False):
    place: SortKey
    found: RawObject


class Window:
    """A step from rows to those of a window.

    Attributes:
        total: rows that fit the filters.
    """

    def __init__(self, query: WindowQuery, store: Store) -> None:
        self.frames = _WindowFrames(self, store)
        self._query = query
        self._store = store
        self._rows: dict[str, _Row] = {}
        self._order: list[SortKey] = []
        self._shown: dict[str, RawObject] = {}
        self._reads_fields = bool(
            query.sort or query.filters or query.search or query.facets
        )
        self._filters: list[tuple[str, Operator, Any]] = [
            (name, operator, msgspec.json.decode(value))
            for name, operator, value in query.filters
        ]
        self._counter = _make_counter(query)
        self._is_whole = query.limit is None and query.offset == 0
        self._told_total = 0
        self._counted_at = 0

    @property
    def total(self) -> int:
        """How many rows fit, in the window or not."""
        return len(self._order)

    def put(self, found: RawObject) -> None:
        """A row is new or has changed."""
        key = found.key
        self._take_out(key)
        place = self._find_place(found)
        if place is None:
            if self._is_whole:
                self._store.delete(key)
            return
        self._rows[key] = _Row(place, found)
        insort(self._order, place)
        if self._is_whole:
            self._store.upsert(found)

    def drop(self, key: str) -> None:
        """A row is gone."""
        self._take_out(key)
        if self._is_whole:
            self._store.delete(key)

    def flush(self) -> None:
        """Brings the window up to date."""
        head = self._store.head
        if not self._is_whole:
            shown = {row.key: row for row in self.get_items()}
            for key in self._shown:
                if key not in shown:
                    self._store.delete(key)
            for key, row in shown.items():
                if self._shown.get(key) is not row:
                    self._store.upsert(row)
            self._shown = shown
        is_counted = self._counter is not None and self._counter.take_news()
        if (self.total != self._told_total or is_counted) and self._store.head == head:
            self._store.touch()
        self._told_total = self.total
        if is_counted:
            self._counted_at = self._store.head

    def get_counts(self, cursor: int | None = None) -> bytes:
        """The facets' counts as JSON; null where none are asked for, or none changed since."""
        if self._counter is None or (cursor is not None and cursor >= self._counted_at):
            return b"null"
        return self._counter.to_json()

    def get_items(self) -> list[RawObject]:
        """The rows of the window, in order."""
        query = self._query
        end = None if query.limit is None else query.offset + query.limit
        places = self._order[query.offset : end]
        return [self._rows[cast("str", place[-1])].found for place in places]

    def get_position(self, found: RawObject) -> int:
        """Where a row of the window stands in it."""
        return (
            bisect_left(self._order, self._rows[found.key].place) - self._query.offset
        )

    def _take_out(self, key: str) -> None:
        if self._counter is not None:
            self._counter.drop(key)
        row = self._rows.pop(key, None)
        if row is not None:
            del self._order[bisect_left(self._order, row.place)]

    def _find_place(self, found: RawObject) -> SortKey | None:
        """What the row is sorted by, its key last; None when it does not fit."""
        if not self._reads_fields:
            return (found.key,)
        fields: dict[str, Any] = msgspec.json.decode(found.raw)
        search = self._query.search
        if search and not _has_text(fields, search):
            return None
        missed = {
            place
            for place, (name, operator, value) in enumerate(self._filters)
            if not _fits(look_up(fields, name), operator, value)
        }
        if self._counter is not None:
            self._counter.put(found.key, fields, missed)
        if missed:
            return None
        parts: list[object] = []
        for name in self._query.sort:
            descending = name.startswith("-")
            rank = _rank(look_up(fields, name.removeprefix("-")))
            if rank is not None and descending:
                rank = _turn(*rank)
            parts.append((rank is None, rank))
        return (*parts, found.key)


class _WindowFrames(FrameSource):
    """Frames that say where rows belong."""

    def __init__(self, window: Window, store: Store) -> None:
        super().__init__(store)
        self._window = window

    def _get_items(self) -> list[RawObject]:
        return self._window.get_items()

    def _arrange(self, upserts: list[RawObject]) -> tuple[list[RawObject], bytes]:
        placed = sorted(
            ((self._window.get_position(row), row) for row in upserts),
            key=lambda pair: pair[0],
        )
        places = b",".join([b"%d" % place for place, _ in placed])
        return [row for _, row in placed], b',"positions":[%b]' % places

    def _get_total(self, cursor: int | None) -> bytes:
        counts = self._window.get_counts(cursor)
        return b',"total":%d,"counts":%b' % (self._window.total, counts)


class _Down:
    """Sorts the other way round."""

    __slots__ = ("rank",)

    def __init__(self, rank: object) -> None:
        self.rank = rank

    def __lt__(self, other: _Down) -> bool:
        return bool(cast("Any", other.rank) < cast("Any", self.rank))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and self.rank == other.rank

    __hash__ = None  # type: ignore[assignment]


def _make_counter(query: WindowQuery) -> RowCounter | None:
    choices = [
        name if operator in {"equals", "in"} else None
        for name, operator, _ in query.filters
    ]
    return RowCounter(query.facets, choices) if query.facets else None


def _rank(value: Any) -> tuple[int, object] | None:
    """Values of every kind in one order: booleans, numbers, texts, the rest as JSON."""
    if value is None:
        return None
    if isinstance(value, bool):
        return 0, value
    if isinstance(value, int | float):
        return 1, value
    if isinstance(value, str):
        return 2, (value.casefold(), value)
    return 3, msgspec.json.encode(value)


def _turn(kind: int, value: object) -> tuple[int, object]:
    """A rank for the other way round; of numbers one that compares as fast."""
    if isinstance(value, int | float):
        return -kind, -value
    return -kind, _Down(value)


def _has_text(value: object, text: str) -> bool:
    if isinstance(value, str):
        return text in value.casefold()
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return any(
            _has_text(each, text)
            for name, each in fields.items()
            if name not in {"uid", "resourceVersion"}
        )
    if isinstance(value, list):
        return any(_has_text(each, text) for each in cast("list[object]", value))
    return False


def _fits(found: Any, operator: Operator, value: Any) -> bool:  # noqa: PLR0911  a table
    match operator:
        case "equals":
            return bool(found == value)
        case "notEquals":
            return bool(found != value)
        case "in":
            return isinstance(value, list) and found in value
        case "notIn":
            return isinstance(value, list) and found not in value
        case "contains":
            return isinstance(value, str) and _has_text(found, value.casefold())
        case "exists":
            return (found is not None) is bool(value)
        case "greaterThan" | "lessThan":
            ours, theirs = _rank(found), _rank(value)
            if ours is None or theirs is None or ours[0] != theirs[0]:
                return False
            if operator == "greaterThan":
                return bool(cast("Any", ours) > theirs)
            return bool(cast("Any", ours) < theirs)

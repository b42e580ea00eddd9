"""Table cells: printer columns of custom resources, functions for built-in kinds."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import TypeAlias

from fairlead.devcluster import cells_builtin as built
from fairlead.devcluster.jsonpath import first
from fairlead.devcluster.jsontypes import JsonArray, JsonObject, JsonValue
from fairlead.devcluster.registry import Column, Resource, Version

# The clock of the cluster that is answering: ages are told by its time.
wall_time: ContextVar[Callable[[], float]] = ContextVar("wall_time", default=time.time)

Cell: TypeAlias = Callable[[JsonObject], JsonValue]

_NAME_TEXT = "The name of the object, unique within its namespace."
NAME = Column("Name", format="name", description=_NAME_TEXT)
AGE = Column("Age", description="The time since the object was created.")


def age_of(stamp: JsonValue) -> str:
    """Return the time since a timestamp, as `kubectl get` prints it."""
    if not isinstance(stamp, str):
        return "<unknown>"
    try:
        then = datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return "<invalid>"
    return short_duration(max(0, int(wall_time.get()() - then)))


def short_duration(seconds: int) -> str:  # noqa: PLR0911 - one line for each scale
    """Return seconds in the two largest useful units: 95s, 2m6s, 11m, 36m, 4h2m, 3d4h."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _pair(minutes, "m", seconds % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _pair(days // 365, "y", days % 365, "d")


def _pair(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"


def _created(body: JsonObject) -> JsonValue:
    return body["metadata"].get("creationTimestamp")


def _age(body: JsonObject) -> JsonValue:
    return age_of(_created(body))


def _name(body: JsonObject) -> JsonValue:
    return body["metadata"]["name"]


_COMMON: dict[str, Cell] = {"Name": _name, "Age": _age, "Created At": _created}
_EVENT_TIMES: dict[str, Cell] = {
    "Last Seen": lambda body: age_of(built.last_seen(body)),
    "First Seen": lambda body: age_of(built.first_seen(body)),
}
_BUILT_IN: dict[str, tuple[tuple[Column, Cell], ...]] = {}


def _builtin(plural: str) -> tuple[tuple[Column, Cell], ...]:
    found = _BUILT_IN.get(plural)
    if found is None:
        functions = {**_COMMON, **_EVENT_TIMES, **built.CELLS.get(plural, {})}
        names = built.LAYOUT.get(plural, "Name Age").split(" ")
        found = _BUILT_IN[plural] = tuple(_column(name, functions) for name in names)
    return found


def _column(name: str, functions: dict[str, Cell]) -> tuple[Column, Cell]:
    wide = name.endswith("*")
    shown = name.removesuffix("*").replace("_", " ")
    column = (
        NAME
        if shown == "Name" and not wide
        else Column(shown, priority=int(wide), format="name" if shown == "Name" else "")
    )
    return column, functions[shown]


def columns_of(resource: Resource, version: Version) -> tuple[Column, ...]:
    """Return the columns of a resource's Table."""
    if resource.custom:
        return (NAME, *(version.columns or (_DEFAULT_AGE,)))
    return tuple(column for column, _ in _builtin(resource.plural))


_DEFAULT_AGE = Column(
    "Age", type="date", path=".metadata.creationTimestamp", description=AGE.description
)


def cells(resource: Resource, version: Version, body: JsonObject) -> JsonArray:
    """Return the cells of one object's row."""
    if not resource.custom:
        return [cell(body) for _, cell in _builtin(resource.plural)]
    columns = version.columns or (_DEFAULT_AGE,)
    return [_name(body), *(_custom_cell(column, body) for column in columns)]


def _custom_cell(column: Column, body: JsonObject) -> JsonValue:
    value = first(body, column.path)
    if value is None:
        return None
    match column.type:
        case "date":
            return age_of(value)
        case "string":
            return value if isinstance(value, str) else _text(value)
        case "integer":
            return (
                value
                if isinstance(value, int) and not isinstance(value, bool)
                else None
            )
        case "number":
            return (
                value
                if isinstance(value, (int, float)) and not isinstance(value, bool)
                else None
            )
        case _:
            return value if isinstance(value, bool) else None


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

"""Kubernetes' own functions for CEL rules, beside the standard ones of the language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

import cel

from fairlead.devcluster.celvalues import VALUES
from fairlead.devcluster.jsontypes import is_array, is_object

# What a rule works on is JSON of any shape: the types are the rule's own business.


def _is_sorted(values: list[Any]) -> bool:
    return all(a <= b for a, b in pairwise(values))


def _sum(values: list[Any]) -> Any:
    return sum(values)


def _index_of(values: Any, item: Any, start: int = 0) -> int:
    if isinstance(values, str):
        return values.find(item, start)
    return next((place for place, each in enumerate(values) if each == item), -1)


def _last_index_of(values: Any, item: Any) -> int:
    if isinstance(values, str):
        return values.rfind(item)
    found = [place for place, each in enumerate(values) if each == item]
    return found[-1] if found else -1


def _find(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [each[0] for each in re.finditer(pattern, text)]
    return found if limit < 0 else found[:limit]


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    return list(text) if not separator else text.split(separator, limit - 1 if limit > 0 else -1)  # fmt: skip


def _join(values: list[str], separator: str = "") -> str:
    return separator.join(values)


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


def _char_at(text: str, place: int) -> str:
    return text[place : place + 1]


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, limit)


def _format_text(text: str, values: list[Any]) -> str:
    """Return a text with `%d`, `%s`, `%f`, `%e`, `%b`, `%o`, `%x` and `%X` filled in."""
    left = list(values)

    def fill(found: re.Match[str]) -> str:
        digits, kind = found[1], found[2]
        if kind == "%":
            return "%"
        value = left.pop(0)
        if kind == "s":
            return _shown(value)
        precision = digits or (".6" if kind in "fe" else "")
        return format(value, f"{precision}{kind}")

    return re.sub(r"%(\.\d+)?([dsfeboxX%])", fill, text)


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if is_array(value):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if is_object(value):
        return f"{{{', '.join(f'{_shown(key)}: {_shown(value[key])}' for key in sorted(value))}}}"
    return str(value)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# optional values


def _optional_get(value: Any, key: Any) -> cel.OptionalValue:
    if isinstance(value, cel.OptionalValue):
        return _optional_get(value.value(), key) if value.has_value() else value
    if is_object(value):
        there = key in value
        return cel.OptionalValue.of(value[key]) if there else cel.OptionalValue.none()
    there = isinstance(key, int) and 0 <= key < len(value)
    return cel.OptionalValue.of(value[key]) if there else cel.OptionalValue.none()


def _optional_only(values: list[Any]) -> cel.OptionalValue:
    return cel.OptionalValue.of(values[0]) if values else cel.OptionalValue.none()


def _optional_list(parts: list[list[Any]]) -> list[Any]:
    return [
        item.value() if optional else item
        for optional, item in parts
        if not optional or item.has_value()
    ]


def _optional_map(parts: list[list[Any]]) -> dict[Any, Any]:
    return {
        key: item.value() if optional else item
        for optional, key, item in parts
        if not optional or item.has_value()
    }


# sets


def _contains(first: list[Any], second: list[Any]) -> bool:
    return all(item in first for item in second)


def _intersects(first: list[Any], second: list[Any]) -> bool:
    return any(item in first for item in second)


def _equivalent(first: list[Any], second: list[Any]) -> bool:
    return _contains(first, second) and _contains(second, first)


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "isSorted": _is_sorted,
    "sum": _sum,
    "min": min,
    "max": max,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "find": _find,
    "findAll": _find_all,
    "split": _split,
    "join": _join,
    "substring": _substring,
    "replace": _replace,
    "trim": str.strip,
    "lowerAscii": str.lower,
    "upperAscii": str.upper,
    "charAt": _char_at,
    "format": _format_text,
    "strings_quote": _quote,
    "optional_get": _optional_get,
    "optional_only": _optional_only,
    "optional_list": _optional_list,
    "optional_map": _optional_map,
    "sets_contains": _contains,
    "sets_intersects": _intersects,
    "sets_equivalent": _equivalent,
    **VALUES,
}

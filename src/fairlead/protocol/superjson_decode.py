"""JSON and the annotations beside it to Python values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from fairlead._missing import MISSING
from fairlead.protocol.javascript import (
    INVALID_DATE,
    REGEXP_FLAGS,
    BigInt,
    JsError,
    JsMap,
    OrderedSet,
    Url,
    make_member,
)
from fairlead.protocol.superjson_paths import FORBIDDEN_KEYS, split_path

__all__ = ["apply_meta"]


def apply_meta(value: object, meta: dict[str, object]) -> object:
    """What the annotations and equalities of a payload make of its JSON value.

    Raises:
        ValueError: the meta names unknown types or places; meta of a wrong shape raises what
            reading it raises, for the caller to explain.
    """
    version = meta.get("v", 0)
    legacy = not isinstance(version, int | float) or version < 1
    if "values" in meta:
        value = _apply_tree(value, meta["values"], legacy=legacy)
    equalities = meta.get("referentialEqualities")
    if equalities or equalities == []:
        value = _apply_equalities(value, equalities, legacy=legacy)
    return value


def _apply_tree(value: object, tree: object, *, legacy: bool) -> object:
    """Turns JSON values into what their annotations say, children before parents."""
    if isinstance(tree, list):
        node = cast("list[object]", tree)
        if len(node) > 1 and node[1]:
            value = _apply_children(value, node[1], legacy=legacy)
        return _decode(value, node[0])
    return _apply_children(value, tree, legacy=legacy)


def _apply_children(value: object, tree: object, *, legacy: bool) -> object:
    if not isinstance(tree, dict):
        raise ValueError("superjson annotations are an object or a list")
    for path, subtree in cast("dict[str, object]", tree).items():
        parts = split_path(path, legacy=legacy)
        if FORBIDDEN_KEYS.intersection(parts):
            raise ValueError(f"superjson allows no property {path!r}")
        *above, last = parts
        parent = value
        for part in above:
            parent = _get_child(parent, part)
        _set_child(
            parent, last, _apply_tree(_get_child(parent, last), subtree, legacy=legacy)
        )
    return value


def _get_child(parent: object, key: str) -> object:
    if isinstance(parent, list):
        return cast("list[object]", parent)[int(key)]
    if isinstance(parent, dict):
        return cast("dict[str, object]", parent)[key]
    if isinstance(parent, JsError) and key in ("name", "message", "cause"):
        return getattr(parent, key)
    raise ValueError(
        f"superjson annotations name {key!r} inside a {type(parent).__name__}"
    )


def _set_child(parent: object, key: str, value: object) -> None:
    if isinstance(parent, list):
        cast("list[object]", parent)[int(key)] = value
    else:
        cast("dict[str, object]", parent)[key] = value


def _decode(value: object, annotation: object) -> object:
    if isinstance(annotation, list):
        kind, *rest = cast("list[object]", annotation)
        if (
            kind == "typed-array"
            and rest
            and rest[0] in ("Uint8Array", "Uint8ClampedArray")
        ):
            return bytes(cast("list[int]", value))
        if kind == "typed-array":
            if rest and rest[0] in _NUMBER_ARRAYS:
                return value
            raise ValueError("Trying to deserialize unknown typed array")
        raise ValueError(f"this server knows no superjson {kind!r} values")
    if annotation == "undefined":
        return MISSING
    kind, decode = (
        _DECODERS.get(annotation, (object, None))
        if isinstance(annotation, str)
        else (object, None)
    )
    if decode is None or not isinstance(value, kind):
        raise ValueError(
            f"superjson cannot make {annotation!r} of a {type(value).__name__}"
        )
    return decode(value)


def _parse_date(text: str) -> object:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        if text[:1] in ("+", "-"):
            raise  # a date, of a year that Python does not have
        return INVALID_DATE
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    # One that has no UTC is refused here, not when it is sent.
    return moment.astimezone(UTC)


def _parse_number(text: str) -> float:
    special = {
        "NaN": math.nan,
        "Infinity": math.inf,
        "-Infinity": -math.inf,
        "-0": -0.0,
    }
    if text in special:
        return special[text]
    return float(text)


def _parse_regexp(text: str) -> re.Pattern[str]:
    body, _, flags = text[1:].rpartition("/")
    combined = re.RegexFlag(0)
    for letter in flags:
        combined |= REGEXP_FLAGS.get(letter, re.RegexFlag(0))
    try:
        return re.compile(body, combined)
    except re.error as error:
        raise ValueError(
            f"Python cannot read the regular expression {text!r}: {error}"
        ) from error


def _make_map(pairs: list[list[object]]) -> object:
    return JsMap((make_member(pair[0]), pair[1]) for pair in pairs)


def _make_set(items: list[object]) -> object:
    return OrderedSet(map(make_member, items))


def _make_error(fields: dict[str, object]) -> object:
    # As in JavaScript, where `new Error(message, { cause: undefined })` has a cause.
    return JsError(
        str(fields.get("name", "Error")),
        str(fields.get("message", "")),
        fields.get("cause", MISSING),
    )


_NUMBER_ARRAYS = frozenset(
    ("Int8Array", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "Float32Array", "Float64Array")
)  # fmt: skip
# By annotation: the JSON type that stands for it, and how it is read.
_DECODERS: dict[str, tuple[type, Callable[[Any], object]]] = {
    "bigint": (str, BigInt),
    "Date": (str, _parse_date),
    "number": (str, _parse_number),
    "map": (list, _make_map),
    "set": (list, _make_set),
    "regexp": (str, _parse_regexp),
    "URL": (str, Url),
    "Error": (dict, _make_error),
}


def _apply_equalities(value: object, equalities: object, *, legacy: bool) -> object:
    root_paths: list[str] = []
    shared: object = equalities
    if isinstance(equalities, list):
        if not equalities:
            raise ValueError("superjson equalities name no places")
        root_paths, *rest = cast("list[list[str]]", equalities)
        shared = rest[0] if rest else {}
    for path in root_paths:
        _replace(value, split_path(path, legacy=legacy), value)
    for path, others in cast("dict[str, list[str]]", shared).items():
        found = _find(value, split_path(path, legacy=legacy))
        for other in others:
            _replace(value, split_path(other, legacy=legacy), found)
    return value


def _find(value: object, parts: list[str]) -> object:
    rest = list(parts)
    while rest:
        key = rest.pop(0)
        if isinstance(value, JsMap):
            row = list(cast("JsMap[object, object]", value).items())[int(key)]
            value = row[int(rest.pop(0))] if rest else row
        elif isinstance(value, OrderedSet):
            value = list(cast("OrderedSet[object]", value))[int(key)]
        else:
            value = _get_child(value, key)
    return value


def _replace(value: object, parts: list[str], found: object) -> None:
    """Makes a place refer to the shared object.

    Places inside maps, sets and errors are equal already, and stay as they are.
    """
    *above, last = parts
    parent = _find(value, above)
    if isinstance(parent, list) or (
        isinstance(parent, dict) and not isinstance(parent, JsMap)
    ):
        _set_child(cast("list[object] | dict[str, object]", parent), last, found)
    else:
        _find(value, parts)  # it must be there

"""Validation of a value against a structural schema, with Kubernetes' field errors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.formats import matches_format
from fairlead.devcluster.jsontypes import (
    JsonArray,
    JsonObject,
    JsonValue,
    is_array,
    is_object,
)
from fairlead.devcluster.schema import Schema, compile_structural


def show(value: JsonValue) -> str:
    """Return a value as error messages print it."""
    if value is None:
        return "null"
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return '"?"'


def json_type(value: JsonValue) -> str:
    """Return the JSON type name of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    if isinstance(value, str):
        return "string"
    return "object" if is_object(value) else "array"


def validate(value: JsonValue, schema: Schema, path: str = "") -> Iterator[FieldError]:
    """Yield every way in which `value` breaks `schema`."""
    found = json_type(value)
    if value is None:
        if not schema.nullable and (schema.type or schema.int_or_string):
            yield _wrong_type(path, schema.type, found)
        return
    if schema.int_or_string:
        if found not in {"integer", "string"}:
            yield _wrong_type(path, "integer,string", found)
            return
    elif schema.type and not _type_fits(schema.type, found):
        yield _wrong_type(path, schema.type, found)
        yield from _enumerated(value, schema.source, path)
        return
    yield from _constraints(value, schema.source, path)
    if is_object(value):
        yield from _object(value, schema, path)
    elif is_array(value):
        yield from _array(value, schema, path)


def _type_fits(wanted: str, found: str) -> bool:
    return wanted == found or (wanted == "number" and found == "integer")


def _wrong_type(path: str, wanted: str, found: str) -> FieldError:
    return err.type_invalid(
        path or "<nil>",
        f'"{found}"',
        f'{path} in body must be of type {wanted}: "{found}"',
    )


def _object(value: JsonObject, schema: Schema, path: str) -> Iterator[FieldError]:
    source = schema.source
    for name in source.get("required", ()):
        if name not in value:
            yield err.required(f"{path}.{name}" if path else name)
    if (limit := source.get("maxProperties")) is not None and len(value) > limit:
        yield FieldError(
            path,
            "FieldValueTooMany",
            f"Too many: {len(value)}: must have at most {limit} items",
        )
    if (limit := source.get("minProperties")) is not None and len(value) < limit:
        yield err.invalid_value(
            path, show(value), f"{path} in body should have at least {limit} properties"
        )
    for name, item in value.items():
        child = schema.child(name)
        if child is not None:
            yield from validate(item, child, f"{path}.{name}" if path else name)


def _array(value: JsonArray, schema: Schema, path: str) -> Iterator[FieldError]:
    source = schema.source
    if (limit := source.get("maxItems")) is not None and len(value) > limit:
        yield FieldError(
            path,
            "FieldValueTooMany",
            f"Too many: {len(value)}: must have at most {limit} items",
        )
    if (limit := source.get("minItems")) is not None and len(value) < limit:
        yield err.invalid_value(
            path, str(len(value)), f"{path} in body should have at least {limit} items"
        )
    if schema.items is not None:
        for index, item in enumerate(value):
            yield from validate(item, schema.items, f"{path}[{index}]")


def repeated_items(
    value: JsonValue, schema: Schema, path: str = ""
) -> Iterator[FieldError]:
    """Yield the items that a list of type set or map holds twice, everywhere in a value."""
    if is_object(value):
        for name, item in value.items():
            child = schema.child(name)
            if child is not None:
                yield from repeated_items(
                    item, child, f"{path}.{name}" if path else name
                )
    elif is_array(value) and schema.items is not None:
        for index, item in enumerate(value):
            yield from repeated_items(item, schema.items, f"{path}[{index}]")
        yield from _unique(value, schema, path)


def _unique(value: JsonArray, schema: Schema, path: str) -> Iterator[FieldError]:
    if not schema.granular_list:
        return
    seen = set[str]()
    for index, item in enumerate(value):
        if schema.list_type == "map":
            if not is_object(item):
                continue
            keys = _map_keys(item, schema)
            mark, shown = (
                show(sorted(keys.items())),
                f"map[string]interface {{}}{show(keys)}",
            )
        else:
            mark = shown = show(item)
        if mark in seen:
            yield err.duplicate(f"{path}[{index}]", shown)
        seen.add(mark)


def _map_keys(item: JsonObject, schema: Schema) -> JsonObject:
    return {key: item[key] for key in schema.list_keys if key in item}


def _constraints(
    value: JsonValue, source: JsonObject, path: str
) -> Iterator[FieldError]:
    yield from _enumerated(value, source, path)
    if isinstance(value, str):
        yield from _string(value, source, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number(value, source, path)
    if not _LOGIC.isdisjoint(source):
        yield from _logic(value, source, path)


def _enumerated(
    value: JsonValue, source: JsonObject, path: str
) -> Iterator[FieldError]:
    allowed = source.get("enum")
    if allowed is not None and not any(_same(value, item) for item in allowed):
        yield err.not_supported(path, show(value), [show(item) for item in allowed])


def _same(left: JsonValue, right: JsonValue) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _string(value: str, source: JsonObject, path: str) -> Iterator[FieldError]:
    pattern = source.get("pattern")
    if (limit := source.get("maxLength")) is not None and len(value) > limit:
        yield err.too_long(path, limit)
    elif (limit := source.get("minLength")) is not None and len(value) < limit:
        yield err.invalid_value(
            path, show(value), f"{path} in body should be at least {limit} chars long"
        )
    elif pattern and not compile_pattern(pattern).search(value):
        yield err.invalid_value(
            path, show(value), f"{path} in body should match '{pattern}'"
        )
    kind = source.get("format")
    if kind and not matches_format(kind, value):
        yield err.type_invalid(
            path, show(value), f"{path} in body must be of type {kind}: {show(value)}"
        )


def _number(value: float, source: JsonObject, path: str) -> Iterator[FieldError]:
    if (limit := source.get("maximum")) is not None:
        strict = bool(source.get("exclusiveMaximum"))
        if value > limit or (strict and value == limit):
            words = "less than" if strict else "less than or equal to"
            yield err.invalid_value(
                path, show(value), f"{path} in body should be {words} {limit}"
            )
    if (limit := source.get("minimum")) is not None:
        strict = bool(source.get("exclusiveMinimum"))
        if value < limit or (strict and value == limit):
            words = "greater than" if strict else "greater than or equal to"
            yield err.invalid_value(
                path, show(value), f"{path} in body should be {words} {limit}"
            )
    step = source.get("multipleOf")
    if step and not math.isclose(value / step, round(value / step), abs_tol=1e-9):
        yield err.invalid_value(
            path, show(value), f"{path} in body should be a multiple of {step}"
        )
    kind = source.get("format")
    bits = {"int32": 31, "int64": 63}.get(kind or "")
    if bits is not None and not -(2**bits) <= value < 2**bits:
        yield err.invalid_value(
            path, show(value), f"{path} in body must be of type {kind}: {show(value)}"
        )


_LOGIC = {"allOf", "anyOf", "oneOf", "not"}


def _logic(value: JsonValue, source: JsonObject, path: str) -> Iterator[FieldError]:
    for part in source.get("allOf", ()):
        yield from validate(value, _loose(part), path)
    for name in ("anyOf", "oneOf"):
        parts = source.get(name)
        if not parts:
            continue
        hits = sum(1 for part in parts if _accepts(value, part, path))
        if hits == 0:
            yield err.invalid_value(
                path,
                show(value),
                f"{path} in body must validate at least one schema ({name})",
            )
        elif name == "oneOf" and hits > 1:
            yield err.invalid_value(
                path,
                show(value),
                f"{path} in body must validate one and only one schema (oneOf). Found {hits} valid alternatives",
            )
    forbidden = source.get("not")
    if forbidden is not None and _accepts(value, forbidden, path):
        yield err.invalid_value(
            path, show(value), f"{path} in body must not validate the schema (not)"
        )


def _accepts(value: JsonValue, source: JsonObject, path: str) -> bool:
    return next(iter(validate(value, _loose(source), path)), None) is None


def _loose(source: JsonObject) -> Schema:
    """Compile a sub-schema of allOf/anyOf/oneOf/not, which may say anything or nothing.

    Compiled schemas are cached on the source itself: its identity is stable for the
    life of the definition that holds it.
    """
    found = _loose_cache.get(id(source))
    if found is None or found[0] is not source:
        found = (source, compile_structural(source))
        if len(_loose_cache) > 4096:
            _loose_cache.clear()
        _loose_cache[id(source)] = found
    return found[1]


_loose_cache: dict[int, tuple[JsonObject, Schema]] = {}


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a schema's pattern; Go and Python agree on what schemas use, but for \\z."""
    return re.compile(pattern.replace(r"\z", r"\Z"))

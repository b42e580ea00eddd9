"""Rules for the schemas of custom resources: they must be structural."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import (
    NO_FIELDS,
    NO_ITEMS,
    JsonObject,
    copy_json,
    is_object,
)
from fairlead.devcluster.rulechecks import check_rules_of
from fairlead.devcluster.schema import compile_structural, prune
from fairlead.devcluster.validation import compile_pattern, show, validate

_TYPES = {"string", "integer", "number", "boolean", "object", "array"}
_FORBIDDEN = (
    "$ref",
    "definitions",
    "dependencies",
    "patternProperties",
    "id",
    "additionalItems",
)


def validate_structural(
    source: JsonObject, path: str, *, root: bool = False
) -> Iterator[FieldError]:
    """Yield the ways in which a schema is not structural."""
    kind = source.get("type", "")
    free = source.get("x-kubernetes-preserve-unknown-fields") or source.get(
        "x-kubernetes-int-or-string"
    )
    if not kind and (root or not free):
        yield err.required(
            f"{path}.type",
            "must not be empty at the root"
            if root
            else "must not be empty for specified object fields",
        )
    elif kind and kind not in _TYPES:
        yield err.not_supported(
            f"{path}.type", f'"{kind}"', [f'"{name}"' for name in sorted(_TYPES)]
        )
    elif root and kind != "object":
        yield err.invalid_value(
            f"{path}.type", f'"{kind}"', "must be object at the root"
        )
    for name in _FORBIDDEN:
        if name in source:
            yield err.forbidden_field(f"{path}.{name}", f"{name} is not supported")
    yield from _check_own(source, path)
    yield from _check_children(source, path)
    yield from check_rules_of(source, path)
    yield from _check_default(source, path)


def _check_own(source: JsonObject, path: str) -> Iterator[FieldError]:
    if source.get("uniqueItems"):
        yield err.forbidden_field(
            f"{path}.uniqueItems",
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        )
    if "properties" in source and source.get("additionalProperties"):
        yield err.forbidden_field(
            f"{path}.additionalProperties",
            "additionalProperties and properties are mutual exclusive",
        )
    pattern = source.get("pattern")
    if pattern:
        try:
            compile_pattern(pattern)
        except re.error as exc:
            yield err.invalid_value(
                f"{path}.pattern",
                show(pattern),
                f"must be a valid regular expression, but isn't: {exc}",
            )
    kind = source.get("x-kubernetes-list-type")
    if kind is not None:
        yield from _check_list_type(source, kind, path)


def _check_list_type(source: JsonObject, kind: str, path: str) -> Iterator[FieldError]:
    if kind not in {"atomic", "set", "map"}:
        yield err.not_supported(
            f"{path}.x-kubernetes-list-type",
            f'"{kind}"',
            ['"atomic"', '"map"', '"set"'],
        )
    elif source.get("type") != "array":
        yield err.invalid_value(
            f"{path}.type",
            f'"{source.get("type", "")}"',
            "must be array if x-kubernetes-list-type is specified",
        )
    elif kind == "map":
        keys = source.get("x-kubernetes-list-map-keys") or NO_ITEMS
        if not keys:
            yield err.required(
                f"{path}.x-kubernetes-list-map-keys",
                "must not be empty if x-kubernetes-list-type is map",
            )
        items = source.get("items") or NO_FIELDS
        for index, key in enumerate(keys):
            if key not in (items.get("properties") or NO_FIELDS):
                yield err.invalid_value(
                    f"{path}.x-kubernetes-list-map-keys[{index}]",
                    f'"{key}"',
                    "entries must all be names of item properties",
                )
            elif (
                key not in (items.get("required") or NO_ITEMS)
                and "default" not in items["properties"][key]
            ):
                yield err.required(
                    f"{path}.items.properties[{key}].default",
                    "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
                )


def _check_children(source: JsonObject, path: str) -> Iterator[FieldError]:
    for name, child in (source.get("properties") or NO_FIELDS).items():
        yield from validate_structural(child, f"{path}.properties[{name}]")
    items = source.get("items")
    if source.get("type") == "array" and not is_object(items):
        yield err.required(f"{path}.items", "must be specified")
    if is_object(items):
        yield from validate_structural(items, f"{path}.items")
    additional = source.get("additionalProperties")
    if is_object(additional):
        yield from validate_structural(additional, f"{path}.additionalProperties")


def _check_default(source: JsonObject, path: str) -> Iterator[FieldError]:
    if "default" not in source or source["default"] is None:
        return
    schema = compile_structural(source)
    value = copy_json(source["default"])
    for unknown in prune(copy_json(value), schema):
        yield err.invalid_value(
            f"{path}.default", show(value), f"must not have unknown fields: {unknown}"
        )
    for problem in validate(value, schema):
        text = problem.message.removeprefix("Invalid value: ")
        yield FieldError(
            f"{path}.default", "FieldValueInvalid", f"Invalid value: {text}"
        )

"""Strategic merge patch: merging by the markers of the built-in kinds' schemas."""

from __future__ import annotations

from fairlead.devcluster.errors import bad_request
from fairlead.devcluster.jsontypes import (
    JsonArray,
    JsonObject,
    JsonValue,
    copy_json,
    is_array,
    is_object,
)
from fairlead.devcluster.schema import Schema

_DIRECTIVE = "$patch"
_DELETE_PRIMITIVE = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"
_RETAIN = "$retainKeys"


def merge_object(
    original: JsonObject, patch: JsonObject, schema: Schema | None
) -> JsonObject:
    """Return `original` with `patch` merged into it."""
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        return {
            key: copy_json(value) for key, value in patch.items() if key != _DIRECTIVE
        }
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise bad_request(f"Unknown patch type found: {directive}")
    found = _retained(original, patch)
    for key, value in patch.items():
        if key.startswith(_DELETE_PRIMITIVE):
            _delete_primitives(found, key.removeprefix(_DELETE_PRIMITIVE), value)
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_key(found, key, value, schema.child(key) if schema else None)
    for key, value in patch.items():
        if key.startswith(_ORDER):
            name = key.removeprefix(_ORDER)
            below = schema.child(name) if schema else None
            _reorder(found, original, name, value, below)
    return found


def _retained(original: JsonObject, patch: JsonObject) -> JsonObject:
    keys = patch.get(_RETAIN)
    if keys is None:
        return dict(original)
    if not is_array(keys):
        raise bad_request("invalid patch format of retainKeys")
    if any(
        key not in keys
        for key, value in patch.items()
        if value is not None and not key.startswith("$")
    ):
        raise bad_request("invalid patch format of retainKeys")
    return {key: value for key, value in original.items() if key in keys}


def _delete_primitives(found: JsonObject, name: str, values: JsonValue) -> None:
    if not is_array(values):
        raise bad_request(f"{_DELETE_PRIMITIVE}{name} must be a list")
    items = found.get(name)
    if is_array(items):
        found[name] = [item for item in items if item not in values]


def _merge_key(
    found: JsonObject, key: str, value: JsonValue, schema: Schema | None
) -> None:
    if value is None:
        found.pop(key, None)
        return
    current = found.get(key)
    if is_object(value) and _DIRECTIVE in value and not is_object(current):
        return  # there is nothing to replace or to delete
    if is_object(value):
        found[key] = merge_object(current if is_object(current) else {}, value, schema)
        if value.get(_DIRECTIVE) == "delete":
            del found[key]
    elif is_array(value):
        existing = current if is_array(current) else []
        found[key] = _merge_list(existing, value, schema)
    else:
        found[key] = value


def _merge_list(
    original: JsonArray, patch: JsonArray, schema: Schema | None
) -> JsonArray:
    if schema is None or not schema.merge:
        return [_clean(item) for item in patch]
    if not schema.merge_key:
        merged = original + [item for item in patch if item not in original]
        return _in_order(merged, patch, original, "")
    replaces = any(
        is_object(item)
        and item.get(_DIRECTIVE) == "replace"
        and schema.merge_key not in item
        for item in patch
    )
    found = [] if replaces else list(original)
    for item in patch:
        if not is_object(item):
            raise bad_request("a list of objects was expected in the patch")
        if item.get(_DIRECTIVE) == "replace" and schema.merge_key not in item:
            continue
        _merge_item(found, item, schema)
    return _in_order(found, patch, original, schema.merge_key)


def _merge_item(found: JsonArray, item: JsonObject, schema: Schema) -> None:
    key = schema.merge_key
    if key not in item:
        raise bad_request(f"map: {item} does not contain declared merge key: {key}")
    index = next(
        (
            at
            for at, old in enumerate(found)
            if is_object(old) and old.get(key) == item[key]
        ),
        None,
    )
    if item.get(_DIRECTIVE) == "delete":
        if index is not None:
            del found[index]
    elif index is None:
        found.append(merge_object({}, item, schema.items))
    else:
        found[index] = merge_object(found[index], item, schema.items)


def _clean(item: JsonValue) -> JsonValue:
    return merge_object({}, item, None) if is_object(item) else item


def _reorder(
    found: JsonObject,
    before: JsonObject,
    name: str,
    order: JsonValue,
    schema: Schema | None,
) -> None:
    items, original = found.get(name), before.get(name)
    if is_array(order) and is_array(items):
        key = schema.merge_key if schema else ""
        found[name] = _in_order(items, order, original if is_array(original) else [], key)  # fmt: skip


def _in_order(
    items: JsonArray, order: JsonArray, original: JsonArray, key: str
) -> JsonArray:
    """Return items that are in `order` in that order, and the others where they were.

    An item of both lists stands behind another one only if it did so before.
    """

    def mark(item: JsonValue) -> JsonValue:
        return item.get(key) if key and is_object(item) else item

    wanted, places = [mark(item) for item in order], [mark(item) for item in original]
    named = [item for item in items if mark(item) in wanted]
    named.sort(key=lambda item: wanted.index(mark(item)))
    others = [item for item in items if mark(item) not in wanted]
    found: JsonArray = []
    while named and others:
        left, right = mark(others[0]), mark(named[0])
        first = right in places and places.index(left) < places.index(right)
        found.append((others if first else named).pop(0))
    return found + named + others

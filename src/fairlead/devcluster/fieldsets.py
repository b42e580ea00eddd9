"""Field sets: which fields of an object somebody owns, in the FieldsV1 notation.

A set is a tree of path elements: `f:name` for a field, `k:{"name":"a"}` for an item of a
list of maps, `v:"x"` for an item of a set. A leaf (an empty tree) is a member; an inner
node is a member itself when it holds the element `.`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from fairlead.devcluster.jsontypes import (
    JsonArray,
    JsonObject,
    JsonValue,
    is_array,
    is_object,
)
from fairlead.devcluster.schema import ABSENT, Schema

FieldSet: TypeAlias = JsonObject
_SELF = "."


def item_element(item: JsonValue, schema: Schema) -> str:
    """Return the path element of a list item."""
    if schema.list_type == "map" and is_object(item):
        keys: JsonObject = {}
        for key in sorted(schema.list_keys):
            child = schema.items.properties.get(key) if schema.items else None
            if key in item:
                keys[key] = item[key]
            elif child is not None and child.default is not ABSENT:
                keys[key] = child.default
        return f"k:{msgspec.json.encode(keys).decode()}"
    return f"v:{msgspec.json.encode(item).decode()}"


def is_leaf(value: JsonValue, schema: Schema | None) -> bool:
    """Whether a value is owned as a whole."""
    if schema is None:
        return not is_object(value)
    if is_object(value):
        return schema.atomic
    if is_array(value):
        return not schema.granular_list
    return True


def children(
    value: JsonValue, schema: Schema | None
) -> Iterator[tuple[str, JsonValue, Schema | None]]:
    """Yield the path elements below a value that is not a leaf."""
    if is_object(value):
        for name, item in value.items():
            yield f"f:{name}", item, schema.child(name) if schema else None
    elif is_array(value) and schema is not None:
        for item in value:
            yield item_element(item, schema), item, schema.items


def _may_be_null(schema: Schema) -> bool:
    """Whether null is a value of its own; otherwise it stands for a field that is not set."""
    return schema.preserve or bool(schema.source.get("nullable"))


def owned_by_apply(value: JsonValue, schema: Schema | None) -> FieldSet:
    """Return the set of an applied configuration: its leaves, and its list items."""
    found: FieldSet = {}
    for element, item, below in children(value, schema):
        if item is None and below is not None and not _may_be_null(below):
            if below.type == "object":
                found[element] = {}
            continue
        if is_leaf(item, below):
            found[element] = {}
            continue
        if is_array(item) and not item:
            continue
        inner: FieldSet = owned_by_apply(item, below)
        if (item or element == "f:metadata") and not inner and element.startswith("f:"):
            continue
        if element.startswith("k:"):
            inner = {_SELF: {}, **inner}
        found[element] = inner
    return found


def owned_by_update(value: JsonValue, schema: Schema | None) -> FieldSet:
    """Return the set of all fields of a value that is new, containers included."""
    found: FieldSet = {}
    for element, item, below in children(value, schema):
        if item is None and below is not None and not _may_be_null(below):
            continue
        inner = {} if is_leaf(item, below) else owned_by_update(item, below)
        found[element] = {_SELF: {}, **inner} if inner else {}
    return found


def changed(old: JsonValue, new: JsonValue, schema: Schema | None) -> FieldSet:
    """Return the fields of `new` that are not in `old`, or have another value.

    A container that is new is a field itself, unless it is one that an object cannot be without.
    """
    before = {element: item for element, item, _ in children(old, schema)}
    found: FieldSet = {}
    for element, item, below in children(new, schema):
        if item is None and below is not None and not _may_be_null(below):
            continue  # what Go writes for a field that is not set
        if element not in before and below is not None and below.always:
            before[element] = [] if is_array(item) else {}
        if element not in before:
            inner = {} if is_leaf(item, below) else owned_by_update(item, below)
            found[element] = {_SELF: {}, **inner} if inner else {}
        elif is_leaf(item, below) or is_leaf(before[element], below):
            if item != before[element]:
                found[element] = {}
        elif inner := changed(before[element], item, below):
            found[element] = inner
    return found


def removed(old: JsonValue, new: JsonValue, schema: Schema | None) -> FieldSet:
    """Return the fields of `old` that are no longer in `new`."""
    after = {element: item for element, item, _ in children(new, schema)}
    found: FieldSet = {}
    for element, item, below in children(old, schema):
        if element not in after:
            found[element] = {}
        elif is_leaf(item, below) or is_leaf(after[element], below):
            continue
        elif inner := removed(item, after[element], below):
            found[element] = inner
    return found


def is_member(node: FieldSet) -> bool:
    """Whether a node itself (not only something below it) is in the set."""
    return not node or _SELF in node


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return the members of either set."""
    found = dict(left)
    for element, node in right.items():
        if element not in found:
            found[element] = node
        elif element != _SELF:
            found[element] = _union_node(found[element], node)
    return found


def _union_node(left: FieldSet, right: FieldSet) -> FieldSet:
    if not left and not right:
        return {}
    merged: FieldSet = union(left, right)
    if (not left or not right) and merged:
        merged = {_SELF: {}, **merged}
    return merged


def difference(left: FieldSet, right: FieldSet, *, deep: bool = False) -> FieldSet:
    """Return the members of `left` that are not in `right`.

    With `deep`, a leaf in `right` takes everything below it away (a removed field).
    """
    found: FieldSet = {}
    for element, node in left.items():
        other = right.get(element)
        if other is None:
            found[element] = node
        elif element != _SELF:
            kept = _difference_node(node, other, deep=deep)
            if kept is not None:
                found[element] = kept
    return found


def _difference_node(left: FieldSet, right: FieldSet, *, deep: bool) -> FieldSet | None:
    if deep and not right:
        return None
    if not left:
        return None if is_member(right) else {}
    inner = difference(
        {key: node for key, node in left.items() if key != _SELF}, right, deep=deep
    )
    if _SELF in left and not is_member(right):
        return {_SELF: {}, **inner} if inner else {}
    return inner or None


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return the members of both sets."""
    found: FieldSet = {}
    for element, node in left.items():
        other = right.get(element)
        if other is None:
            continue
        if element == _SELF:
            found[_SELF] = {}
            continue
        both = is_member(node) and is_member(other)
        inner = intersection(
            {key: item for key, item in node.items() if key != _SELF},
            {key: item for key, item in other.items() if key != _SELF},
        )
        if both:
            found[element] = {_SELF: {}, **inner} if inner else {}
        elif inner:
            found[element] = inner
    return found


def with_containers(fields: FieldSet) -> FieldSet:
    """Return a set in which every node on the way to a member is a member, too."""
    return {
        element: {_SELF: {}, **with_containers(node)} if node else node
        for element, node in fields.items()
    }


def paths(fields: FieldSet, prefix: str = "") -> Iterator[str]:
    """Yield the members as messages show them: `.spec.ports[name="a"].port`."""
    nodes = [(prefix + _shown(element), node) for element, node in sorted(fields.items()) if element != _SELF]  # fmt: skip
    yield from (here for here, node in nodes if is_member(node))
    for here, node in nodes:
        yield from paths(node, here)


def _shown(element: str) -> str:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "v":
        return f"[={rest}]"
    keys = msgspec.json.decode(rest)
    shown = ",".join(
        f"{key}={msgspec.json.encode(value).decode()}" for key, value in keys.items()
    )
    return f"[{shown}]"


def find_item(items: JsonArray, element: str, schema: Schema) -> int | None:
    """Return the index of the list item with a path element."""
    for index, item in enumerate(items):
        if item_element(item, schema) == element:
            return index
    return None


def remove_fields(value: JsonValue, fields: FieldSet, schema: Schema | None) -> None:
    """Remove the members of a set from a value, in place."""
    if is_object(value):
        for element, node in fields.items():
            name = element[2:]
            if element[:2] != "f:" or name not in value:
                continue
            below = schema.child(name) if schema else None
            if is_member(node) and not _keeps_more(value[name], node, below):
                del value[name]
            else:
                remove_fields(value[name], node, below)
                if value[name] in ({}, []):
                    del value[name]
    elif is_array(value) and schema is not None:
        for element, node in fields.items():
            index = find_item(value, element, schema) if element != _SELF else None
            if index is None:
                continue
            if is_member(node):
                del value[index]
            else:
                remove_fields(value[index], node, schema.items)


def _keeps_more(value: JsonValue, node: FieldSet, schema: Schema | None) -> bool:
    """Whether a container holds fields that are not to be removed."""
    if not node or is_leaf(value, schema):
        return False
    return any(element not in node for element, _, _ in children(value, schema))

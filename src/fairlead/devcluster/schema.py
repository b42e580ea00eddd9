"""Schemas: one node type for built-in kinds and for custom resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from fairlead.devcluster.jsontypes import (
    JsonObject,
    JsonValue,
    copy_json,
    is_array,
    is_object,
)


class _Absent:
    """The default of a field that has none (null is a possible default)."""


ABSENT: Final = _Absent()


@dataclass(slots=True)
class Schema:
    """What a value may be: the structural part, merge markers and constraints."""

    type: str = ""
    properties: dict[str, Schema] = field(default_factory=dict[str, "Schema"])
    additional: Schema | None = None
    items: Schema | None = None
    preserve: bool = False
    int_or_string: bool = False
    embedded: bool = False
    nullable: bool = False
    list_type: str = ""
    list_keys: tuple[str, ...] = ()
    atomic: bool = False
    merge_key: str = ""
    merge: bool = False
    retain_keys: bool = False
    default: JsonValue = ABSENT
    omitted: bool = False  # a list that is not written when it is empty
    always: bool = False  # a container that objects of this type cannot be without
    ruled: bool = False  # whether it, or something in it, has CEL rules
    source: JsonObject = field(default_factory=dict[str, JsonValue])

    @property
    def granular_list(self) -> bool:
        """Whether items of this list have owners of their own."""
        return self.list_type in {"map", "set"}

    def child(self, name: str) -> Schema | None:
        """Return the schema of a field, or None when the field is unknown."""
        return self.properties.get(name) or self.additional

    def with_field_flags(self, **flags: JsonValue) -> Schema:
        """Return the same structure with the markers of one field that uses it."""
        return replace(self, **flags)


ANYTHING: Final = Schema(preserve=True)


def compile_structural(source: JsonObject) -> Schema:
    """Compile an `openAPIV3Schema` (already checked to be structural)."""
    items = source.get("items")
    properties = {
        name: compile_structural(sub)
        for name, sub in source.get("properties", {}).items()
    }
    additional = _compile_additional(source.get("additionalProperties"))
    item = compile_structural(items) if is_object(items) else None
    below = [*properties.values(), *(each for each in (additional, item) if each)]
    return Schema(
        type=source.get("type", ""),
        properties=properties,
        additional=additional,
        items=item,
        preserve=bool(source.get("x-kubernetes-preserve-unknown-fields")),
        int_or_string=bool(source.get("x-kubernetes-int-or-string")),
        embedded=bool(source.get("x-kubernetes-embedded-resource")),
        nullable=bool(source.get("nullable")),
        list_type=source.get("x-kubernetes-list-type", ""),
        list_keys=tuple(source.get("x-kubernetes-list-map-keys", ())),
        atomic=source.get("x-kubernetes-map-type") == "atomic",
        default=source.get("default", ABSENT),
        ruled=bool(source.get("x-kubernetes-validations"))
        or any(each.ruled for each in below),
        source=source,
    )


def _compile_additional(source: JsonValue) -> Schema | None:
    if is_object(source):
        return compile_structural(source)
    return ANYTHING if source is True else None


def prune(value: JsonValue, schema: Schema, path: str = "") -> Iterator[str]:
    """Remove fields that the schema does not know, in place; yield their paths."""
    if is_object(value):
        yield from _prune_object(value, schema, path)
    elif is_array(value) and schema.items is not None:
        for index, item in enumerate(value):
            yield from prune(item, schema.items, f"{path}[{index}]")


def _prune_object(value: JsonObject, schema: Schema, path: str) -> Iterator[str]:
    for name in list(value):
        here = f"{path}.{name}" if path else name
        child = schema.child(name)
        if child is not None:
            yield from prune(value[name], child, here)
        elif schema.embedded and name in {"apiVersion", "kind", "metadata"}:
            continue
        elif not schema.preserve and not schema.int_or_string:
            del value[name]
            yield here


def apply_defaults(value: JsonValue, schema: Schema) -> None:
    """Fill missing fields with their defaults, in place.

    A null for a field that is not nullable is dropped first, so that the default (if
    there is one) takes its place.
    """
    if is_object(value):
        _default_object(value, schema)
    elif is_array(value) and schema.items is not None:
        for item in value:
            apply_defaults(item, schema.items)


def _default_object(value: JsonObject, schema: Schema) -> None:
    for name, child in schema.properties.items():
        if not child.nullable and name in value and value[name] is None:
            del value[name]
        if name not in value and child.default is not ABSENT:
            value[name] = copy_json(child.default)
        if name in value:
            apply_defaults(value[name], child)
    if schema.additional is not None:
        for name in [key for key in value if key not in schema.properties]:
            if value[name] is None and not schema.additional.nullable:
                del value[name]
            else:
                apply_defaults(value[name], schema.additional)

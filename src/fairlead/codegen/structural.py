"""A Pydantic model's JSON Schema as one of Kubernetes's structural schemas.

A structural schema is OpenAPI 3.0 without references, unions and tuples. What it cannot say is
left open (`x-kubernetes-preserve-unknown-fields`): the cluster then keeps such a value as it is,
and Pydantic still checks it wherever the application reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

__all__ = ["structural_schema"]

Schema = dict[str, JsonValue]

_REF = "#/$defs/"
_OPEN: Schema = {"x-kubernetes-preserve-unknown-fields": True}
_KEPT = (
    "default",
    "description",
    "enum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "required",
    "type",
)
"""Keywords that mean the same in both dialects."""

# The API server refuses a format that it does not know only in strict validators; it knows these.
_FORMATS = {"date", "date-time", "email", "ipv4", "ipv6", "uri", "uuid"}


def structural_schema(model: type[BaseModel]) -> Schema:
    """The schema of a model as `openAPIV3Schema` takes it: by alias, as it is written.

    Recursive models are described down to where they begin again.
    """
    _, document = models_json_schema([(model, "validation")], by_alias=True)
    definitions = cast("Mapping[str, Schema]", document.get("$defs", {}))
    found = _Structural(definitions).of({"$ref": _REF + model.__name__}, ())
    # What the API server itself keeps in every object.
    properties = cast("Schema", found.get("properties", {}))
    for name in ("apiVersion", "kind"):
        if name in properties:
            properties[name] = {"type": "string"}
    if "metadata" in properties:
        properties["metadata"] = {"type": "object"}
    required = found.get("required")
    if isinstance(required, list):
        found["required"] = [name for name in required if name != "metadata"]
        if not found["required"]:
            del found["required"]
    return found


class _Structural:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def of(self, schema: Schema, above: tuple[str, ...]) -> Schema:
        """One schema; `above` are the definitions that it stands in."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = reference.removeprefix(_REF)
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            if name in above:
                return {"type": "object", **_OPEN}
            return self.of({**self._definitions[name], **rest}, (*above, name))
        branches = schema.get("anyOf", schema.get("oneOf"))
        if isinstance(branches, list):
            return self._union(schema, cast("list[Schema]", branches), above)
        return self._plain(schema, above)

    def _union(
        self, schema: Schema, branches: list[Schema], above: tuple[str, ...]
    ) -> Schema:
        some = [branch for branch in branches if branch.get("type") != "null"]
        head: Schema = {
            key: schema[key] for key in ("description", "default") if key in schema
        }
        if head.get("default", ...) is None:
            del head["default"]
        nullable: Schema = {"nullable": True} if len(some) < len(branches) else {}
        if len(some) == 1:
            return {**self.of(some[0], above), **head, **nullable}
        types = {str(branch.get("type")) for branch in some}
        if types == {"integer", "string"}:
            return {"x-kubernetes-int-or-string": True, **head, **nullable}
        if types == {"string"}:
            # Such as a choice of words, or any other word: what all have in common is the type.
            return {"type": "string", **head, **nullable}
        return {**_OPEN, **head, **nullable}

    def _plain(self, schema: Schema, above: tuple[str, ...]) -> Schema:
        found: Schema = {key: schema[key] for key in _KEPT if key in schema}
        if found.get("default", ...) is None:
            del found["default"]
        if "const" in schema:
            found["enum"] = [schema["const"]]
        if found.get("format") not in _FORMATS:
            found.pop("format", None)
        for limit in ("minimum", "maximum"):
            exclusive = schema.get(f"exclusive{limit.capitalize()}")
            if isinstance(exclusive, int | float):
                found[limit] = exclusive
                found[f"exclusive{limit.capitalize()}"] = True
        if "type" not in found:
            return {**found, **_OPEN}
        match found["type"]:
            case "object":
                found |= self._members(schema, above)
            case "array":
                items = schema.get("items")
                if isinstance(items, dict) and "prefixItems" not in schema:
                    found["items"] = self.of(items, above)
                else:
                    found["items"] = dict(_OPEN)
            case _:
                pass
        return found

    def _members(self, schema: Schema, above: tuple[str, ...]) -> Schema:
        properties = schema.get("properties")
        if isinstance(properties, dict) and properties:
            return {
                "properties": {
                    name: self.of(value, above)
                    for name, value in properties.items()
                    if isinstance(value, dict)
                }
            }
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            return {"additionalProperties": self.of(values, above)}
        return dict(_OPEN)

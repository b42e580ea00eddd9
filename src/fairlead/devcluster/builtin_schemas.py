"""Schemas of the built-in kinds, built on demand from the derived type table."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

import msgspec

from fairlead.devcluster.jsontypes import JsonObject, JsonValue
from fairlead.devcluster.schema import ANYTHING, Schema

# message -> field -> [number, label, type, flags]
Field: TypeAlias = list[JsonValue]
Message: TypeAlias = dict[str, Any]

_INTEGER: JsonObject = {"type": "integer"}
_FREE = {
    "RawExtension",
    "meta.v1.FieldsV1",
    "apiextensions.v1.JSON",
    "apiextensions.v1.JSONSchemaPropsOrBool",
    "apiextensions.v1.JSONSchemaPropsOrStringArray",
}
_STRING_LIKE = {
    "meta.v1.Time": "date-time",
    "meta.v1.MicroTime": "micro-time",
    "meta.v1.Duration": "duration",
}
_SCALAR: dict[str, JsonObject] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "format": "byte"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "double": {"type": "number", "format": "double"},
}
# List types that the protocol files leave out and the published schemas have.
_LIST_TYPES: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("meta.v1.ObjectMeta", "finalizers"): ("set", ()),
    ("meta.v1.ObjectMeta", "ownerReferences"): ("map", ("uid",)),
}


# Containers that are no pointers in Go, and not left out when empty: an object always has them.
_ALWAYS = {
    "metadata", "spec", "status", "template", "jobTemplate", "strategy", "updateStrategy", "resources",
    "loadBalancer", "containers", "involvedObject", "source", "scaleTargetRef",
}  # fmt: skip


@cache
def load_messages() -> dict[str, Message]:
    """Return the derived table of all types."""
    data = files("fairlead.devcluster").joinpath("data/types.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, Message])


@cache
def message_schema(name: str) -> Schema:
    """Return the schema of one message; recursive messages share their nodes."""
    if name in _FREE:
        return ANYTHING
    if name in _STRING_LIKE:
        return Schema(
            type="string",
            nullable=True,
            source={"type": "string", "format": _STRING_LIKE[name]},
        )
    if name in {"IntOrString", "Quantity"}:
        source: JsonObject = {"x-kubernetes-int-or-string": True}
        if name == "Quantity":
            source["format"] = "quantity"
        return Schema(int_or_string=True, source=source)
    if name == "apiextensions.v1.JSONSchemaPropsOrArray":
        return _message("apiextensions.v1.JSONSchemaProps")
    if name in {"authentication.v1.ExtraValue", "authorization.v1.ExtraValue"}:
        return Schema(type="array", items=_scalar("string"), source={"type": "array"})
    node = Schema(type="object", source={"type": "object"})
    _building[name] = node
    _fill(node, name)
    return node


_building: dict[str, Schema] = {}


def _message(name: str) -> Schema:
    return _building.get(name) or message_schema(name)


def _scalar(kind: str) -> Schema:
    source = _SCALAR[kind]
    return Schema(type=source["type"], source=source)


def _fill(node: Schema, name: str) -> None:
    message = load_messages()[name]
    node.atomic = "!atomic" in message
    for field, entry in message.items():
        if field == "!atomic":
            continue
        flags: JsonObject = entry[3] if len(entry) > 3 else {}
        if flags.get("inline"):
            node.properties.update(_message(entry[2]).properties)
        else:
            node.properties[field] = _field(name, field, entry, flags)


def _field(message: str, field: str, entry: Field, flags: JsonObject) -> Schema:
    label, kind = entry[1], entry[2]
    node = _scalar(kind) if kind in _SCALAR else _message(kind)
    if label == "m":
        node = Schema(type="object", additional=node, source={"type": "object"})
    elif label == "*":
        node = Schema(type="array", items=node, source={"type": "array"})
    list_type, keys = _LIST_TYPES.get(
        (message, field), (flags.get("listType", ""), tuple(flags.get("keys", ())))
    )
    strategy = flags.get("patchStrategy", "")
    changes: JsonObject = {
        "list_type": list_type,
        "list_keys": keys,
        "merge_key": flags.get("patchMergeKey", ""),
        "merge": "merge" in strategy,
        "retain_keys": "retainKeys" in strategy,
        "atomic": node.atomic or bool(flags.get("atomic")),
        "always": field in _ALWAYS,
        "omitted": label == "*" and bool(flags.get("optional")) and field != "rules",
    }
    if flags.get("default") is not None:
        changes["default"] = flags["default"]
    return node.with_field_flags(**changes)


@cache
def kind_schema(message: str) -> Schema:
    """Return the schema of a served kind: its message with apiVersion and kind."""
    schema = message_schema(message)
    properties = {
        "apiVersion": _scalar("string"),
        "kind": _scalar("string"),
        **schema.properties,
    }
    return schema.with_field_flags(properties=properties)

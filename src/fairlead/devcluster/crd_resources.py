"""The resource that a definition defines."""

from __future__ import annotations

from typing import Final

from fairlead.devcluster.builtin_schemas import message_schema
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.registry import (
    STATUS_VERBS,
    Column,
    Resource,
    ScalePaths,
    Subresource,
    Version,
)
from fairlead.devcluster.schema import ANYTHING, Schema, compile_structural

VERBS: Final = (
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
)


def build_resource(body: JsonObject) -> Resource:
    """Return the registry entry of an established definition."""
    spec = body["spec"]
    names = (body.get("status") or NO_FIELDS).get("acceptedNames") or spec["names"]
    versions = {item["name"]: _build_version(spec, item) for item in spec["versions"]}
    for version in versions.values():
        if version.deprecation == "!":
            version.deprecation = _deprecation(spec, version.name)
    return Resource(
        group=spec["group"],
        plural=names["plural"],
        kind=names["kind"],
        list_kind=names["listKind"],
        singular=names["singular"],
        namespaced=spec["scope"] == "Namespaced",
        versions=versions,
        storage_version=next(
            item["name"] for item in spec["versions"] if item.get("storage")
        ),
        short_names=tuple(names.get("shortNames") or NO_ITEMS),
        categories=tuple(names.get("categories") or NO_ITEMS),
        verbs=VERBS,
        subresources=_subresources(names["kind"], spec["versions"]),
        custom=True,
        unconditional_update=False,
        has_generation=True,
        terminating="deletionTimestamp" in body["metadata"],
    )


def _deprecation(spec: JsonObject, name: str) -> str:
    group, kind = spec["group"], spec["names"]["kind"]
    current = [
        item["name"]
        for item in spec["versions"]
        if item.get("served") and not item.get("deprecated")
    ]
    text = f"{group}/{name} {kind} is deprecated"
    return f"{text}; use {group}/{current[0]} {kind}" if current else text


def _build_version(spec: JsonObject, item: JsonObject) -> Version:
    subresources = item.get("subresources") or NO_FIELDS
    scale = subresources.get("scale")
    schema = _with_metadata(compile_structural(item["schema"]["openAPIV3Schema"]))
    deprecated = item.get("deprecated")
    reversed_group = ".".join(reversed(spec["group"].split(".")))
    return Version(
        name=item["name"],
        make_schema=lambda: schema,
        columns=tuple(
            _column(column)
            for column in item.get("additionalPrinterColumns") or NO_ITEMS
        ),
        served=bool(item.get("served")),
        status="status" in subresources,
        scale=ScalePaths(
            scale["specReplicasPath"],
            scale["statusReplicasPath"],
            scale.get("labelSelectorPath", ""),
        )
        if scale
        else None,
        selectable=tuple(
            field["jsonPath"].removeprefix(".")
            for field in item.get("selectableFields") or NO_ITEMS
        ),
        deprecation=(item.get("deprecationWarning") or "!") if deprecated else "",
        definition=f"{reversed_group}.{item['name']}.{spec['names']['kind']}",
    )


def _with_metadata(schema: Schema) -> Schema:
    properties = {
        "apiVersion": Schema(type="string", source={"type": "string"}),
        "kind": Schema(type="string", source={"type": "string"}),
        **schema.properties,
        "metadata": message_schema("meta.v1.ObjectMeta"),
    }
    if schema is ANYTHING:
        return Schema(type="object", properties=properties, preserve=True)
    return schema.with_field_flags(properties=properties)


def _column(item: JsonObject) -> Column:
    path = item["jsonPath"]
    text = (
        item.get("description")
        or f"Custom resource definition column (in JSONPath format): {path}"
    )
    return Column(
        item["name"],
        item["type"],
        item.get("format", ""),
        item.get("priority", 0),
        path,
        text,
    )


def _subresources(kind: str, versions: list[JsonObject]) -> tuple[Subresource, ...]:
    names = {
        name for item in versions for name in item.get("subresources") or NO_FIELDS
    }
    found: list[Subresource] = []
    if "status" in names:
        found.append(Subresource("status", kind, STATUS_VERBS))
    if "scale" in names:
        found.append(Subresource("scale", "Scale", STATUS_VERBS, "autoscaling", "v1"))
    return tuple(found)

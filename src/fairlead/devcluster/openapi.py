"""OpenAPI documents: v3 for each group version, and v2 as one."""

from __future__ import annotations

import hashlib

from fairlead.devcluster.builtin_schemas import load_messages
from fairlead.devcluster.jsontypes import (
    NO_FIELDS,
    JsonArray,
    JsonObject,
    JsonValue,
    copy_json,
    is_array,
    is_object,
)
from fairlead.devcluster.registry import Registry, Resource, Version

_META = "io.k8s.apimachinery.pkg.apis."
_FREE = {"RawExtension", "meta.v1.FieldsV1", "apiextensions.v1.JSON"}
_LEAVES: dict[str, JsonObject] = {
    "string": {"type": "string"},
    "bytes": {"type": "string", "format": "byte"},
    "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "double": {"type": "number", "format": "double"},
    "meta.v1.Time": {"type": "string", "format": "date-time"},
    "meta.v1.MicroTime": {"type": "string", "format": "date-time"},
    "meta.v1.Duration": {"type": "string"},
    "Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "IntOrString": {
        "oneOf": [{"type": "integer"}, {"type": "string"}],
        "format": "int-or-string",
    },
}
_LIST_PARAMETERS = (
    "labelSelector",
    "fieldSelector",
    "limit",
    "continue",
    "resourceVersion",
    "watch",
)
_ONLY_V3 = {"oneOf", "anyOf", "not", "requestBody", "nullable"}
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")


def definition_name(message: str) -> str:
    """Return the name under which documents define a message."""
    if message.startswith("meta.v1."):
        return _META + message
    if message.startswith("apiextensions.v1."):
        return f"io.k8s.apiextensions-apiserver.pkg.apis.{message}"
    return f"io.k8s.api.{message}"


class Documents:
    """The documents of all group versions, made when asked for and kept until they change."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._generation = -1
        self._documents: dict[tuple[str, str], JsonObject] = {}

    def index(self) -> JsonObject:
        """Return the answer of /openapi/v3."""
        paths: JsonObject = {}
        for group in ["", *self._registry.groups()]:
            for version in self._registry.versions(group):
                name = f"apis/{group}/{version}" if group else f"api/{version}"
                url = f"/openapi/v3/{name}?hash={self.hash(group, version)}"
                paths[name] = {"serverRelativeURL": url}
        return {"paths": paths}

    def hash(self, group: str, version: str) -> str:
        """Return a value that changes when the group version's resources change."""
        text = "|".join(
            f"{item.plural},{item.kind},{item.subresources},{item.versions[version].schema.source}"
            for item in self._registry.resources(group, version)
        )
        return hashlib.sha256(text.encode()).hexdigest()[:32].upper()

    def document(self, group: str, version: str) -> JsonObject | None:
        """Return the document of one group version, if it is served."""
        if self._generation != self._registry.generation:
            self._documents.clear()
            self._generation = self._registry.generation
        resources = self._registry.resources(group, version)
        if not resources:
            return None
        found = self._documents.get((group, version))
        if found is None:
            found = self._documents[group, version] = _document(resources, version)
        return found

    def swagger(self) -> JsonObject:
        """Return the version 2 document of everything."""
        paths: JsonObject = {}
        definitions: JsonObject = {}
        for group in ["", *self._registry.groups()]:
            for version in self._registry.versions(group):
                document = self.document(group, version) or NO_FIELDS
                paths.update(_to_v2(document["paths"]))
                definitions.update(_to_v2(document["components"]["schemas"]))
        return {
            "swagger": "2.0",
            "info": {"title": "Kubernetes", "version": "unversioned"},
            "paths": paths,
            "definitions": definitions,
        }


def _to_v2(value: JsonValue) -> JsonValue:
    if is_array(value):
        return [_to_v2(item) for item in value]
    if not is_object(value):
        return value
    found: JsonObject = {}
    for key, item in value.items():
        if key == "$ref" and isinstance(item, str):
            found[key] = item.replace("#/components/schemas/", "#/definitions/")
        elif key == "content" and is_object(item):
            found["schema"] = _to_v2(next(iter(item.values()))["schema"])
        elif key not in _ONLY_V3:
            found[key] = _to_v2(item)
    return found


def _document(resources: list[Resource], version: str) -> JsonObject:
    schemas: JsonObject = {}
    paths: JsonObject = {}
    for resource in resources:
        found = resource.versions[version]
        _add_kind(schemas, resource, found)
        paths.update(_paths(resource, found))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _gvk(resource: Resource, version: Version) -> JsonObject:
    return {"group": resource.group, "kind": resource.kind, "version": version.name}


def _name(resource: Resource, version: Version) -> str:
    return (
        version.definition
        if resource.custom
        else definition_name(version.definition.removeprefix("io.k8s.api."))
    )


def _add_kind(schemas: JsonObject, resource: Resource, version: Version) -> None:
    name = _name(resource, version)
    if resource.custom:
        schema: JsonObject = copy_json(version.schema.source)
        properties = schema.setdefault("properties", {})
        properties["apiVersion"] = properties["kind"] = {"type": "string"}
        properties["metadata"] = _reference("meta.v1.ObjectMeta")
        _add_message(schemas, "meta.v1.ObjectMeta")
    else:
        message = version.definition.removeprefix("io.k8s.api.")
        _add_message(schemas, message)
        schema = schemas[name]
        schema["properties"]["apiVersion"] = schema["properties"]["kind"] = {
            "type": "string"
        }
    schema["x-kubernetes-group-version-kind"] = [_gvk(resource, version)]
    schemas[name] = schema
    _add_message(schemas, "meta.v1.DeleteOptions")
    if not resource.virtual:
        _add_message(schemas, "meta.v1.ListMeta")
        schemas[f"{name}List"] = _list_schema(resource, version, name)


def _list_schema(resource: Resource, version: Version, name: str) -> JsonObject:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    kind = {**_gvk(resource, version), "kind": resource.list_kind}
    return {
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": _reference("meta.v1.ListMeta"),
            "items": items,
        },
        "x-kubernetes-group-version-kind": [kind],
    }


def _reference(message: str) -> JsonObject:
    return {"allOf": [{"$ref": f"#/components/schemas/{definition_name(message)}"}]}


def _add_message(schemas: JsonObject, message: str) -> None:
    name = definition_name(message)
    if name in schemas or message in _LEAVES or message in _FREE:
        return
    schema: JsonObject = {"type": "object", "properties": {}}
    schemas[name] = schema
    _add_fields(schemas, schema["properties"], message)


def _add_fields(schemas: JsonObject, properties: JsonObject, message: str) -> None:
    for field, entry in load_messages()[message].items():
        if field == "!atomic":
            continue
        flags: JsonObject = entry[3] if len(entry) > 3 else {}
        if flags.get("inline"):
            _add_fields(schemas, properties, entry[2])
        else:
            properties[field] = _field(schemas, entry[1], entry[2], flags)


def _field(schemas: JsonObject, label: str, kind: str, flags: JsonObject) -> JsonObject:
    if kind in _LEAVES:
        found: JsonObject = dict(_LEAVES[kind])
    elif kind in _FREE or kind not in load_messages():
        found = {"x-kubernetes-preserve-unknown-fields": True}
    else:
        _add_message(schemas, kind)
        found = _reference(kind)
    if label == "m":
        found = {"type": "object", "additionalProperties": found}
    elif label == "*":
        found = {"type": "array", "items": found}
    for flag, name in (
        ("listType", "x-kubernetes-list-type"),
        ("keys", "x-kubernetes-list-map-keys"),
        ("patchMergeKey", "x-kubernetes-patch-merge-key"),
        ("patchStrategy", "x-kubernetes-patch-strategy"),
        ("default", "default"),
    ):
        if flags.get(flag) is not None:
            found[name] = flags[flag]
    if flags.get("atomic"):
        found["x-kubernetes-map-type"] = "atomic"
    return found


def _paths(resource: Resource, version: Version) -> JsonObject:
    root = (
        f"/apis/{resource.group}/{version.name}"
        if resource.group
        else f"/api/{version.name}"
    )
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"{root}{scope}/{resource.plural}"
    operation = _Operations(resource, version)
    found: JsonObject = {}
    if "list" in resource.verbs:
        found[collection] = {
            "get": operation.make(
                "list", _LIST_PARAMETERS, f"{_name(resource, version)}List"
            ),
            "post": operation.make("post", _WRITE_PARAMETERS),
        }
        found[f"{collection}/{{name}}"] = {
            "get": operation.make("get", ()),
            "put": operation.make("put", _WRITE_PARAMETERS),
            "patch": operation.make("patch", (*_WRITE_PARAMETERS, "force")),
            "delete": operation.make("delete", ("dryRun", "propagationPolicy")),
        }
        if resource.namespaced:
            everywhere = operation.make(
                "list", _LIST_PARAMETERS, f"{_name(resource, version)}List"
            )
            found[f"{root}/{resource.plural}"] = {"get": everywhere}
    else:
        found[collection] = {"post": operation.make("post", _WRITE_PARAMETERS)}
    return found


class _Operations:
    """Makes the operations of one resource."""

    def __init__(self, resource: Resource, version: Version) -> None:
        self._resource = resource
        self._gvk = _gvk(resource, version)
        self._name = _name(resource, version)

    def make(
        self, action: str, parameters: tuple[str, ...], answer: str = ""
    ) -> JsonObject:
        found: JsonArray = [
            {"name": name, "in": "query", "schema": {"type": "string"}}
            for name in parameters
        ]
        schema = {"$ref": f"#/components/schemas/{answer or self._name}"}
        content = {"application/json": {"schema": schema}}
        operation: JsonObject = {
            "operationId": f"{action}{self._resource.kind}{self._gvk['version']}",
            "parameters": found,
            "responses": {"200": {"description": "OK", "content": content}},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": self._gvk,
        }
        if action in {"post", "put", "patch"}:
            body = {"$ref": f"#/components/schemas/{self._name}"}
            media = {
                "patch": "application/merge-patch+json",
            }.get(action, "application/json")
            operation["requestBody"] = {"content": {media: {"schema": body}}}
        return operation

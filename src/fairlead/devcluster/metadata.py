"""Object metadata: what the server fills in, and what it checks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

from fairlead.devcluster import errors as err
from fairlead.devcluster.builtin_schemas import message_schema
from fairlead.devcluster.errors import FieldError, bad_request
from fairlead.devcluster.jsontypes import (
    JsonArray,
    JsonObject,
    JsonValue,
    copy_json,
    is_array,
    is_object,
)
from fairlead.devcluster.names import (
    check_annotations,
    check_finalizers,
    check_labels,
    generate_name,
    label_problem,
    path_segment_problem,
    subdomain_problem,
)
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.scalars import read_scalar
from fairlead.devcluster.schema import Schema

_SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "generation",
    "managedFields",
)
_GO_TYPES = {
    "string": "string",
    "boolean": "bool",
    "integer": "int64",
    "number": "float64",
}
_FOUND = {
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    dict: "object",
    list: "array",
}


def timestamp(now: float | None = None) -> str:
    """Return a time as Kubernetes writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def check_types(
    value: JsonValue, schema: Schema, kind: str, path: str = ""
) -> JsonValue:
    """Refuse with 400 what a typed Go decoder could not read; return what it makes of the rest.

    Nulls become no field, or an empty list item; times and quantities get their usual form.
    Custom resources get this for their metadata only; the rest of them is answered with 422
    and field paths.
    """
    if value is None:
        return None
    if schema.int_or_string:
        wanted = "" if isinstance(value, (int, str, float)) else "string"
    else:
        wanted = _mismatch(value, schema.type)
    if wanted:
        raise bad_request(
            f"json: cannot unmarshal {_FOUND[type(value)]} into Go struct field {kind}.{path} of type {wanted}"
        )
    if is_object(value):
        _check_fields(value, schema, kind, path)
    elif is_array(value) and schema.items is not None:
        for index, item in enumerate(value):
            if item is None and schema.items.type in _EMPTY:
                value[index] = copy_json(_EMPTY[schema.items.type])
            else:
                value[index] = check_types(item, schema.items, kind, path)
    elif read := schema.source.get("format"):
        try:
            return read_scalar(read, value)
        except ValueError as exc:
            raise bad_request(str(exc)) from exc
    return value


_EMPTY: JsonObject = {"object": {}, "string": "", "integer": 0, "array": []}


def _check_fields(value: JsonObject, schema: Schema, kind: str, path: str) -> None:
    for name, item in list(value.items()):
        child = schema.child(name)
        if child is None:
            continue
        if item is None and child is schema.additional and child.type == "string":
            value[name] = ""
            continue
        if (item is None and not child.preserve) or (
            (item == {} and child.additional is not None)
            or (item == [] and child.omitted)
        ):
            del value[name]
            continue
        here = f"{path}.{name}" if path and schema.properties else path or name
        value[name] = check_types(item, child, kind, here)


def _mismatch(value: JsonValue, wanted: str) -> str:
    match wanted:
        case "string":
            fits = isinstance(value, str)
        case "boolean":
            fits = isinstance(value, bool)
        case "integer":
            fits = (
                isinstance(value, int)
                and not isinstance(value, bool)
                and -(2**63) <= value < 2**63
            )
        case "number":
            fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        case "object":
            fits = isinstance(value, dict)
        case "array":
            fits = isinstance(value, list)
        case _:
            fits = True
    return (
        ""
        if fits
        else _GO_TYPES.get(
            wanted,
            "map[string]interface {}" if wanted == "object" else "[]interface {}",
        )
    )


def check_metadata_types(body: JsonObject) -> JsonObject:
    """Return the metadata of a body after a type check; make it when it is missing."""
    metadata = body.get("metadata")
    if metadata is None:
        metadata = body["metadata"] = {}
    if not is_object(metadata):
        raise bad_request(
            "json: cannot unmarshal a value into Go struct field .metadata of type v1.ObjectMeta"
        )
    check_types(metadata, message_schema("meta.v1.ObjectMeta"), "ObjectMeta")
    for name in [
        key for key, value in metadata.items() if value is None or value in ("", {}, [])
    ]:
        del metadata[name]
    return metadata


def fill_new(
    metadata: JsonObject, resource: Resource, namespace: str, now: str
) -> None:
    """Give a new object its identity; what the client says about it is overwritten."""
    for name in _SERVER_OWNED:
        metadata.pop(name, None)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = generate_name(metadata["generateName"])
    if resource.namespaced:
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    metadata["uid"] = str(uuid4())
    metadata["creationTimestamp"] = now
    if resource.has_generation:
        metadata["generation"] = 1


def keep_identity(metadata: JsonObject, old: JsonObject) -> None:
    """Carry over to an updated object what only the server may change."""
    for name in _SERVER_OWNED:
        if name == "managedFields":
            continue
        if name in old:
            metadata[name] = old[name]
        else:
            metadata.pop(name, None)
    if "namespace" in old:
        metadata["namespace"] = old["namespace"]
    metadata["name"] = old["name"]
    if "generateName" in old:
        metadata["generateName"] = old["generateName"]


def validate_metadata(metadata: JsonObject, resource: Resource) -> Iterator[FieldError]:
    """Yield every error of an object's metadata."""
    name = metadata.get("name", "")
    if not name:
        yield err.required("metadata.name", "name or generateName is required")
    elif problem := _name_problem(name, resource):
        yield err.invalid_value("metadata.name", f'"{name}"', problem)
    if labels := metadata.get("labels"):
        yield from check_labels(labels, "metadata.labels")
    if annotations := metadata.get("annotations"):
        yield from check_annotations(annotations, "metadata.annotations")
    if finalizers := metadata.get("finalizers"):
        qualified = not resource.custom and resource.group != "coordination.k8s.io"
        yield from check_finalizers(
            finalizers, "metadata.finalizers", qualified=qualified
        )
    if owners := metadata.get("ownerReferences"):
        yield from _check_owners(owners)


def _name_problem(name: str, resource: Resource) -> str:
    if resource.free_names:
        return path_segment_problem(name)
    return label_problem(name) if resource.label_names else subdomain_problem(name)


def _check_owners(owners: JsonArray) -> Iterator[FieldError]:
    path = "metadata.ownerReferences"
    controllers: list[str] = []
    for owner in owners:
        if not is_object(owner):
            continue
        if not owner.get("apiVersion"):
            yield err.invalid_value(
                f"{path}.apiVersion", '""', "version must not be empty"
            )
        if not owner.get("kind"):
            yield err.invalid_value(f"{path}.kind", '""', "must not be empty")
        if not owner.get("name"):
            yield err.invalid_value(f"{path}.name", '""', "must not be empty")
        if not owner.get("uid"):
            yield err.invalid_value(f"{path}.uid", '""', "uid must not be empty")
        if owner.get("controller"):
            controllers.append(f"{owner.get('kind')}/{owner.get('name')}")
    if len(controllers) > 1:
        names = " and ".join(controllers[:2])
        yield err.invalid_value(
            path,
            "[]v1.OwnerReference{...}",
            f'Only one reference can have Controller set to true. Found "true" in references for {names}',
        )


def validate_update(old: JsonObject, new: JsonObject) -> Iterator[FieldError]:
    """Yield the errors of a change of metadata."""
    if "deletionTimestamp" in old:
        added = [
            item
            for item in new.get("finalizers", ())
            if item not in old.get("finalizers", ())
        ]
        if added:
            shown = ", ".join(f'"{item}"' for item in added)
            yield err.forbidden_field(
                "metadata.finalizers",
                f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{shown}}}",
            )

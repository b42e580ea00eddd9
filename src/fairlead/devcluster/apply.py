"""Server-side apply: merge, ownership, conflicts, removal."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.devcluster import conversion, managed
from fairlead.devcluster import errors as err
from fairlead.devcluster import fieldsets as sets
from fairlead.devcluster.accepting import check_kind, check_place
from fairlead.devcluster.bodies import check_depth, decode_yaml
from fairlead.devcluster.errors import ApiError, bad_request
from fairlead.devcluster.fieldsets import FieldSet
from fairlead.devcluster.jsontypes import (
    NO_FIELDS,
    JsonArray,
    JsonObject,
    JsonValue,
    copy_json,
    is_array,
    is_object,
)
from fairlead.devcluster.metadata import check_metadata_types, check_types
from fairlead.devcluster.rbac import Attributes
from fairlead.devcluster.responses import Response
from fairlead.devcluster.schema import Schema, prune
from fairlead.devcluster.storage import Record
from fairlead.devcluster.target import Target
from fairlead.devcluster.writes import create, update


def apply_object(target: Target, record: Record | None, raw: bytes) -> Response:
    """Answer an apply patch: create the object, or merge into it."""
    applied = _read_applied(target, raw)
    writer = target.writer("Apply")
    fields = sets.owned_by_apply(managed.tracked(applied), target.version.schema)
    if record is None:
        return _create(target, applied, writer, fields)
    old = conversion.read(target.resource, target.version, record)
    version = applied["metadata"].get("resourceVersion")
    if version and version != old["metadata"]["resourceVersion"]:
        raise err.conflict(target.resource.subject, target.request.name)
    new = copy_json(merge(old, applied, target.version.schema))
    entries: JsonArray = old["metadata"].get("managedFields", [])
    changed = sets.changed(
        managed.tracked(old), managed.tracked(new), target.version.schema, dots=True
    )
    taken = _taken(target, entries, writer, sets.intersection(fields, changed))
    previous = next(
        (item["fieldsV1"] for item in entries if writer.owns(item)), NO_FIELDS
    )
    others = [item for item in entries if not writer.owns(item)]
    _remove_abandoned(new, previous, fields, others, target.version.schema)
    new["metadata"]["managedFields"] = _new_entries(
        others, taken, writer, fields, entries
    )
    return update(target, record, old, new, applied=True)


def _create(
    target: Target, applied: JsonObject, writer: managed.Writer, fields: FieldSet
) -> Response:
    request, uid = target.request, applied["metadata"].get("uid")
    if request.subresource:
        raise err.not_found(target.resource.subject, request.name)
    if uid:
        raise err.conflict(
            target.resource.subject,
            request.name,
            f"uid mismatch: the provided object specified uid {uid}, and no existing object was found",
        )
    target.state.authorizer.require(request.user, _create_attributes(target))
    applied["metadata"].pop("resourceVersion", None)
    applied["metadata"]["managedFields"] = [writer.entry(fields)] if fields else []
    return create(target, applied, writer)


def _create_attributes(target: Target) -> Attributes:
    request = target.request
    return Attributes(
        "create",
        request.group,
        target.resource.plural,
        "",
        request.namespace,
        request.name,
    )


def _read_applied(target: Target, raw: bytes) -> JsonObject:
    """Decode and check an applied configuration; unknown fields are errors."""
    decoded = decode_yaml(raw)
    if not is_object(decoded):
        raise bad_request(
            "error decoding YAML: the applied configuration is not an object"
        )
    check_depth(decoded)
    if not decoded.get("kind") or not decoded.get("apiVersion"):
        raise bad_request(
            f"invalid object type: /{decoded.get('apiVersion') or ''}, Kind={decoded.get('kind') or ''}"
        )
    check_kind(target, decoded, raw)
    body = {
        key: value
        for key, value in decoded.items()
        if key not in {"kind", "apiVersion"}
    }
    metadata = check_metadata_types(body)
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    name = metadata.setdefault("name", target.request.name)
    if name != target.request.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.request.name})"
        )
    check_place(target, metadata)
    _check_declared(target, body)
    return body


def _check_declared(target: Target, body: JsonObject) -> None:
    if not target.resource.custom:
        check_types(body, target.version.schema, target.resource.kind)
    unknown = list(prune(copy_json(body), target.version.schema))
    if unknown:
        kind = f"{target.api_version}, Kind={target.resource.kind}"
        namespace = body["metadata"].get("namespace", "")
        where = f"({namespace}/{target.request.name}; {'/' if '/' not in kind.partition(',')[0] else ''}{kind})"
        raise bad_request(
            f"failed to create typed patch object {where}: .{unknown[0]}: field not declared in schema"
        )


def merge(live: JsonValue, applied: JsonValue, schema: Schema | None) -> JsonValue:
    """Return `live` with an applied configuration merged in."""
    if is_object(applied) and is_object(live) and not (schema and schema.atomic):
        found: JsonObject = dict(live)
        for key, value in applied.items():
            below = schema.child(key) if schema else None
            found[key] = (
                merge(found[key], value, below) if key in found else copy_json(value)
            )
        return found
    if (
        is_array(applied)
        and is_array(live)
        and schema is not None
        and schema.granular_list
    ):
        return _merge_list(live, applied, schema)
    return copy_json(applied)


def _merge_list(live: JsonArray, applied: JsonArray, schema: Schema) -> JsonArray:
    found = list(live)
    for item in applied:
        index = sets.find_item(found, sets.item_element(item, schema), schema)
        if index is None:
            found.append(copy_json(item))
        else:
            found[index] = merge(found[index], item, schema.items)
    return found


def _taken(
    target: Target, entries: JsonArray, writer: managed.Writer, changed: FieldSet
) -> FieldSet:
    """Return the fields taken from others by force; 409 without force."""
    conflicts: list[tuple[JsonObject, FieldSet]] = []
    for entry in entries:
        if not writer.owns(entry):
            both = sets.intersection(entry.get("fieldsV1", {}), changed)
            if both:
                conflicts.append((entry, both))
    if conflicts and not target.request.flag("force"):
        raise _conflict_error(conflicts)
    taken: FieldSet = {}
    for _, both in conflicts:
        taken = sets.union(taken, both)
    return taken


def _conflict_error(conflicts: list[tuple[JsonObject, FieldSet]]) -> ApiError:
    causes = list(_causes(conflicts))
    if len(causes) == 1:
        text = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        text = f"Apply failed with {len(causes)} conflicts:"
        for message in dict.fromkeys(cause["message"] for cause in causes):
            lines = [cause["field"] for cause in causes if cause["message"] == message]
            owner = message.removeprefix("conflict with ")
            text += f" conflicts with {owner}:\n" + "\n".join(
                f"- {line}" for line in lines
            )
    return ApiError(409, "Conflict", text, {"causes": causes})


def _causes(conflicts: list[tuple[JsonObject, FieldSet]]) -> Iterator[JsonObject]:
    for entry, both in conflicts:
        message = f'conflict with "{entry.get("manager")}"'
        if entry.get("subresource"):
            message += f' with subresource "{entry["subresource"]}"'
        if entry.get("operation") == "Update":
            message += f" using {entry.get('apiVersion')}"
        for path in sets.paths(both):
            yield {"reason": "FieldManagerConflict", "message": message, "field": path}


def _remove_abandoned(
    new: JsonObject,
    previous: FieldSet,
    fields: FieldSet,
    others: JsonArray,
    schema: Schema,
) -> None:
    """Remove what this manager applied before, does not apply now, and nobody else owns.

    Who owns something inside a container keeps the container.
    """
    abandoned = sets.difference(previous, sets.with_containers(fields))
    for entry in others:
        if abandoned:
            kept = sets.with_containers(entry.get("fieldsV1", {}))
            abandoned = sets.difference(abandoned, kept)
    if abandoned:
        for name in ("name", "namespace"):
            abandoned.get("f:metadata", {}).pop(f"f:{name}", None)
        sets.remove_fields(new, abandoned, schema)


def _new_entries(
    others: JsonArray,
    taken: FieldSet,
    writer: managed.Writer,
    fields: FieldSet,
    entries: JsonArray,
) -> JsonArray:
    found: JsonArray = []
    own = next((item for item in entries if writer.owns(item)), None)
    same = (
        own is not None
        and own.get("fieldsV1") == fields
        and own.get("apiVersion") == writer.api_version
    )
    if same:
        found.append(own)
    elif fields:
        found.append(writer.entry(fields))
    for entry in others:
        kept = (
            sets.difference(entry.get("fieldsV1", {}), taken)
            if taken
            else entry["fieldsV1"]
        )
        if kept:
            found.append({**entry, "fieldsV1": kept})
    return managed.in_order(found)

"""Server-side apply: merge, ownership, conflicts, removal."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.devcluster import conversion, managed
from fairlead.devcluster import errors as err
from fairlead.devcluster import fieldsets as sets
from fairlead.devcluster.accepting import check_name, check_place
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
    applied, fields = _read_applied(target, raw, is_new=record is None)
    writer = target.writer("Apply")
    if record is None:
        return _create(target, applied, writer, fields)
    old = conversion.read(target.resource, target.version, record)
    version = applied["metadata"].get("resourceVersion")
    if version and version != old["metadata"]["resourceVersion"]:
        raise err.conflict(target.resource.subject, target.request.name)
    new = copy_json(merge(old, applied, target.version.schema))
    entries: JsonArray = old["metadata"].get("managedFields", [])
    changed = sets.changed(
        managed.tracked(old), managed.tracked(new), target.version.schema
    )
    taken = _taken(target, entries, writer, sets.intersection(fields, changed))
    previous = next(
        (item["fieldsV1"] for item in entries if writer.owns(item)), NO_FIELDS
    )
    others = [item for item in entries if not writer.owns(item)]
    _remove_abandoned(new, previous, fields, others, target.version.schema)
    entry = _own_entry(entries, writer, fields, moved=managed.tracked(new) != managed.tracked(old))  # fmt: skip
    new["metadata"]["managedFields"] = _new_entries(others, taken, entry)
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


def _read_applied(
    target: Target, raw: bytes, *, is_new: bool
) -> tuple[JsonObject, FieldSet]:
    """Decode and check an applied configuration, and tell what it owns.

    Unknown fields are errors.
    """
    decoded = decode_yaml(raw)
    if not is_object(decoded):
        raise bad_request(
            "error decoding YAML: the applied configuration is not an object"
        )
    check_depth(decoded)
    wanted = (target.resource.kind, target.api_version)
    if (decoded.get("kind"), decoded.get("apiVersion")) != wanted:
        version = decoded.get("apiVersion") or ""
        shown = version if "/" in str(version) else f"/{version}"
        raise bad_request(
            f"invalid object type: {shown}, Kind={decoded.get('kind') or ''}"
        )
    body = {
        key: value
        for key, value in decoded.items()
        if key not in {"kind", "apiVersion"}
    }
    given = copy_json(body)
    metadata = check_metadata_types(body)
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    if metadata.get("name") or (is_new and not metadata.get("uid")):
        check_name(target, metadata)
    metadata["name"] = target.request.name
    check_place(target, metadata)
    _check_declared(target, body)
    for name in _not_written(target, given):
        given.pop(name, None)
        body.pop(name, None)
    return body, sets.owned_by_apply(managed.tracked(given), target.version.schema)


def _not_written(target: Target, body: JsonObject) -> list[str]:
    """Return what a request does not write: the status, or all but the status."""
    if target.request.subresource == "status":
        return [name for name in body if name not in {"status", "metadata"}]
    return ["status"] if target.version.status else []


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
    """Merge lists item by item.

    Items of both stand in the order of the applied list; the others stay before the item that
    they stood before.
    """
    before = {sets.item_element(item, schema): item for item in live}
    wanted = {sets.item_element(item, schema): item for item in applied}
    shared = [key for key in wanted if key in before]
    found: JsonArray = []
    done = set[str]()

    def take(key: str) -> None:
        done.add(key)
        if shared and shared[0] == key:
            shared.pop(0)
        item = wanted[key]
        found.append(merge(before[key], item, schema.items) if key in before else copy_json(item))  # fmt: skip

    left, right = list(before), list(wanted)
    while left or right:
        if left and right and left[0] == right[0]:
            take(right.pop(0))
            left.pop(0)
        elif left and right and left[0] in wanted and shared and shared[0] != left[0]:
            left.pop(0)  # its turn comes later, or has been
        elif left and left[0] not in wanted:
            found.append(before[left.pop(0)])
        else:
            if left and left[0] in done:
                left.pop(0)
            if right:
                take(right.pop(0))
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


def _own_entry(
    entries: JsonArray, writer: managed.Writer, fields: FieldSet, *, moved: bool
) -> JsonObject | None:
    """Return the applier's entry; its time is that of the last apply that changed the object."""
    if not fields:
        return None
    entry = writer.entry(fields)
    if not moved:
        own = next((item for item in entries if writer.owns(item)), NO_FIELDS)
        del entry["time"]
        if "time" in own:
            entry["time"] = own["time"]
    return entry


def _new_entries(
    others: JsonArray, taken: FieldSet, own: JsonObject | None
) -> JsonArray:
    found: JsonArray = [] if own is None else [own]
    for entry in others:
        kept = (
            sets.difference(entry.get("fieldsV1", {}), taken)
            if taken
            else entry["fieldsV1"]
        )
        if kept:
            found.append({**entry, "fieldsV1": kept})
    return managed.in_order(found)

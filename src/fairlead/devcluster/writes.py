"""create and update: every write of an object ends in one of two functions here."""

from __future__ import annotations

import msgspec

from fairlead.devcluster import conversion, kinds, managed
from fairlead.devcluster import errors as err
from fairlead.devcluster.accepting import check_name, check_place
from fairlead.devcluster.errors import ApiError, FieldError, bad_request
from fairlead.devcluster.jsontypes import JsonObject, JsonValue, copy_json, is_object
from fairlead.devcluster.metadata import (
    fill_new,
    keep_identity,
    timestamp,
    validate_metadata,
    validate_update,
)
from fairlead.devcluster.names import generate_name, is_qualified_finalizer
from fairlead.devcluster.representation import body_response, object_response
from fairlead.devcluster.responses import Response
from fairlead.devcluster.rules import Unchecked, check_rules
from fairlead.devcluster.schema import apply_defaults
from fairlead.devcluster.storage import Record
from fairlead.devcluster.target import Target
from fairlead.devcluster.validation import json_type, repeated_items, validate

_NAME_RETRIES = 8
_BLOCKING = {
    "FieldValueNotSupported",
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
}
_GO_TYPES = {"number": "float64", "string": "string", "boolean": "bool"}
_RULES_SKIPPED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


def create(
    target: Target, body: JsonObject, writer: managed.Writer | None = None
) -> Response:
    """Store a new object and answer 201."""
    state, request, resource = target.state, target.request, target.resource
    metadata = body["metadata"]
    if metadata.get("resourceVersion"):
        raise ApiError(
            400,
            "BadRequest",
            "resourceVersion should not be set on objects to be created",
        )
    check_place(target, metadata)
    check_namespace(target, metadata.get("name", ""))
    if resource.terminating:
        raise ApiError(
            405,
            "MethodNotAllowed",
            "create not allowed while custom resource definition is terminating",
            resource.subject.details(),
        )
    applied = metadata.get("managedFields") if writer else None
    fill_new(metadata, resource, request.namespace, timestamp(state.clock()))
    if not metadata.get("name"):
        raise target.invalid("", list(validate_metadata(metadata, resource)))
    if applied:
        metadata["managedFields"] = applied
    if target.version.status:
        body.pop("status", None)
    if resource.custom:
        apply_defaults(body, target.version.schema)
    kinds.default_new(state, resource, body)
    check_object(target, body, None)
    if not applied:
        own = kinds.without_filled(resource, body)
        managed.track_update(None, own, target.version.schema, target.writer())
    return _store_new(target, body)


def _store_new(target: Target, body: JsonObject) -> Response:
    state, resource, metadata = target.state, target.resource, body["metadata"]
    namespace = metadata.get("namespace", "")
    generated = metadata.get("generateName", "")
    for attempt in range(_NAME_RETRIES):
        if (
            state.storage.find(resource.storage_key, namespace, metadata["name"])
            is None
        ):
            break
        if (
            not generated
            or not metadata["name"].startswith(generated)
            or attempt == _NAME_RETRIES - 1
        ):
            problem = err.already_exists(resource.subject, metadata["name"])
            if generated:
                problem.message += (
                    ", the server was not able to generate a unique name for the object"
                )
            raise problem
        metadata["name"] = generate_name(generated)
    if target.request.dry_run:
        return body_response(target, body, 201)
    record = put(target, namespace, metadata["name"], body)
    return object_response(target, record, 201)


def put(target: Target, namespace: str, name: str, body: JsonObject) -> Record:
    """Store an object in its stored form, within the size limit."""
    body = kinds.as_stored(target.resource, body)
    stored = conversion.stored_form(target.resource, body)
    limit = target.state.limits.object_bytes
    try:
        size = len(msgspec.json.encode(stored))
    except (OverflowError, UnicodeEncodeError) as exc:
        raise bad_request(f"the object cannot be written as JSON: {exc}") from exc
    if size > limit:
        raise ApiError(
            413,
            "RequestEntityTooLarge",
            f"the object has {size} bytes: limit is {limit}",
        )
    return target.state.storage.put(
        target.resource.storage_key, namespace, name, stored
    )


def check_namespace(target: Target, new_name: str) -> None:
    """Refuse new objects in a namespace that is missing or terminating."""
    if not target.resource.namespaced:
        return
    name = target.request.namespace
    record = target.state.storage.find("namespaces", "", name)
    if record is None:
        raise err.not_found(err.Subject("", "namespaces"), name)
    if (
        b'"deletionTimestamp"' in record.raw
        and "deletionTimestamp" in record.decode()["metadata"]
    ):
        raise kinds.namespace_terminating(target.resource, new_name, name)


def check_object(target: Target, body: JsonObject, old: JsonObject | None) -> None:
    """Refuse an invalid object with 422 and all reasons."""
    metadata = body["metadata"]
    problems = list(validate_metadata(metadata, target.resource))
    if old is not None:
        problems += validate_update(old["metadata"], metadata)
    if target.resource.custom:
        problems += _check_custom(target, body, old)
    problems += kinds.validate_kind(target.state, target.resource, body, old)
    if problems:
        raise target.invalid(metadata.get("name", ""), problems)
    if target.resource.custom:
        for name in metadata.get("finalizers", ()):
            if not is_qualified_finalizer(name):
                target.request.warn(
                    f'metadata.finalizers: "{name}": prefer a domain-qualified finalizer name '
                    "to avoid accidental conflicts with other finalizer writers"
                )
    kinds.check_permission(target.state, target.request, target.resource, body, old)


def _check_custom(
    target: Target, body: JsonObject, old: JsonObject | None
) -> list[FieldError]:
    """Return what is wrong by the schema; its CEL rules need an object of the right shape."""
    schema = target.version.schema
    problems = list(validate(body, schema))
    if target.version.scale is not None:
        problems += _check_replicas(body, target.version.scale.spec)
    problems += repeated_items(body, schema)
    if not target.version.schema.ruled:
        return problems
    if any(problem.reason in _BLOCKING for problem in problems):
        return [*problems, err.invalid_value("<nil>", '"null"', _RULES_SKIPPED)]
    return problems + _broken_rules(target, body, old)


def _check_replicas(body: JsonObject, path: str) -> list[FieldError]:
    """Return what is wrong with the number of replicas that the scale subresource shows."""
    value: JsonValue = body
    for name in path.strip(".").split("."):
        if not is_object(value) or name not in value:
            return []
        value = value[name]
    if isinstance(value, bool) or not isinstance(value, int):
        kind = _GO_TYPES.get(json_type(value), "map[string]interface {}")
        text = f"{path} accessor error: {value} is of the type {kind}, expected int64"
        return [] if value is None else [err.invalid_value(path, "0", text)]
    if value < 0:
        return [err.invalid_value(path, str(value), "should be a non-negative integer")]
    if value >= 2**31:
        return [err.invalid_value(path, str(value), f"should be less than or equal to {2**31 - 1}")]  # fmt: skip
    return []


def _broken_rules(
    target: Target, body: JsonObject, old: JsonObject | None
) -> list[FieldError]:
    """Return the CEL rules that an object breaks; warn of those that cannot be checked here."""
    known = {"kind": target.resource.kind, "apiVersion": target.api_version}
    before = None if old is None else {**known, **old}
    problems: list[FieldError] = []
    for found in check_rules({**known, **body}, before, target.version.schema):
        if isinstance(found, Unchecked):
            target.request.warn(str(found))
        else:
            problems.append(found)
    return problems


def update(
    target: Target,
    record: Record,
    old: JsonObject,
    new: JsonObject,
    *,
    applied: bool = False,
) -> Response:
    """Store a changed object and answer 200; an unchanged one is not stored."""
    resource, metadata = target.resource, new["metadata"]
    check_versions(target, old["metadata"], metadata)
    keep_identity(metadata, old["metadata"])
    if target.request.subresource == "status":
        new = _status_only(target, old, new)
        metadata = new["metadata"]
    elif target.version.status:
        _keep_status(old, new)
    if resource.custom:
        apply_defaults(new, target.version.schema)
    kinds.default_changed(target.state, resource, new, old)
    check_object(target, new, old)
    if resource.has_generation and _generation_differs(target, old, new):
        metadata["generation"] = old["metadata"].get("generation", 0) + 1
    if _unchanged(old, new, applied=applied):
        return object_response(target, record)
    if not applied:
        managed.track_update(old, new, target.version.schema, target.writer())
    return _store_changed(target, record, new)


def check_versions(target: Target, old: JsonObject, new: JsonObject) -> None:
    """Refuse an update that was made against another version or another object."""
    _check_uid(target, new, old["name"], old["uid"])
    version = new.get("resourceVersion")
    if version and version != old["resourceVersion"]:
        raise err.conflict(target.resource.subject, old["name"])
    new["resourceVersion"] = old["resourceVersion"]


def _check_uid(target: Target, new: JsonObject, name: str, kept: str) -> None:
    uid = new.get("uid")
    if uid and uid != kept:
        raise err.conflict(
            target.resource.subject,
            name,
            f"StorageError: invalid object, Code: 4, Key: {_storage_key(target)}, ResourceVersion: 0, "
            f"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {kept}",
        )


def _storage_key(target: Target) -> str:
    """Return where a real server keeps an object: clients get to see it in one message."""
    resource, request = target.resource, target.request
    kept = {"services": "services/specs", "endpoints": "services/endpoints", "nodes": "minions", "ingresses": "ingress"}  # fmt: skip
    parts = ["", "registry", kept.get(resource.plural, resource.plural), request.name]
    if resource.custom:
        parts.insert(2, resource.group)
    if resource.namespaced:
        parts.insert(-1, request.namespace)
    return "/".join(parts)


def _status_only(target: Target, old: JsonObject, new: JsonObject) -> JsonObject:
    """Return the old object with the new status.

    Most built-in kinds take labels and annotations here, too; custom resources do not.
    """
    kept: JsonObject = copy_json(old)
    kind = "" if target.resource.custom else target.resource.kind
    for name in kinds.written_with_status(kind):
        if name in new["metadata"]:
            kept["metadata"][name] = new["metadata"][name]
        else:
            kept["metadata"].pop(name, None)
    if "managedFields" in new["metadata"]:
        kept["metadata"]["managedFields"] = new["metadata"]["managedFields"]
    if "status" in new:
        kept["status"] = new["status"]
    else:
        kept.pop("status", None)
    return kept


def _keep_status(old: JsonObject, new: JsonObject) -> None:
    if "status" in old:
        new["status"] = old["status"]
    else:
        new.pop("status", None)


def _generation_differs(target: Target, old: JsonObject, new: JsonObject) -> bool:
    ignored = {"metadata", "status"} if target.version.status else {"metadata"}
    names = (old.keys() | new.keys()) - ignored
    return any(old.get(name) != new.get(name) for name in names)


def _unchanged(old: JsonObject, new: JsonObject, *, applied: bool) -> bool:
    for body in (old, new):
        body["metadata"].setdefault("managedFields", [])
    reset = (
        new["metadata"]["managedFields"] == [{}]
        and old["metadata"]["managedFields"] != []
    )
    same = not reset and _bare(old) == _bare(new)
    if same and applied:
        same = managed.without_times(old) == managed.without_times(new)
    for body in (old, new):
        if not body["metadata"]["managedFields"]:
            del body["metadata"]["managedFields"]
    return same


def _bare(body: JsonObject) -> JsonObject:
    metadata = {
        key: value for key, value in body["metadata"].items() if key != "managedFields"
    }
    return {**body, "metadata": metadata}


def _store_changed(target: Target, record: Record, new: JsonObject) -> Response:
    request, resource, metadata = target.request, target.resource, new["metadata"]
    if request.dry_run:
        return body_response(target, new)
    if "deletionTimestamp" in metadata and not kinds.blocks_deletion(resource, new):
        response = body_response(target, new)
        target.state.storage.delete(resource.storage_key, record.namespace, record.name)
        return response
    stored = put(target, record.namespace, record.name, new)
    return object_response(target, stored)


def replace(target: Target, record: Record | None, body: JsonObject) -> Response:
    """Answer PUT: replace an object, or create it where the kind allows that."""
    resource, request, metadata = target.resource, target.request, body["metadata"]
    name = metadata.get("name", "")
    check_name(target, metadata)
    check_place(target, metadata)
    if record is None:
        if not resource.create_on_update or request.subresource:
            raise err.not_found(resource.subject, request.name)
        _check_uid(target, metadata, request.name, kept="")
        metadata.pop("resourceVersion", None)
        return create(target, body)
    if not metadata.get("resourceVersion") and not resource.unconditional_update:
        problem = err.invalid_value(
            "metadata.resourceVersion", "0x0", "must be specified for an update"
        )
        raise err.invalid(
            resource.group, resource.plural, name or request.name, [problem]
        )
    if "managedFields" not in metadata:
        metadata.pop("managedFields", None)
    old = conversion.read(resource, target.version, record)
    return update(target, record, old, body)

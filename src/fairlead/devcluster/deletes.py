"""delete and deletecollection: options, preconditions, finalizers, propagation."""

from __future__ import annotations

import time

from fairlead.devcluster import conversion
from fairlead.devcluster.bodies import decode_document
from fairlead.devcluster.builtin_schemas import message_schema
from fairlead.devcluster.crds import CLEANUP
from fairlead.devcluster.errors import ApiError, Subject, bad_request, forbidden
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.kinds import PROTECTED_NAMESPACES
from fairlead.devcluster.metadata import check_types, timestamp
from fairlead.devcluster.negotiation import choose_form
from fairlead.devcluster.options import check_delete_options
from fairlead.devcluster.reads import ListOptions, read_page
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.representation import (
    body_response,
    object_response,
    records_response,
)
from fairlead.devcluster.request import parse_int
from fairlead.devcluster.responses import Response, answer
from fairlead.devcluster.selection import select
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import Record
from fairlead.devcluster.target import Target

_LONGEST_GRACE = 366 * 86400
FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


def read_options(target: Target, raw: bytes, content_type: str) -> JsonObject:
    """Return DeleteOptions from body and query; the body wins."""
    options: JsonObject = {}
    request = target.request
    if raw.strip():
        options = decode_document(raw, content_type, "DeleteOptions")
        try:
            check_types(
                options, message_schema("meta.v1.DeleteOptions"), "DeleteOptions"
            )
        except ApiError as exc:
            raise bad_request(
                f"DeleteOptions cannot be handled: {exc.message}"
            ) from exc
    if "dryRun" in request.query:
        options.setdefault("dryRun", request.query["dryRun"])
    if request.param("propagationPolicy"):
        options.setdefault("propagationPolicy", request.param("propagationPolicy"))
    if request.param("orphanDependents"):
        options.setdefault("orphanDependents", request.flag("orphanDependents"))
    if request.param("gracePeriodSeconds"):
        options.setdefault(
            "gracePeriodSeconds", parse_int(request.param("gracePeriodSeconds"))
        )
    check_delete_options(options)
    return options


# Kinds whose deletion is answered with the object that was.
_RETURNED = {
    "pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims", "resourcequotas",
}  # fmt: skip


def delete_object(target: Target, record: Record, options: JsonObject) -> Response:
    """Answer DELETE of one object."""
    resource = target.resource
    body = conversion.read(resource, target.version, record)
    _check_preconditions(resource, body["metadata"], options)
    if resource.kind == "Namespace" and record.name in PROTECTED_NAMESPACES:
        raise forbidden(
            Subject("", "namespaces"), record.name, "this namespace may not be deleted"
        )
    changed = mark_deleted(target.state, resource, body, options)
    if options.get("dryRun"):
        return (
            _success(resource, body) if changed is None else body_response(target, body)
        )
    if changed is None:
        target.state.storage.delete(resource.storage_key, record.namespace, record.name)
        if resource.plural in _RETURNED and not resource.custom:
            return body_response(target, body)
        return _success(resource, body)
    if changed:
        record = _store(target.state, resource, record, body)
    return object_response(target, record)


def _store(
    state: State, resource: Resource, record: Record, body: JsonObject
) -> Record:
    stored = conversion.stored_form(resource, body)
    return state.storage.put(
        resource.storage_key, record.namespace, record.name, stored
    )


def _check_preconditions(
    resource: Resource, metadata: JsonObject, options: JsonObject
) -> None:
    wanted = options.get("preconditions") or NO_FIELDS
    name = metadata["name"]
    for field, label, hint in (
        ("uid", "UID", "The object might have been deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "The object might have been modified"),
    ):
        value, found = wanted.get(field), metadata[field]
        if value is not None and value != found:
            raise ApiError(
                409,
                "Conflict",
                f'Operation cannot be fulfilled on {Subject(resource.group, resource.kind)} "{name}": the {label} in the '
                f"precondition ({value}) does not match the {label} in record ({found}). {hint}",
                Subject(resource.group, resource.kind).details(name),
            )


def mark_deleted(
    state: State, resource: Resource, body: JsonObject, options: JsonObject
) -> bool | None:
    """Prepare an object for deletion, in place.

    Returns:
        None when it can be removed now, True when it was changed and stays, False when
        it was being deleted already.
    """
    metadata = body["metadata"]
    _set_propagation(metadata, options)
    if resource.kind == "CustomResourceDefinition":
        _add_finalizer(metadata, CLEANUP)
    grace = _grace_seconds(resource, body, options)
    held = bool(metadata.get("finalizers")) or grace > 0 or resource.kind == "Namespace"
    if not held:
        return None
    if "deletionTimestamp" in metadata:
        return _shorten_grace(metadata, grace)
    metadata["deletionTimestamp"] = timestamp(state.clock() + grace)
    metadata["deletionGracePeriodSeconds"] = grace
    if resource.has_generation:
        metadata["generation"] = metadata.get("generation", 0) + 1
    if resource.kind == "Namespace":
        metadata.pop("deletionGracePeriodSeconds")
        body["status"] = {**(body.get("status") or NO_FIELDS), "phase": "Terminating"}
    if resource.kind == "CustomResourceDefinition":
        _mark_terminating(body, timestamp(state.clock()))
    return True


def _shorten_grace(metadata: JsonObject, grace: int) -> bool | None:
    before = metadata.get("deletionGracePeriodSeconds", 0)
    if grace >= before:
        return False
    metadata["deletionGracePeriodSeconds"] = grace
    if grace == 0 and not metadata.get("finalizers"):
        return None
    return True


def _set_propagation(metadata: JsonObject, options: JsonObject) -> None:
    policy = options.get("propagationPolicy")
    if policy is None and options.get("orphanDependents") is not None:
        policy = "Orphan" if options["orphanDependents"] else "Background"
    if policy is None:
        return
    kept = [
        item
        for item in metadata.get("finalizers") or NO_ITEMS
        if item not in {FOREGROUND, ORPHAN}
    ]
    if policy == "Foreground":
        kept.append(FOREGROUND)
    elif policy == "Orphan":
        kept.append(ORPHAN)
    if kept:
        metadata["finalizers"] = kept
    else:
        metadata.pop("finalizers", None)


def _add_finalizer(metadata: JsonObject, name: str) -> None:
    finalizers = metadata.setdefault("finalizers", [])
    if name not in finalizers and "deletionTimestamp" not in metadata:
        finalizers.append(name)
    if not finalizers:
        del metadata["finalizers"]


def _grace_seconds(resource: Resource, body: JsonObject, options: JsonObject) -> int:
    if resource.kind != "Pod":
        return 0
    wanted = options.get("gracePeriodSeconds")
    if wanted is not None:
        return min(max(0, int(wanted)), _LONGEST_GRACE)
    own = (body.get("spec") or NO_FIELDS).get("terminationGracePeriodSeconds", 30)
    return min(max(0, int(own)), _LONGEST_GRACE)


def _mark_terminating(body: JsonObject, now: str) -> None:
    conditions = body.setdefault("status", {}).setdefault("conditions", [])
    conditions.append(
        {
            "type": "Terminating",
            "status": "True",
            "lastTransitionTime": now,
            "reason": "InstanceDeletionPending",
            "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        }
    )


def _success(resource: Resource, body: JsonObject) -> Response:
    metadata = body["metadata"]
    details = resource.subject.details(metadata["name"], uid=metadata["uid"])
    return answer(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": details,
        }
    )


async def delete_collection(target: Target, options: JsonObject) -> Response:
    """Answer DELETE of a collection with the objects that were deleted."""
    state, resource = target.state, target.resource
    selection = select(target.request, resource, target.version)
    page = await read_page(state, selection, ListOptions(0, "", None, ""))
    done: list[Record] = []
    for record in page.records:
        if options.get("dryRun"):
            done.append(record)
            continue
        remove(state, resource, record, options)
        done.append(record)
    form = choose_form(target.request.header("accept"))
    metadata = {"resourceVersion": str(state.storage.revision)}
    return records_response(target, done, metadata, form)


def remove(
    state: State, resource: Resource, record: Record, options: JsonObject
) -> Record:
    """Delete one object as the server itself does; return its last or its marked state."""
    body = record.decode()
    changed = mark_deleted(state, resource, body, options)
    if changed is None:
        state.storage.delete(resource.storage_key, record.namespace, record.name)
        return record
    if changed:
        return state.storage.put(
            resource.storage_key, record.namespace, record.name, body
        )
    return record


def grace_is_over(body: JsonObject, now: float | None = None) -> bool:
    """Whether the grace period of a pod that is being deleted has passed."""
    stamp = body["metadata"].get("deletionTimestamp", "")
    return bool(stamp) and timestamp(time.time() if now is None else now) >= stamp

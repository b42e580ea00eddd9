"""Subresources other than status: scale, token, log, binding, eviction, finalize."""

from __future__ import annotations

from datetime import datetime

from fairlead.devcluster import conversion
from fairlead.devcluster import errors as err
from fairlead.devcluster.accepting import decode_object
from fairlead.devcluster.authentication import AUDIENCE
from fairlead.devcluster.bodies import decode_document, media_type
from fairlead.devcluster.deletes import delete_object, read_options
from fairlead.devcluster.errors import (
    ApiError,
    FieldError,
    bad_request,
    method_not_allowed,
)
from fairlead.devcluster.jsonpath import assign, first
from fairlead.devcluster.jsontypes import (
    NO_FIELDS,
    NO_ITEMS,
    JsonObject,
    copy_json,
    is_array,
    is_object,
)
from fairlead.devcluster.metadata import timestamp
from fairlead.devcluster.patches import JSON_PATCH, MERGE, STRATEGIC, patched
from fairlead.devcluster.reads import find_record
from fairlead.devcluster.responses import Response, answer
from fairlead.devcluster.storage import Record
from fairlead.devcluster.target import Target
from fairlead.devcluster.writes import update

_MIN_TOKEN_SECONDS = 600
_MAX_TOKEN_SECONDS = 1 << 32


def answer_scale(target: Target, raw: bytes, content_type: str) -> Response:
    """Answer GET, PUT and PATCH of scale."""
    record = find_record(target)
    paths = target.version.scale
    if paths is None:
        raise err.unknown_resource()
    body = conversion.read(target.resource, target.version, record)
    scale = scale_of(target, body)
    if target.request.method == "GET":
        return answer(scale)
    new = _changed_scale(target, scale, raw, content_type)
    metadata, spec = new.get("metadata"), new.get("spec")
    replicas = spec.get("replicas", 0) if is_object(spec) else 0
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request(
            "json: cannot unmarshal a value into Go struct field ScaleSpec.spec.replicas of type int32"
        )
    if not 0 <= replicas < 2**31:
        problem = err.invalid_value(
            "spec.replicas", str(replicas), "must be greater than or equal to 0"
        )
        raise err.invalid("autoscaling", "Scale", record.name, [problem])
    changed: JsonObject = copy_json(body)
    version = metadata.get("resourceVersion") if is_object(metadata) else None
    changed["metadata"]["resourceVersion"] = (
        version or body["metadata"]["resourceVersion"]
    )
    assign(changed, paths.spec, replicas)
    update(target, record, body, changed)
    return answer(_current_scale(target, changed))


def _current_scale(target: Target, changed: JsonObject) -> JsonObject:
    if target.request.dry_run:
        return scale_of(target, changed)
    stored = find_record(target)
    return scale_of(target, conversion.read(target.resource, target.version, stored))


def _changed_scale(
    target: Target, scale: JsonObject, raw: bytes, content_type: str
) -> JsonObject:
    if target.request.method == "PUT":
        return decode_document(raw, content_type, "Scale")
    media = media_type(content_type)
    if media not in {MERGE, JSON_PATCH, STRATEGIC}:
        raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    new = patched(target, scale, raw, MERGE if media == STRATEGIC else media)
    if not is_object(new):
        raise bad_request("the patched Scale is not an object")
    return new


def scale_of(target: Target, body: JsonObject) -> JsonObject:
    """Return the Scale of an object."""
    paths, metadata = target.version.scale, body["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: JsonObject = {"replicas": 0}
    spec: JsonObject = {}
    if paths is not None:
        spec["replicas"] = first(body, paths.spec) or 0
        status["replicas"] = first(body, paths.status) or 0
        selector = first(body, paths.selector) if paths.selector else _selector(body)
        if selector:
            status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": spec,
        "status": status,
    }


def _selector(body: JsonObject) -> str:
    labels = first(body, ".spec.selector.matchLabels") or NO_FIELDS
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def answer_token(target: Target, raw: bytes, content_type: str) -> Response:
    """Answer a TokenRequest: a signed token for a service account."""
    record = find_record(target)
    body = decode_document(raw, content_type, "TokenRequest") if raw.strip() else {}
    spec = body.get("spec")
    spec = spec if is_object(spec) else {}
    seconds = spec.get("expirationSeconds", 3600)
    audiences = spec.get("audiences") or [AUDIENCE]
    if type(seconds) is not int or not is_array(audiences):
        raise bad_request(
            'TokenRequest in version "v1" cannot be handled as a TokenRequest: wrong types in spec'
        )
    _check_seconds(seconds)
    uid = record.decode()["metadata"]["uid"]
    authenticator = target.state.authenticator
    claims = authenticator.service_account_claims(
        record.namespace, record.name, uid, [str(item) for item in audiences], seconds
    )
    return answer(
        {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": record.name,
                "namespace": record.namespace,
                "creationTimestamp": timestamp(target.state.clock()),
            },
            "spec": {
                "audiences": audiences,
                "expirationSeconds": seconds,
                "boundObjectRef": None,
            },
            "status": {
                "token": authenticator.issue(claims),
                "expirationTimestamp": timestamp(claims["exp"]),
            },
        },
        201,
    )


def _check_seconds(seconds: int) -> None:
    path, detail = "spec.expirationSeconds", ""
    if seconds < _MIN_TOKEN_SECONDS:
        detail = "may not specify a duration less than 10 minutes"
    elif seconds > _MAX_TOKEN_SECONDS:
        detail = "may not specify a duration larger than 2^32 seconds"
    if detail:
        problem: FieldError = err.invalid_value(path, str(seconds), detail)
        raise err.invalid("authentication.k8s.io", "TokenRequest", "", [problem])


def answer_binding(target: Target, raw: bytes, content_type: str) -> Response:
    """Answer a Binding: put a pod on a node."""
    record = find_record(target)
    binding = decode_document(raw, content_type, "Binding")
    node = (
        (binding.get("target") or NO_FIELDS).get("name")
        if is_object(binding.get("target"))
        else None
    )
    if not isinstance(node, str) or not node:
        raise err.invalid("", "Binding", record.name, [err.required("target.name")])
    body = record.decode()
    body["spec"]["nodeName"] = node
    if not target.request.dry_run:
        target.state.storage.put("pods", record.namespace, record.name, body)
    return answer(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "code": 201,
        },
        201,
    )


def answer_eviction(target: Target, raw: bytes, content_type: str) -> Response:
    """Answer an Eviction: delete a pod."""
    record = find_record(target)
    eviction = decode_document(raw, content_type, "Eviction")
    wanted = eviction.get("deleteOptions")
    options = read_options(target, b"", "")
    if is_object(wanted):
        options.update(
            {
                key: value
                for key, value in wanted.items()
                if key == "gracePeriodSeconds" and isinstance(value, int)
            }
        )
    delete_object(target, record, options)
    return answer(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "code": 201,
        },
        201,
    )


def answer_finalize(target: Target, raw: bytes, content_type: str) -> Response:
    """Answer PUT of a namespace's finalize: set its spec.finalizers."""
    if target.request.method != "PUT":
        raise method_not_allowed()
    record: Record = find_record(target)
    new = decode_object(target, raw, content_type)
    body = record.decode()
    body["spec"] = {
        "finalizers": (new.get("spec") or NO_FIELDS).get("finalizers") or NO_ITEMS
    }
    if target.request.dry_run:
        return answer(conversion.full(target.resource, target.version, body))
    stored = target.state.storage.put("namespaces", "", record.name, body)
    return answer(conversion.full(target.resource, target.version, stored.decode()))


def parse_time(text: str) -> float:
    """Return an RFC 3339 time in seconds; 400 when it is none."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError as exc:
        raise bad_request(f'parsing time "{text}": not an RFC 3339 time') from exc

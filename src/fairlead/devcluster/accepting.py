"""Accepting an object: decoding, kind, types, unknown fields, and its place."""

from __future__ import annotations

from fairlead.devcluster.bodies import (
    PROTOBUF,
    decode_document,
    find_duplicates,
    media_type,
)
from fairlead.devcluster.errors import ApiError, bad_request
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.metadata import check_metadata_types, check_types
from fairlead.devcluster.schema import prune
from fairlead.devcluster.target import Target


def decode_object(target: Target, raw: bytes, content_type: str) -> JsonObject:
    """Decode a request body into an object of the target's kind, types checked."""
    body = decode_document(raw, content_type, target.resource.kind)
    check_kind(target, body, raw)
    known_duplicates = (
        [] if media_type(content_type) == PROTOBUF else _duplicates(target, raw)
    )
    return accept_object(target, body, known_duplicates)


def _duplicates(target: Target, raw: bytes) -> list[str]:
    if target.request.param("fieldValidation") == "Ignore" or raw[:1] != b"{":
        return []
    return find_duplicates(raw)


def check_kind(target: Target, body: JsonObject, raw: bytes) -> None:
    """Refuse a body of another kind or version."""
    kind, api_version = body.get("kind"), body.get("apiVersion")
    wanted = target.resource.kind
    if kind is not None and not isinstance(kind, str):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {wanted}): kind is not a string"
        )
    if target.resource.custom and (not kind or not api_version):
        missing = "Kind" if not kind else "apiVersion"
        shown = raw[:200].decode(errors="replace")
        raise bad_request(
            f"the object provided is unrecognized (must be of type {wanted}): Object '{missing}' is missing in '{shown}'"
        )
    if api_version and api_version != target.api_version:
        if target.resource.custom:
            raise bad_request(
                f"the API version in the data ({api_version}) does not match the expected API version ({target.api_version})"
            )
        version = str(api_version).rpartition("/")[2]
        raise _unregistered(target, kind or wanted, version, api_version)
    if kind and kind != wanted:
        version = target.version.name
        if target.state.registry.by_kind(target.resource.group, kind) is None:
            raise _unregistered(target, kind, version, target.api_version)
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {wanted}: converting ({version}.{kind}) to ({wanted}): unknown conversion'
        )


def _unregistered(
    target: Target, kind: str, version: str, api_version: object
) -> ApiError:
    return bad_request(
        f'{kind} in version "{version}" cannot be handled as a {target.resource.kind}: no kind "{kind}" is registered for version "{api_version}" in scheme "pkg/runtime/scheme.go:100"'
    )


def accept_object(
    target: Target, body: JsonObject, duplicates: list[str]
) -> JsonObject:
    """Check types, remove unknown fields (with warnings, or 400 when strict)."""
    body = {
        key: value for key, value in body.items() if key not in {"kind", "apiVersion"}
    }
    try:
        check_metadata_types(body)
        if not target.resource.custom:
            check_types(body, target.version.schema, target.resource.kind)
    except ApiError as exc:
        raise _cannot_be_handled(target, exc.message) from exc
    unknown = list(prune(body, target.version.schema))
    if target.resource.custom:
        unknown.sort()
    report_fields(target, unknown, duplicates)
    return body


def report_fields(target: Target, unknown: list[str], duplicates: list[str]) -> None:
    """Tell the client about fields that will not be stored, as it asked to be told."""
    found = [f'duplicate field "{path}"' for path in duplicates]
    found += [f'unknown field "{path}"' for path in unknown]
    mode = target.request.param("fieldValidation")
    if not found or mode == "Ignore":
        return
    if mode == "Strict":
        raise _cannot_be_handled(target, f"strict decoding error: {', '.join(found)}")
    for text in found:
        target.request.warn(text)


def _cannot_be_handled(target: Target, reason: str) -> ApiError:
    kind = target.resource.kind
    return bad_request(
        f'{kind} in version "{target.version.name}" cannot be handled as a {kind}: {reason}'
    )


def check_name(target: Target, metadata: JsonObject) -> None:
    """Refuse an object whose name is not the URL's."""
    name, wanted = metadata.get("name", ""), target.request.name
    if not name:
        raise bad_request(
            f"the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        )
    if name != wanted:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({wanted})"
        )


def check_place(target: Target, metadata: JsonObject) -> None:
    """Refuse an object whose namespace is not the URL's."""
    namespace = metadata.get("namespace", "")
    wanted = target.request.namespace if target.resource.namespaced else ""
    if namespace and namespace != wanted:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )

"""PATCH in its four forms; each computes a new object, which is then an update."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import jsonpatch
import jsonpointer
import msgspec

from fairlead.devcluster import conversion
from fairlead.devcluster import errors as err
from fairlead.devcluster.accepting import (
    accept_object,
    check_kind,
    check_name,
    check_place,
)
from fairlead.devcluster.apply import apply_object
from fairlead.devcluster.bodies import check_depth, decode_json, media_type
from fairlead.devcluster.errors import ApiError, bad_request, unsupported_media_type
from fairlead.devcluster.jsontypes import (
    JsonArray,
    JsonObject,
    JsonValue,
    copy_json,
    is_array,
    is_object,
)
from fairlead.devcluster.options import check_apply_options
from fairlead.devcluster.responses import Response
from fairlead.devcluster.storage import Record
from fairlead.devcluster.strategic import merge_object
from fairlead.devcluster.target import Target
from fairlead.devcluster.writes import update

MERGE: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"
_NOT_A = re.compile(r".* cannot be handled as an? \w+: ", re.S)
_MAX_OPERATIONS = 10_000
_MAX_BYTES = 3 * 1024 * 1024


def patch(
    target: Target, record: Record | None, raw: bytes, content_type: str
) -> Response:
    """Answer PATCH."""
    media = media_type(content_type)
    check_media(target, media)
    check_apply_options(target.request, applying=media == APPLY)
    if media == APPLY:
        return apply_object(target, record, raw)
    if record is None:
        raise err.not_found(target.resource.subject, target.request.name)
    old = conversion.read(target.resource, target.version, record)
    shown = copy_json(conversion.full(target.resource, target.version, old))
    new = patched(target, shown, raw, media)
    if media == STRATEGIC and is_object(new):
        new |= {"kind": target.resource.kind, "apiVersion": target.api_version}
    body = accept_patched(target, new, raw, media)
    uid = body["metadata"].get("uid")
    if uid and uid != old["metadata"]["uid"]:
        problem = err.invalid_value("metadata.uid", f'"{uid}"', "field is immutable")
        raise target.invalid(target.request.name, [problem])
    return update(target, record, old, body)


def check_media(target: Target, media: str) -> None:
    """Refuse patch forms that the kind does not have."""
    accepted = [
        JSON_PATCH,
        MERGE,
        *([] if target.resource.custom else [STRATEGIC]),
        APPLY,
    ]
    if media in accepted:
        return
    if target.resource.custom and media == STRATEGIC:
        raise unsupported_media_type(accepted)
    raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def patched(target: Target, shown: JsonObject, raw: bytes, media: str) -> JsonValue:
    """Return the object after a patch, not yet checked."""
    change = decode_json(raw, "patch")
    check_depth({"": change})
    if media == JSON_PATCH:
        return _json_patch(shown, change)
    if not is_object(change):
        raise bad_request(
            "json: cannot unmarshal the patch into Go value of type map[string]interface {}"
        )
    if media == MERGE:
        return merge_patch(shown, change)
    return merge_object(shown, change, target.version.schema)


def accept_patched(
    target: Target, new: JsonValue, raw: bytes, media: str = ""
) -> JsonObject:
    """Check a patched object as a whole."""
    if not is_object(new):
        raise _rejected()
    check_depth(new)
    try:
        check_kind(target, new, raw)
        body = accept_object(target, new, [])
    except ApiError as exc:
        raise _unreadable(new, exc, raw, media) from exc
    metadata = body["metadata"]
    check_name(target, metadata)
    check_place(target, metadata)
    return body


def _unreadable(new: JsonObject, problem: ApiError, raw: bytes, media: str) -> ApiError:
    """422 for a patch whose result is no object of the kind, with that result, or the patch."""
    reason = _NOT_A.sub("", problem.message, count=1)
    if media == STRATEGIC:
        shown = f'"{_as_go_prints(msgspec.json.decode(raw))}"'
        if "base64" in reason:
            reason = f"error decoding from json: {reason}"
    else:
        shown = msgspec.json.encode(msgspec.json.encode(new).decode()).decode()
    return err.invalid("", "", "", [err.invalid_value("patch", shown, reason)])


def _as_go_prints(value: JsonValue) -> str:
    if is_object(value):
        return f"map[{' '.join(f'{key}:{_as_go_prints(value[key])}' for key in sorted(value) if not key.startswith('$'))}]"
    if is_array(value):
        return f"[{' '.join(_as_go_prints(item) for item in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "<nil>", True: "true", False: "false"}[value]
    return f"{value}"


def merge_patch(original: JsonValue, change: JsonValue) -> JsonValue:
    """Return `original` with an RFC 7386 patch applied."""
    if not is_object(change):
        return copy_json(change)
    found: JsonObject = dict(original) if is_object(original) else {}
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merge_patch(found.get(key), value)
    return found


def _json_patch(shown: JsonObject, change: JsonValue) -> JsonValue:
    if not is_array(change):
        raise bad_request(
            "json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        )
    if len(change) > _MAX_OPERATIONS:
        raise ApiError(
            413,
            "RequestEntityTooLarge",
            f"The allowed maximum operations in a JSON patch is {_MAX_OPERATIONS}, got {len(change)}",
        )
    try:
        return _apply_bounded(copy_json(shown), change)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as exc:
        raise _rejected() from exc
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as exc:
        # The library raises these for operations that do not fit the document.
        raise _rejected() from exc


_apply_operations: Callable[[JsonValue, JsonValue], JsonValue] = jsonpatch.apply_patch  # pyright: ignore[reportUnknownMemberType] - the library has no types


def _apply_bounded(document: JsonValue, operations: JsonArray) -> JsonValue:
    """Apply operations; copies may not blow the document up."""
    if not any(
        is_object(item) and item.get("op") in ("copy", "replace") for item in operations
    ):
        return _apply_operations(document, operations)
    for operation in operations:
        document = _apply_operations(document, [_as_read_by_go(document, operation)])
        if len(msgspec.json.encode(document)) > _MAX_BYTES:
            raise ApiError(
                413,
                "RequestEntityTooLarge",
                f"the patched object is too large: limit is {_MAX_BYTES}",
            )
    return document


def _as_read_by_go(document: JsonValue, operation: JsonValue) -> JsonValue:
    """Return an operation with a replaced field that is missing as an added one."""
    if not is_object(operation) or operation.get("op") != "replace":
        return operation
    path = operation.get("path")
    if not isinstance(path, str) or not path:
        return operation
    above: JsonValue = jsonpointer.resolve_pointer(document, path.rpartition("/")[0])
    return {**operation, "op": "add"} if is_object(above) else operation


def _rejected() -> ApiError:
    return ApiError(
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
        {},
    )

"""The shapes of answers: plain objects, Tables, PartialObjectMetadata, lists of each."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fairlead.devcluster import conversion
from fairlead.devcluster.columns import cells, columns_of
from fairlead.devcluster.errors import ApiError
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.negotiation import YAML, Form, choose_form
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.request import Request
from fairlead.devcluster.responses import Response, encode, to_yaml
from fairlead.devcluster.storage import Record
from fairlead.devcluster.target import Target

_META = "meta.k8s.io/"


def object_response(
    target: Target,
    record: Record,
    status: int = 200,
    *,
    form: Form | None = None,
) -> Response:
    """Answer with one object in the form that the client accepts."""
    form = form or choose_form(target.request.header("accept"))
    warn_deprecated(target)
    if not form.shape:
        body = conversion.encode_full(target.resource, target.version, record)
        return _finish(target.request, body, form, status)
    if form.shape == "PartialObjectMetadataList":
        name = _go_name(target.resource, target.resource.kind)
        raise _wrong_shape(form.shape, f"the requested object is not a list ({name})")
    shaped = shape_object(target, record, form)
    return Response(status, encode(shaped, form.media), form.media)


def warn_deprecated(target: Target) -> None:
    """Tell the client that it uses a deprecated version."""
    if target.version.deprecation:
        target.request.warn(target.version.deprecation)


def body_response(
    target: Target,
    body: JsonObject,
    status: int = 200,
) -> Response:
    """Answer with an object that is not stored (dry run)."""
    metadata = body["metadata"]
    record = Record(
        metadata.get("namespace", ""),
        metadata.get("name", ""),
        2**62,
        msgspec.json.encode(body),
    )
    return object_response(target, record, status)


def _finish(request: Request, body: bytes, form: Form, status: int) -> Response:
    if form.media == YAML:
        body = to_yaml(body)
    elif _is_pretty(request):
        body = msgspec.json.format(body, indent=2) + b"\n"
    return Response(status, body, form.media)


def _is_pretty(request: Request) -> bool:
    """Tell whether a person reads the answer: asked for, or by curl, Wget or a browser."""
    if "pretty" in request.query:
        return request.flag("pretty")
    return request.header("user-agent").startswith(("curl", "Wget", "Mozilla/5.0"))


def shape_object(
    target: Target,
    record: Record,
    form: Form,
    *,
    headers: bool = True,
) -> JsonObject:
    """Return one object as a Table or as its metadata only."""
    body = conversion.read(target.resource, target.version, record)
    if form.shape == "Table":
        metadata = {"resourceVersion": body["metadata"].get("resourceVersion", "")}
        table = _table(target, [body], metadata, form)
        if not headers:
            table["columnDefinitions"] = None
        return table
    return partial_metadata(body, form)


def partial_metadata(body: JsonObject, form: Form) -> JsonObject:
    """Return only the metadata of an object."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": _META + form.version,
        "metadata": body["metadata"],
    }


def _table(
    target: Target,
    bodies: Iterable[JsonObject],
    metadata: JsonObject,
    form: Form,
) -> JsonObject:
    include = target.request.param("includeObject") or "Metadata"
    rows: list[JsonObject] = []
    for body in bodies:
        shown: JsonObject | None = None
        if include == "Object":
            shown = conversion.full(target.resource, target.version, body)
        elif include != "None":
            shown = partial_metadata(body, form)
        rows.append(
            {"cells": cells(target.resource, target.version, body), "object": shown}
        )
    return {
        "kind": "Table",
        "apiVersion": _META + form.version,
        "metadata": metadata,
        "columnDefinitions": [
            {
                "name": column.name,
                "type": column.type,
                "format": column.format,
                "description": column.description,
                "priority": column.priority,
            }
            for column in columns_of(target.resource, target.version)
        ],
        "rows": rows,
    }


def records_response(
    target: Target,
    records: list[Record],
    metadata: JsonObject,
    form: Form,
) -> Response:
    """Answer with a list in the form that the client accepts."""
    warn_deprecated(target)
    if not form.shape:
        if target.resource.custom:
            metadata = {"continue": "", **metadata}
        head = msgspec.json.encode(
            {
                "kind": target.resource.list_kind,
                "apiVersion": target.api_version,
                "metadata": metadata,
            }
        )
        items = b",".join(
            conversion.encode_item(target.resource, target.version, record)
            for record in records
        )
        body = b'%b,"items":[%b]}' % (head[:-1], items)
        return _finish(target.request, body, form, 200)
    bodies = (
        conversion.read(target.resource, target.version, record) for record in records
    )
    if form.shape == "Table":
        shaped = _table(target, bodies, metadata, form)
    elif form.shape == "PartialObjectMetadataList":
        shaped = {
            "kind": form.shape,
            "apiVersion": _META + form.version,
            "metadata": metadata,
            "items": [partial_metadata(body, form) for body in bodies] or None,
        }
    else:
        name = _go_name(target.resource, target.resource.list_kind)
        raise _wrong_shape(form.shape, f"the requested object is a list ({name})")
    return Response(200, encode(shaped, form.media), form.media)


def _go_name(resource: Resource, kind: str) -> str:
    """Return the type that a kind has in the messages of a server written in Go."""
    if resource.custom:
        return (
            f"*unstructured.Unstructured{'List' if kind == resource.list_kind else ''}"
        )
    return f"*{(resource.group or 'core').partition('.')[0]}.{kind}"


def _wrong_shape(shape: str, found: str) -> ApiError:
    return ApiError(406, "NotAcceptable", f"you requested {shape}, but {found}")

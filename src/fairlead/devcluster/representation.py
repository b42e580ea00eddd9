"""The shapes of answers: plain objects, Tables, PartialObjectMetadata, lists of each."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fairlead.devcluster import conversion
from fairlead.devcluster.columns import cells, columns_of
from fairlead.devcluster.errors import ApiError
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.negotiation import YAML, Form, choose_form
from fairlead.devcluster.registry import Resource, Version
from fairlead.devcluster.request import Request
from fairlead.devcluster.responses import Response, encode, to_yaml
from fairlead.devcluster.storage import Record

_META = "meta.k8s.io/"


def object_response(
    request: Request,
    resource: Resource,
    version: Version,
    record: Record,
    status: int = 200,
    *,
    form: Form | None = None,
) -> Response:
    """Answer with one object in the form that the client accepts."""
    form = form or choose_form(request.header("accept"))
    warn_deprecated(request, version)
    if not form.shape:
        body = conversion.encode_full(resource, version, record)
        return _finish(request, body, form, status)
    if form.shape == "PartialObjectMetadataList":
        raise _wrong_shape(form.shape, "the requested object is not a list")
    shaped = shape_object(request, resource, version, record, form)
    return Response(status, encode(shaped, form.media), form.media)


def warn_deprecated(request: Request, version: Version) -> None:
    """Tell the client that it uses a deprecated version."""
    if version.deprecation:
        request.warn(version.deprecation)


def body_response(
    request: Request,
    resource: Resource,
    version: Version,
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
    return object_response(request, resource, version, record, status)


def _finish(request: Request, body: bytes, form: Form, status: int) -> Response:
    if form.media == YAML:
        body = to_yaml(body)
    elif request.query and request.flag("pretty"):
        body = msgspec.json.format(body, indent=2) + b"\n"
    return Response(status, body, form.media)


def shape_object(
    request: Request,
    resource: Resource,
    version: Version,
    record: Record,
    form: Form,
    *,
    headers: bool = True,
) -> JsonObject:
    """Return one object as a Table or as its metadata only."""
    body = conversion.read(resource, version, record)
    if form.shape == "Table":
        metadata = {"resourceVersion": body["metadata"].get("resourceVersion", "")}
        table = _table(request, resource, version, [body], metadata, form)
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
    request: Request,
    resource: Resource,
    version: Version,
    bodies: Iterable[JsonObject],
    metadata: JsonObject,
    form: Form,
) -> JsonObject:
    include = request.param("includeObject") or "Metadata"
    rows: list[JsonObject] = []
    for body in bodies:
        shown: JsonObject | None = None
        if include == "Object":
            shown = conversion.full(resource, version, body)
        elif include != "None":
            shown = partial_metadata(body, form)
        rows.append({"cells": cells(resource, version, body), "object": shown})
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
            for column in columns_of(resource, version)
        ],
        "rows": rows,
    }


def records_response(
    request: Request,
    resource: Resource,
    version: Version,
    records: list[Record],
    metadata: JsonObject,
    form: Form,
) -> Response:
    """Answer with a list in the form that the client accepts."""
    warn_deprecated(request, version)
    if not form.shape:
        head = msgspec.json.encode(
            {
                "kind": resource.list_kind,
                "apiVersion": resource.api_version(version.name),
                "metadata": metadata,
            }
        )
        items = b",".join(
            conversion.encode_item(resource, version, record) for record in records
        )
        body = b'%b,"items":[%b]}' % (head[:-1], items)
        return _finish(request, body, form, 200)
    bodies = (conversion.read(resource, version, record) for record in records)
    if form.shape == "Table":
        shaped = _table(request, resource, version, bodies, metadata, form)
    elif form.shape == "PartialObjectMetadataList":
        shaped = {
            "kind": form.shape,
            "apiVersion": _META + form.version,
            "metadata": metadata,
            "items": [partial_metadata(body, form) for body in bodies],
        }
    else:
        raise _wrong_shape(
            form.shape, f"the requested object is a list ({resource.list_kind})"
        )
    return Response(200, encode(shaped, form.media), form.media)


def _wrong_shape(shape: str, found: str) -> ApiError:
    return ApiError(406, "NotAcceptable", f"you requested {shape}, but {found}")

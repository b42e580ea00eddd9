"""Stored bytes become the objects that clients see, and back."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from fairlead.devcluster.events_conversion import to_core, to_events_v1
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.registry import Resource, Version
from fairlead.devcluster.schema import apply_defaults, prune
from fairlead.devcluster.storage import Record

EVENTS_GROUP = "events.k8s.io"


@lru_cache(maxsize=1024)
def _prefix(kind: str, api_version: str) -> bytes:
    return f'{{"kind":"{kind}","apiVersion":"{api_version}",'.encode()


def is_direct(resource: Resource, record: Record) -> bool:
    """Whether the stored bytes are what clients see, but for kind and apiVersion."""
    return record.revision > resource.stale_before and resource.group != EVENTS_GROUP


def read(resource: Resource, version: Version, record: Record) -> JsonObject:
    """Return an object as the API shows it, without kind and apiVersion."""
    body = record.decode()
    if resource.group == EVENTS_GROUP:
        return to_events_v1(body)
    if record.revision <= resource.stale_before:
        for _ in prune(body, version.schema):
            pass
        apply_defaults(body, version.schema)
    return body


def stored_form(resource: Resource, body: JsonObject) -> JsonObject:
    """Return an object as it is stored."""
    return to_core(body) if resource.group == EVENTS_GROUP else body


def full(resource: Resource, version: Version, body: JsonObject) -> JsonObject:
    """Return an object with its kind and apiVersion."""
    api_version = resource.api_version(version.name)
    return {"kind": resource.kind, "apiVersion": api_version, **body}


def encode_full(resource: Resource, version: Version, record: Record) -> bytes:
    """Return an object's JSON with its kind and apiVersion."""
    raw = record.raw
    if not is_direct(resource, record):
        raw = msgspec.json.encode(read(resource, version, record))
    return _prefix(resource.kind, resource.api_version(version.name)) + raw[1:]


def encode_item(resource: Resource, version: Version, record: Record) -> bytes:
    """Return an object's JSON as an item of a list."""
    if resource.custom:
        return encode_full(resource, version, record)
    if is_direct(resource, record):
        return record.raw
    return msgspec.json.encode(read(resource, version, record))

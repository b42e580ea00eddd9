"""Which objects of a collection a request is about."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from fairlead.devcluster.conversion import EVENTS_GROUP
from fairlead.devcluster.errors import bad_request
from fairlead.devcluster.events_conversion import core_field
from fairlead.devcluster.jsontypes import NO_FIELDS, JsonObject, JsonValue, is_object
from fairlead.devcluster.registry import Resource, Version
from fairlead.devcluster.request import Request
from fairlead.devcluster.selectors import (
    FieldRequirement,
    LabelSelector,
    match_fields,
    parse_fields,
    parse_labels,
)

_ALWAYS = ("metadata.name", "metadata.namespace")


class _Labels(msgspec.Struct):
    labels: dict[str, str] = {}


class _Labelled(msgspec.Struct):
    metadata: _Labels


_LABELS = msgspec.json.Decoder(_Labelled)


@dataclass(frozen=True, slots=True)
class Selection:
    """Namespace, label and field conditions."""

    resource: Resource
    namespace: str | None
    labels: LabelSelector = ()
    fields: tuple[FieldRequirement, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether there are no conditions but the namespace."""
        return not self.labels and not self.fields

    def matches(self, namespace: str, name: str, raw: bytes) -> bool:
        """Tell whether a stored object is selected."""
        if self.namespace is not None and namespace != self.namespace:
            return False
        if self.labels:
            labels = _LABELS.decode(raw).metadata.labels
            if not all(item.matches(labels) for item in self.labels):
                return False
        return not self.fields or self._fields_match(namespace, name, raw)

    def _fields_match(self, namespace: str, name: str, raw: bytes) -> bool:
        decoded: JsonObject | None = None

        def value(path: str) -> str:
            nonlocal decoded
            if path == "metadata.name":
                return name
            if path == "metadata.namespace":
                return namespace
            if decoded is None:
                decoded = msgspec.json.decode(raw)
            return self._read(decoded or NO_FIELDS, path)

        return match_fields(self.fields, value)

    def _read(self, body: JsonObject, path: str) -> str:
        stored = core_field(path) if self.resource.group == EVENTS_GROUP else path
        if stored == "source" and self.resource.storage_key == "events":
            stored = "source.component"
        found = as_text(read_path(body, stored.split(".")))
        return found or self.resource.field_paths.get(path, "")


def read_path(body: JsonValue, parts: list[str]) -> JsonValue:
    """Return the value at a dotted path, or None."""
    for part in parts:
        if not is_object(body):
            return None
        body = body.get(part)
    return body


def as_text(value: JsonValue) -> str:
    """Return a scalar as field selectors compare it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def select(request: Request, resource: Resource, version: Version) -> Selection:
    """Build the selection of a list, watch or deletecollection request."""
    labels = parse_labels(request.param("labelSelector"))
    fields = parse_fields(request.param("fieldSelector"))
    for item in fields:
        _check_field(item.path, resource, version)
    namespace = request.namespace if resource.namespaced and request.namespace else None
    return Selection(resource, namespace, labels, fields)


def _check_field(path: str, resource: Resource, version: Version) -> None:
    if path in _ALWAYS or path in resource.field_paths or path in version.selectable:
        return
    if resource.custom or resource.scheme_fields:
        raise bad_request(f"field label not supported: {path}")
    raise bad_request(
        f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )

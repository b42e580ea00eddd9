"""managedFields: who owns which field, kept on every write."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.devcluster import fieldsets as sets
from fairlead.devcluster.fieldsets import FieldSet
from fairlead.devcluster.jsontypes import JsonArray, JsonObject
from fairlead.devcluster.schema import Schema

_SERVER_METADATA = {
    "name", "namespace", "uid", "creationTimestamp", "resourceVersion", "generation",
    "selfLink", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, in the terms of a managedFields entry."""

    manager: str
    operation: str
    api_version: str
    subresource: str
    now: str

    def owns(self, entry: JsonObject) -> bool:
        """Whether an entry is this writer's own."""
        return (
            entry.get("manager") == self.manager
            and entry.get("operation") == self.operation
            and entry.get("subresource", "") == self.subresource
            and (
                self.operation == "Apply" or entry.get("apiVersion") == self.api_version
            )
        )

    def entry(self, fields: FieldSet) -> JsonObject:
        """Return a new entry for a set of fields."""
        found: JsonObject = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.now,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        }
        if self.subresource:
            found["subresource"] = self.subresource
        return found


def tracked(body: JsonObject) -> JsonObject:
    """Return the part of an object whose fields have owners."""
    found = {
        key: value for key, value in body.items() if key not in {"kind", "apiVersion"}
    }
    metadata = {
        key: value
        for key, value in body.get("metadata", {}).items()
        if key not in _SERVER_METADATA
    }
    found["metadata"] = metadata
    return found


def in_order(entries: JsonArray) -> JsonArray:
    """Return entries as they are listed: appliers first, then by time and name."""
    return sorted(
        entries,
        key=lambda entry: (
            entry.get("operation") != "Apply",
            entry.get("time") or "",
            entry.get("manager") or "",
            entry.get("apiVersion") or "",
            entry.get("subresource") or "",
        ),
    )


def track_update(
    old: JsonObject | None,
    new: JsonObject,
    schema: Schema,
    writer: Writer,
) -> None:
    """Re-own what an update changed; fields that are gone are owned by nobody."""
    metadata = new["metadata"]
    if old is not None and _is_reset(metadata.get("managedFields")):
        metadata.pop("managedFields", None)
        return
    before = tracked(old if old is not None else {"metadata": {}})
    after = tracked(new)
    gained = sets.changed(before, after, schema)
    lost = sets.removed(before, after, schema) if old is not None else {}
    entries = list(old["metadata"].get("managedFields", ())) if old is not None else []
    metadata["managedFields"] = _reassign(entries, gained, lost, writer)
    if not metadata["managedFields"]:
        del metadata["managedFields"]


def _is_reset(entries: object) -> bool:
    return entries == [{}]


def _reassign(
    entries: JsonArray, gained: FieldSet, lost: FieldSet, writer: Writer
) -> JsonArray:
    found: JsonArray = []
    is_listed = False
    for entry in entries:
        fields: FieldSet = entry.get("fieldsV1", {})
        kept = sets.difference(fields, lost, deep=True) if lost else fields
        if writer.owns(entry):
            is_listed = True
            own = sets.union(kept, gained)
            if own:
                same = not gained and kept == fields
                found.append(entry if same else writer.entry(own))
            continue
        if gained:
            kept = sets.difference(kept, gained)
        if kept:
            found.append({**entry, "fieldsV1": kept})
    if gained and not is_listed:
        found.append(writer.entry(gained))
    return in_order(found)


def without_times(body: JsonObject) -> JsonArray:
    """Return the managedFields without the moments of writing, for comparison."""
    entries = body["metadata"].get("managedFields", ())
    return [
        {key: value for key, value in entry.items() if key != "time"}
        for entry in entries
    ]

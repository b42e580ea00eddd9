"""Kubernetes objects as plain JSON: who they are, and reading them without surprises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from pydantic import JsonValue

JsonObject: TypeAlias = dict[str, JsonValue]
"""A JSON object."""


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """A kind of one API version."""

    api_version: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Which object: its kind, namespace (empty: cluster-scoped) and name."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.name} {place}{self.name}"


def child(value: JsonObject, *path: str) -> JsonObject:
    """The object at a path; empty where there is none."""
    for step in path:
        found = value.get(step)
        if not isinstance(found, dict):
            return {}
        value = found
    return value


def text(value: JsonObject, *path: str) -> str:
    """The string at a path; empty where there is none."""
    found = child(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def objects(value: JsonObject, *path: str) -> list[JsonObject]:
    """The objects in the list at a path."""
    found = child(value, *path[:-1]).get(path[-1])
    return (
        [item for item in found if isinstance(item, dict)]
        if isinstance(found, list)
        else []
    )


def strings(value: JsonObject, *path: str) -> list[str]:
    """The strings in the list at a path."""
    found = child(value, *path[:-1]).get(path[-1])
    return (
        [item for item in found if isinstance(item, str)]
        if isinstance(found, list)
        else []
    )


def json_list(values: Iterable[JsonValue]) -> list[JsonValue]:
    """A list as JSON knows it: lists are invariant, so a narrower one is copied."""
    return list(values)


def kind_of(value: JsonObject) -> Kind:
    """The kind that an object says it is of."""
    return Kind(text(value, "apiVersion"), text(value, "kind"))


def ref_of(value: JsonObject) -> Ref:
    """The object's own reference."""
    return Ref(
        kind_of(value),
        text(value, "metadata", "namespace"),
        text(value, "metadata", "name"),
    )


def label(value: JsonObject, name: str) -> str:
    """A label's value; empty where there is none."""
    return text(value, "metadata", "labels", name)


def owner_reference(owner: JsonObject) -> JsonObject:
    """The reference by which a dependant names its owner."""
    return {
        "apiVersion": text(owner, "apiVersion"),
        "kind": text(owner, "kind"),
        "name": text(owner, "metadata", "name"),
        "uid": text(owner, "metadata", "uid"),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def timestamp(moment: datetime) -> str:
    """A moment as Kubernetes writes it: RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def find_moment(written: str) -> datetime | None:
    """The moment that a timestamp tells; None for an empty or broken one."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

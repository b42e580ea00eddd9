"""Parts of Kubernetes objects that every kind shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from fairlead.drafts import Creator, DraftInputs, Editor

__all__ = ["DraftMeta", "KubeModel", "ObjectMeta", "OwnerReference"]


def is_absent(value: object) -> bool:
    """Is it a field that is left out on the wire? The API server never writes `null`."""
    return value is None


class KubeModel(BaseModel):
    """Part of a Kubernetes object: camelCase on the wire, unknown fields kept.

    Fields with a default may be absent in what a cluster sends: they are optional on the
    wire in both directions, and left out when they are None.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        ignored_types=(Creator, Editor),
    )
    always_present: ClassVar[frozenset[str]] = frozenset()
    """Fields with a default in Python that an API server always fills."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # Inputs that inherit fields of objects: there None says something.
        is_object = not issubclass(cls, DraftInputs)
        for name, info in cls.__pydantic_fields__.items():
            if not info.is_required() and name not in cls.always_present:
                info.exclude_if = is_absent if is_object else None
        return handler(source)


class OwnerReference(KubeModel):
    """The object that this one is deleted with."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(KubeModel):
    """Metadata of an object. What the cluster fills is empty until it has."""

    always_present: ClassVar[frozenset[str]] = frozenset(
        {"name", "uid", "resource_version"}
    )

    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""
    generate_name: str | None = None
    generation: int | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: list[str] | None = None
    owner_references: list[OwnerReference] | None = None


class DraftMeta(BaseModel):
    """Metadata that a client may write; the rest is the cluster's."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid"
    )

    name: str | None = None
    generate_name: str | None = None
    namespace: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: list[str] | None = None
    owner_references: list[OwnerReference] | None = None

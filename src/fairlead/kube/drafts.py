"""Drafts: objects as clients write them before the cluster has made them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, create_model
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from fairlead.kube.resource import OwnerReference, Resource

__all__ = ["AsDraft", "DraftMeta", "get_draft_model"]


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


@cache
def get_draft_model(resource: type[Resource]) -> type[BaseModel]:
    """A resource without what only the cluster writes: status, uid, versions, times."""
    fields: dict[str, Any] = {
        name: (info.annotation, info)
        for name, info in resource.model_fields.items()
        if name not in ("metadata", "status")
    }
    make: Any = create_model  # its overloads cannot take fields made at run time
    model: type[BaseModel] = make(
        f"{resource.__name__}Draft",
        __config__=ConfigDict(
            alias_generator=to_camel, populate_by_name=True, extra="allow"
        ),
        __doc__=f"A {resource.__name__} to be created.",
        __module__=resource.__module__,
        **{
            "api_version": fields.pop("api_version"),
            "kind": fields.pop("kind"),
            "metadata": (DraftMeta, ...),
        },
        **fields,
    )
    return model


class AsDraft:
    """Marks an input that clients send as a draft and procedures get as the resource.

    In process, the resource itself may be passed.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        resource: type[Resource] = source

        def read(value: object, read_draft: Callable[[object], BaseModel]) -> Resource:
            if isinstance(value, resource):
                return value
            draft = read_draft(value)
            return resource.model_validate(
                draft.model_dump(by_alias=True, exclude_none=True)
            )

        draft_schema = handler.generate_schema(get_draft_model(resource))
        return core_schema.no_info_wrap_validator_function(read, draft_schema)

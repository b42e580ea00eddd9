"""Answers of a list, as clients see them."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fairlead.errors import ErrorCode
from fairlead.kube.resource import Resource

__all__ = ["ListMeta", "MissingObjects", "ResourceList"]

R = TypeVar("R", bound=Resource)


class MissingObjects(BaseModel):
    """What a list of several namespaces lacks.

    Attributes:
        namespace: the one that lacks its objects, or those of pages to come; None: all that may
            not be seen.
        code: what kind of failure that is.
        message: why, in words a person can act on.
    """

    namespace: str | None
    code: ErrorCode
    message: str


class ListMeta(BaseModel):
    """Where a list is.

    Attributes:
        resource_version: the version all its objects are at; a watch goes on from it.
        continue_: asks for the next page; None on the last one.
        remaining_item_count: objects after this page, when the cluster says.
        missing: what is not in it, and why, where it is merged of several namespaces.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    resource_version: str
    continue_: str | None = Field(alias="continue")
    remaining_item_count: int | None
    missing: list[MissingObjects] = Field(default_factory=list[MissingObjects])


class ResourceList(BaseModel, Generic[R]):
    """Objects of one kind, or a page of them."""

    items: list[R]
    metadata: ListMeta

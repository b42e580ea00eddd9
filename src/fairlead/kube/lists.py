"""Answers of a list, as clients see them."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fairlead.kube.resource import Resource

__all__ = ["ListMeta", "ResourceList"]

R = TypeVar("R", bound=Resource)


class ListMeta(BaseModel):
    """Where a list is.

    Attributes:
        resource_version: the version all its objects are at; a watch goes on from it.
        continue_: asks for the next page; None on the last one.
        remaining_item_count: objects after this page, when the cluster says.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    resource_version: str
    continue_: str | None = Field(alias="continue")
    remaining_item_count: int | None


class ResourceList(BaseModel, Generic[R]):
    """Objects of one kind, or a page of them."""

    items: list[R]
    metadata: ListMeta

"""The models of objects before the cluster has made them."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.alias_generators import to_camel

from fairlead.kube.models import DraftMeta

__all__ = ["get_draft_model"]


@cache
def get_draft_model(resource: type[BaseModel]) -> type[BaseModel]:
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

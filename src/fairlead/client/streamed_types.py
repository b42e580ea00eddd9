"""Which result types have parts that come later."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from typing_extensions import is_typeddict

from fairlead.streaming import Deferred, Stream

__all__ = ["has_streamed_parts"]


def has_streamed_parts(type_: Any) -> bool:
    """Is there a `Deferred` or a `Stream` in this type expression?"""
    return _search(type_, set())


def _search(type_: Any, seen: set[Any]) -> bool:
    origin: Any = get_origin(type_) or type_
    if origin in (Deferred, Stream):
        return True
    if any(_search(argument, seen) for argument in get_args(type_)):
        return True
    if not isinstance(origin, type) or origin in seen:
        return False
    seen.add(origin)
    return any(_search(field, seen) for field in _get_field_types(origin))


def _get_field_types(cls: type[Any]) -> list[Any]:
    if issubclass(cls, BaseModel):
        return [info.annotation for info in cls.model_fields.values()]
    if is_typeddict(cls) or dataclasses.is_dataclass(cls):
        try:
            return list(get_type_hints(cls, include_extras=True).values())
        except NameError:  # made inside a function: as declared, unresolved
            return []
    return []

"""`msgspec.Struct` classes as schemas beside Pydantic models.

Pydantic does not know them, so each is described to it by a model with the same fields: that is
what generated types come from, and what validates a struct that stands among Pydantic's types.
Types that msgspec can handle alone are read, checked and written by msgspec, many times faster.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import types
import uuid
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import FieldInfo, fields
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from fairlead._missing import MISSING
from fairlead.errors import DefinitionError

__all__ = ["describe_structs", "get_struct_fields", "is_native"]

_SCALARS = frozenset(
    {str, int, float, bool, types.NoneType, UnsetType, uuid.UUID, decimal.Decimal}
    | {datetime.datetime, datetime.date, datetime.time}
)
_CONTAINERS = frozenset(
    {list, dict, tuple, set, frozenset, Sequence, Mapping, AbstractSet}
)
_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")
_TEXTS = ("title", "description", "examples")


def _is_struct(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, Struct)


def is_native(type_: Any) -> bool:
    """Does it hold structs, and nothing that msgspec would handle otherwise than Pydantic?"""
    met: set[Any] = set()
    return _is_simple(type_, met) and bool(met)


def _is_simple(type_: Any, met: set[Any]) -> bool:
    origin = get_origin(type_)
    if _is_struct(origin or type_):
        if type_ in met:
            return True
        met.add(type_)
        # Clients are promised every field of a result, also one that has its default.
        omits = (origin or type_).__struct_config__.omit_defaults
        return not omits and all(_is_simple(field.type, met) for field in fields(type_))
    if origin is Literal:
        return True
    if origin is Annotated:
        inner, *more = get_args(type_)
        return all(isinstance(each, Meta) for each in more) and _is_simple(inner, met)
    if origin in _CONTAINERS or origin in (Union, types.UnionType):
        inside = (each for each in get_args(type_) if each is not Ellipsis)
        return all(_is_simple(each, met) for each in inside)
    return type_ in _SCALARS or _is_plain_enum(type_)


def _is_plain_enum(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, (enum.StrEnum, enum.IntEnum))


def get_struct_fields(value: Struct) -> dict[str, object]:
    """The fields of a struct by their names on the wire, those unset left out."""
    config = value.__struct_config__
    found: dict[str, object] = {}
    if config.tag_field is not None:
        found[config.tag_field] = config.tag
    for name, wire in zip(
        value.__struct_fields__, value.__struct_encode_fields__, strict=True
    ):
        item: object = getattr(value, name)
        if item is not UNSET:
            found[wire] = item
    return found


def describe_structs(type_: Any) -> Any:
    """A type expression that Pydantic understands, whatever structs it holds.

    Raises:
        DefinitionError: a struct is no JSON object.
    """
    origin, inside = get_origin(type_), get_args(type_)
    if _is_struct(origin or type_):
        return Annotated[type_, _StructSchema()]
    if origin is Annotated:
        bounds = [
            _make_field_info(each) if isinstance(each, Meta) else each
            for each in type_.__metadata__
        ]
        return Annotated[(describe_structs(inside[0]), *bounds)]
    if not inside or origin is Literal:
        return MISSING if type_ is UnsetType else type_
    described: tuple[Any, ...] = tuple(describe_structs(each) for each in inside)
    if all(new is old for new, old in zip(described, inside, strict=True)):
        return type_
    if origin in (Union, types.UnionType):
        return Union[described]  # noqa: UP007  made at run time
    copy_with = getattr(type_, "copy_with", None)
    return copy_with(described) if copy_with else origin[described]


def _make_field_info(meta: Meta) -> Any:
    facts = {name: getattr(meta, name) for name in (*_BOUNDS, *_TEXTS)}
    return Field(**{name: fact for name, fact in facts.items() if fact is not None})


_MODELS: dict[Any, type[BaseModel]] = {}


def _get_model(struct: Any) -> type[BaseModel]:
    """The model with the fields of a struct; built when first used, since structs may recur."""
    model = _MODELS.get(struct)
    if model is None:
        model = _MODELS[struct] = _make_model(struct)
    return model


def _make_model(struct: Any) -> type[BaseModel]:
    cls: Any = get_origin(struct) or struct
    config = cls.__struct_config__
    if config.array_like:
        raise DefinitionError(
            f"{cls.__qualname__} is array_like: clients need names, so leave it out"
        )
    made: dict[str, Any] = {}
    if config.tag_field is not None:
        tag: Any = Literal[config.tag]
        made["tag_"] = (tag, Field(alias=config.tag_field))
    for field in fields(struct):
        made[f"f_{field.name}"] = (describe_structs(field.type), _make_default(field))
    settings = ConfigDict(
        defer_build=True,
        title=cls.__name__,
        extra="forbid" if config.forbid_unknown_fields else "ignore",
        validate_default=False,
    )
    make = cast("Callable[..., type[BaseModel]]", create_model)
    model = make(
        cls.__name__,
        __config__=settings,
        __module__=cls.__module__,
        __doc__=cls.__doc__,
        **made,
    )
    model.__qualname__ = cls.__qualname__
    return model


def _make_default(field: FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return Field(alias=field.encode_name, default_factory=field.default_factory)
    if field.default is msgspec.NODEFAULT:
        return Field(alias=field.encode_name)
    default = MISSING if field.default is UNSET else field.default
    return Field(alias=field.encode_name, default=default)


class _StructSchema:
    """Annotates a struct: how Pydantic validates, writes and describes it."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        del self
        cls: Any = get_origin(source) or source
        model = _get_model(source)
        names: Sequence[str] = cls.__struct_fields__

        def validate(
            value: object, handler: core_schema.ValidatorFunctionWrapHandler
        ) -> object:
            if isinstance(value, cls):
                return value
            found = cast("Mapping[str, object]", vars(handler(value)))
            given = {name: found[f"f_{name}"] for name in names}
            return cls(
                **{
                    name: UNSET if item is MISSING else item
                    for name, item in given.items()
                }
            )

        def serialize(value: Any) -> BaseModel:
            given = {f"f_{name}": getattr(value, name) for name in names}
            made: dict[str, Any] = {
                name: MISSING if item is UNSET else item for name, item in given.items()
            }
            if cls.__struct_config__.tag_field is not None:
                made["tag_"] = cls.__struct_config__.tag
            return model.model_construct(**made)

        inner = handler.generate_schema(model)
        return core_schema.no_info_wrap_validator_function(
            validate,
            inner,
            serialization=core_schema.plain_serializer_function_ser_schema(
                serialize, return_schema=inner
            ),
        )

"""Pydantic's core schemas of one router's types, each made once and put together by hand.

An application has many procedures but few types of parameters. Pydantic takes half a millisecond
for the schema of two parameters; a field's schema does not depend on the other fields, so that of
each type is made once, by Pydantic itself, and copied under the names of all who use it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from types import EllipsisType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

from pydantic import Field, PydanticUndefinedAnnotation, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from fairlead.errors import DefinitionError
from fairlead.structs import describe_structs

__all__ = ["Parameter", "TypeSchemas", "make_typed_dict"]

_Node = dict[str, Any]
_LEAVES = frozenset({"cls", "default", "expected", "function", "members", "metadata"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of an input.

    Attributes:
        wire: its name in JSON.
        type_: its annotation, resolved.
    """

    name: str
    wire: str
    type_: Any
    required: bool


@dataclass(frozen=True, slots=True)
class _FieldSchema:
    """What a type is as the field of a typed dictionary.

    Attributes:
        type_: kept alive, as long as it is known by the identity of its parts.
        definitions: schemas that it refers to.
        references: the names of all schemas in it that have one.
    """

    type_: Any
    node: _Node
    definitions: tuple[_Node, ...]
    references: frozenset[str]


class TypeSchemas:
    """What is known of the types of one router already."""

    def __init__(self) -> None:
        self._adapters: dict[Hashable, tuple[Any, TypeAdapter[Any]]] = {}
        self._fields: dict[Hashable, _FieldSchema | None] = {}

    def adapt(self, type_: Any, where: str) -> TypeAdapter[Any]:
        """What validates and writes a type.

        Raises:
            DefinitionError: Pydantic cannot handle it; `where` says who has it.
        """
        key = _make_key(type_)
        if key is None:
            return _make_adapter(describe_structs(type_), where)
        known = self._adapters.get(key)
        if known is None:
            adapter = _make_adapter(describe_structs(type_), where)
            known = self._adapters[key] = type_, adapter
        return known[1]

    def join(
        self, name: str, parameters: tuple[Parameter, ...], where: str
    ) -> CoreSchema:
        """The core schema of an object with these fields, as Pydantic makes it of a TypedDict;
        without the class, if it could be put together by hand.

        Raises:
            DefinitionError: Pydantic cannot handle a type; `where` says who has it.
        """
        known = [self._get_field(each.type_, where) for each in parameters]
        found = [each for each in known if each is not None]
        references = [name for each in found for name in each.references]
        if len(found) < len(known) or len(set(references)) < len(references):
            return _make_adapter(make_typed_dict(name, parameters), where).core_schema
        fields = {
            each.name: {
                **field.node,
                "required": each.required,
                "validation_alias": each.wire,
                "serialization_alias": each.wire,
            }
            for each, field in zip(parameters, found, strict=True)
        }
        whole: _Node = {
            "type": "typed-dict",
            "cls_name": name,
            "fields": fields,
            "computed_fields": [],
            "extra_behavior": "ignore",
            "config": {"title": name},
        }
        definitions = [node for each in found for node in each.definitions]
        if definitions:
            whole = {"type": "definitions", "schema": whole, "definitions": definitions}
        return cast("CoreSchema", whole)

    def _get_field(self, type_: Any, where: str) -> _FieldSchema | None:
        key = _make_key(type_)
        if key is None:
            return None
        if key not in self._fields:
            self._fields[key] = _make_field(type_, where)
        return self._fields[key]


def make_typed_dict(name: str, parameters: tuple[Parameter, ...]) -> Any:
    """The type of an object with these fields."""
    make: Any = TypedDict  # the functional form with fields made at run time
    return make(name, {each.name: _annotate(each) for each in parameters})


def _annotate(parameter: Parameter) -> Any:
    info: Any = Field(alias=parameter.wire)
    annotated: Any = Annotated[describe_structs(parameter.type_), info]
    return annotated if parameter.required else NotRequired[annotated]


def _make_adapter(type_: Any, where: str) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(type_)
    except (
        PydanticSchemaGenerationError,
        PydanticUndefinedAnnotation,
        PydanticUserError,
    ) as error:
        raise DefinitionError(
            f"{where} has a type that Pydantic cannot handle: {error}"
        ) from error


def _make_field(type_: Any, where: str) -> _FieldSchema | None:
    """None where the schema may depend on the field's name."""
    alone = make_typed_dict("Field", (Parameter("field", "field", type_, True),))
    schema = cast("_Node", _make_adapter(alone, where).core_schema)
    definitions: tuple[_Node, ...] = ()
    if schema["type"] == "definitions":
        definitions = tuple(schema["definitions"])
        schema = schema["schema"]
    if schema["type"] != "typed-dict":
        return None
    node: _Node = schema["fields"]["field"]
    nodes = [each for part in (node, *definitions) for each in _walk(part)]
    if any("field_name" in each for each in nodes):
        return None
    references = (each["ref"] for each in nodes if isinstance(each.get("ref"), str))
    return _FieldSchema(type_, node, definitions, frozenset(references))


def _walk(value: object) -> Iterator[_Node]:
    """All nodes of a schema."""
    if isinstance(value, dict):
        node = cast("_Node", value)
        yield node
        for name, part in node.items():
            if name not in _LEAVES:
                yield from _walk(part)
    elif isinstance(value, (list, tuple)):
        for part in cast("list[object]", value):
            yield from _walk(part)


def _make_key(type_: Any) -> Hashable | None:
    """What tells types apart: their own equality takes `int | str` for `str | int`.

    None for those that are not remembered.
    """
    inside: tuple[Any, ...] = get_args(type_)
    if not inside:
        known = type_ is None or isinstance(type_, (type, TypeVar, EllipsisType))
        return (type_,) if known else None
    origin = get_origin(type_)
    if origin is Literal:
        return ("Literal", *map(type, inside), *inside)
    if origin is Annotated:
        key = _make_key(inside[0])
        # Not all of it can be hashed. Who remembers the type keeps it alive.
        return None if key is None else (origin, key, *map(id, inside[1:]))
    keys = [_make_key(each) for each in inside]
    return None if None in keys else (origin, *keys)

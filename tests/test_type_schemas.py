"""Inputs put together by hand are what Pydantic makes of a TypedDict with the same fields."""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    JsonValue,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import SchemaSerializer, SchemaValidator

from fairlead.errors import DefinitionError
from fairlead.type_schemas import Parameter, TypeSchemas, make_typed_dict

PARAMETERS = 4


class Color(enum.StrEnum):
    RED = "red"


class Leaf(BaseModel):
    size: int = Field(alias="leafSize", ge=0)


class Tree(BaseModel):
    leaf: Leaf
    below: list[Tree] = []


class Two(BaseModel):
    first: Leaf
    second: Leaf | None = None


class Point(msgspec.Struct):
    x: int
    y: float = 0.5


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def name_of(value: str, info: ValidationInfo) -> str:
    return f"{info.field_name}={value}"


TYPES: tuple[Any, ...] = (
    int, str, bool, None, float, Decimal, UUID, datetime.datetime, JsonValue, Color,
    int | None, int | str, str | int, Literal[1], Literal[True], Literal["a", "b"],
    list[int], dict[str, Leaf], Sequence[str], tuple[int, ...], Leaf, Tree, Two, Leaf | None,
    list[Tree], Point, list[Point],
    Annotated[str, Field(max_length=3, description="A name.")],
    Annotated[str, Field(max_length=2)],
    Annotated[str, AfterValidator(name_of)],
    Annotated[int, PlainSerializer(str, return_type=str)],
    Annotated[Cat | Dog, Discriminator("kind")],
    Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)],
)  # fmt: skip

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["a", "red", "abcd", "2", "2024-01-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["leafSize", "leaf", "below", "x", "kind", "first"]), inner
        )
    ),
    max_leaves=5,
)

SHARED = TypeSchemas()


@st.composite
def draw_parameters(draw: st.DrawFn) -> tuple[Parameter, ...]:
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=PARAMETERS))
    return tuple(
        Parameter(f"field_{n}", f"field{n}", type_, draw(st.booleans()))
        for n, type_ in enumerate(types)
    )


def read(validator: SchemaValidator, raw: str) -> object:
    try:
        return validator.validate_json(raw, strict=True)
    except ValidationError as error:
        return error.title, error.errors(include_url=False)


@given(draw_parameters(), st.data())
def test_inputs_are_read_and_written_as_by_pydantic(
    parameters: tuple[Parameter, ...], data: st.DataObject
) -> None:
    usual: TypeAdapter[Any] = TypeAdapter(make_typed_dict("Thing", parameters))
    schema = SHARED.join("Thing", parameters, "a test")
    validator = SchemaValidator(schema)
    for _ in range(3):
        value = {
            each.wire: data.draw(VALUES) for each in parameters if data.draw(st.booleans())
        }  # fmt: skip
        raw = json.dumps(value)
        found = read(validator, raw)
        assert found == read(usual.validator, raw)  # type: ignore[arg-type]
        if isinstance(found, dict):
            written = SchemaSerializer(schema).to_json(found, by_alias=True)
            assert written == usual.dump_json(found, by_alias=True)


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_the_schema_of_each_type_is_that_of_pydantic(type_: Any) -> None:
    parameters = (
        Parameter("own", "own", type_, True),
        Parameter("other", "otherOne", int, False),
    )
    usual: Any = TypeAdapter(make_typed_dict("Thing", parameters)).core_schema
    found: Any = SHARED.join("Thing", parameters, "a test")
    assert simplify(found) == simplify(usual)


def simplify(node: Any) -> Any:
    """Without what is made anew each time: the class, its name, functions."""
    if isinstance(node, dict):
        fields = cast("dict[str, Any]", node)
        named = str(fields.get("ref", "")).startswith("fairlead.type_schemas")
        return {
            name: simplify(part)
            for name, part in fields.items()
            if name not in ("cls", "cls_name") and not (named and name == "ref")
        }
    if isinstance(node, (list, tuple)):
        return [simplify(part) for part in cast("list[Any]", node)]
    return getattr(node, "__qualname__", node)


def test_a_type_that_pydantic_cannot_handle_is_refused_by_its_owner() -> None:
    class Odd:
        pass

    with pytest.raises(DefinitionError, match=r"the input of App\.get has a type that"):
        SHARED.join("X", (Parameter("a", "a", Odd, True),), "the input of App.get")

"""Lists of plain models are written as Pydantic writes them; whatever is not plain, by Pydantic."""

from __future__ import annotations

import json
from datetime import date
from functools import cached_property
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    computed_field,
    field_serializer,
)

from fairlead.dumping import make_encode
from fairlead.schema import OutputSchema


class Port(BaseModel):
    port: int
    proto: Literal["tcp", "udp"] = "tcp"


class Plain(BaseModel):
    id: int = Field(ge=0)
    name: str = ""
    load: float = 0.0
    on: bool = False
    note: str | None = None
    labels: dict[str, str] = {}
    ports: list[Port] = []


def dump(type_: Any, value: object) -> bytes | None:
    adapter: TypeAdapter[Any] = TypeAdapter(type_)
    encode = make_encode(adapter.core_schema)
    return None if encode is None else encode(value) or b"by Pydantic"


PORTS = st.builds(Port, port=st.integers(), proto=st.sampled_from(["tcp", "udp"]))
PLAIN = st.builds(
    Plain,
    id=st.integers(min_value=0),
    name=st.text(),
    load=st.floats(),
    on=st.booleans(),
    note=st.none() | st.text(),
    labels=st.dictionaries(st.text(max_size=3), st.text(), max_size=3),
    ports=st.lists(PORTS, max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PLAIN, max_size=4))
def test_plain_models_are_written_as_by_pydantic(items: list[Plain]) -> None:
    schema = OutputSchema(list[Plain], owner="test")
    written = schema.to_json(schema.check(items))
    assert written is not None
    expected = TypeAdapter(list[Plain]).dump_json(items, by_alias=True)
    assert json.loads(written) == json.loads(expected)


def test_lists_of_plain_models_take_the_fast_way() -> None:
    assert dump(list[Plain], [Port(port=1)]) == b'[{"port":1,"proto":"tcp"}]'
    assert dump(dict[str, Port], {"a": Port(port=1)}) is not None
    assert dump(Plain, Plain(id=1)) is not None  # it holds a list of models
    assert dump(Port, Port(port=1)) is None  # nothing to gain


class Aliased(BaseModel):
    some_name: int = Field(alias="someName")


class Hidden(BaseModel):
    name: str
    secret: str = Field(default="s", exclude=True)


class Dated(BaseModel):
    day: date


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Serialized(BaseModel):
    name: str

    @field_serializer("name")
    def shout(self, name: str) -> str:
        return name.upper()


class Computed(BaseModel):
    name: str

    @computed_field
    def size(self) -> int:
        return len(self.name)


class Cached(BaseModel):
    name: str

    @cached_property
    def size(self) -> int:
        return len(self.name)


@pytest.mark.parametrize(
    "model", [Aliased, Hidden, Dated, Open, Serialized, Computed, Cached]
)
def test_models_that_are_not_plain_are_left_to_pydantic(model: type[BaseModel]) -> None:
    assert dump(list[model], []) is None  # type: ignore[valid-type]  # a parameter


class Tree(BaseModel):
    port: Port
    spare: Port | None = None
    below: list[Tree] = []


def test_models_may_recur() -> None:
    tree = Tree(port=Port(port=1), below=[Tree(port=Port(port=2))])
    expected = TypeAdapter(list[Tree]).dump_json([tree])
    assert dump(list[Tree], [tree]) == expected


def test_subclasses_keep_their_further_fields_to_themselves() -> None:
    class Account(BaseModel):
        name: str

    schema = OutputSchema(list[Account], owner="test")

    class Secretive(Account):
        password: str

    written = schema.to_json(schema.check([Secretive(name="a", password="p")]))
    assert written == b'[{"name":"a"}]'


def test_values_that_are_not_what_their_type_says_are_left_to_pydantic() -> None:
    class Config:
        def __init__(self) -> None:
            self.token = "secret"

    made = Port.model_construct(port=Config())
    assert dump(list[Port], [made]) == b"by Pydantic"

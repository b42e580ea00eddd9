"""What cannot be generated is refused, naming the place and the cure, and nothing is written."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from fairlead.access import public
from fairlead.codegen import GenerationError, generate
from fairlead.context import Context
from fairlead.errors import DefinitionError
from fairlead.procedure import mutation, query
from fairlead.router import Router


class PlainEnum(enum.Enum):
    A = "a"


class TupleEnum(enum.Enum):
    A = (1, 2)


def write(value: object):  # type: ignore[no-untyped-def]
    return str(value)


class Holder(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)


class HasAny(Holder):
    inner: dict[str, Any]


class HasObject(Holder):
    thing: object


class HasBareList(Holder):
    things: list  # type: ignore[type-arg]


class HasLock(Holder):
    lock: threading.Event


class HasPlainLiteral(Holder):
    phase: Literal[PlainEnum.A]


class HasTupleEnum(Holder):
    pair: TupleEnum


class HasIterable(Holder):
    lines: Iterable[str]


class HasTupleKeys(Holder):
    cells: dict[tuple[int, int], str]


class HasConstructor(Holder):
    constructor: str


class HasCallable(Holder):
    hook: Callable[[], None]


class HasBareSerializer(Holder):
    price: Annotated[Decimal, PlainSerializer(write)]


class HasTwins(Holder):
    a: int = Field(alias="b")
    b: int


INPUTS: dict[str, tuple[type[BaseModel], str]] = {
    "Any": (HasAny, r"HasAny\.inner\{\}: `Any` .* `JsonValue`"),
    "object": (HasObject, r"HasObject\.thing: `Any`"),
    "bare list": (HasBareList, r"HasBareList\.things\[\]: `Any`"),
    "a class without JSON": (HasLock, r"HasLock\.lock: `threading\.Event` has no JSON"),
    "plain enum literal": (HasPlainLiteral, r"HasPlainLiteral\.phase: .*`StrEnum`"),
    "tuple enum": (HasTupleEnum, r"TupleEnum: an enum whose values are tuples"),
    "iterable": (HasIterable, r"HasIterable\.lines: an `Iterable` never"),
    "tuple keys": (HasTupleKeys, r"HasTupleKeys\.cells: .*keys must be strings"),
    "prototype name": (
        HasConstructor,
        r"HasConstructor\.constructor: every JavaScript",
    ),
    "callable": (HasCallable, r"save \(input\): .*Callable.*Pydantic model"),
    "twin names": (HasTwins, r"HasTwins\.b: two fields are called 'b' on the wire"),
}


def make_app(model: type[BaseModel]) -> type[Router[Context]]:
    class App(Router[Context]):
        @mutation(access=public)
        async def save(self, value: model, /) -> None:  # type: ignore[valid-type]
            del value

    return App


@pytest.mark.parametrize("name", INPUTS)
def test_untranslatable_inputs_are_refused(tmp_path: Path, name: str) -> None:
    model, message = INPUTS[name]
    with pytest.raises(GenerationError, match=message):
        generate(make_app(model), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_serializer_without_annotation_is_refused(tmp_path: Path) -> None:
    class App(Router[Context]):
        @query(access=public)
        async def price(self) -> HasBareSerializer:
            raise NotImplementedError

    with pytest.raises(GenerationError, match=r"price: its serializer does not say"):
        generate(App, tmp_path)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    class Both(BaseModel):
        first: HasAny
        second: HasTupleKeys

    with pytest.raises(GenerationError, match=r"2 problem\(s\)") as told:
        generate(make_app(Both), tmp_path)
    assert [p.where for p in told.value.problems] == [
        "HasAny.inner{}",
        "HasTupleKeys.cells",
    ]


def test_failed_generation_leaves_the_package_as_it_was(tmp_path: Path) -> None:
    class Good(BaseModel):
        a: int

    generate(make_app(Good), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(GenerationError):
        generate(make_app(HasAny), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["then", "call", "apply", "createCaller", "pathKey"])
def test_reserved_names_are_refused(tmp_path: Path, name: str) -> None:
    class App(Router[Context]):
        @query(access=public, name=name)
        async def hello(self) -> str:
            return ""

    with pytest.raises(DefinitionError, match=f"'{name}' is taken by tRPC"):
        generate(App, tmp_path)


def test_names_that_meet_on_the_wire_are_refused(tmp_path: Path) -> None:
    class App(Router[Context]):
        @query(access=public)
        async def list_pods(self) -> str:
            return ""

        @query(access=public, name="listPods")
        async def other(self) -> str:
            return ""

    with pytest.raises(DefinitionError, match=r"both 'listPods' on the wire"):
        generate(App, tmp_path)


def test_something_else_than_an_application_is_refused(tmp_path: Path) -> None:
    wrong: Any = 3
    with pytest.raises(DefinitionError, match="3 is neither an application nor"):
        generate(wrong, tmp_path)

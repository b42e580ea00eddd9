"""What no client could use is refused when the application is made, or its router class before that."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field

from fairlead.access import public
from fairlead.asgi import Fairlead
from fairlead.codegen import generate
from fairlead.context import Context
from fairlead.errors import DefinitionError, TypedError
from fairlead.procedure import mutation, query, subscription
from fairlead.protocol.options import WireOptions
from fairlead.router import Router

T = TypeVar("T")


class Lock(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    held: threading.Event


class Door(BaseModel):
    lock: Lock


class Page(BaseModel, Generic[T]):
    items: list[T]


class StuckError(TypedError, code="CONFLICT"):
    """It does not move."""

    details: dict[str, Any]


def use_any_input() -> type[Router[Context]]:
    class Doors(Router[Context]):
        @mutation(access=public)
        async def open(self, options: dict[str, Any]) -> None:
            raise NotImplementedError

    return nest(Doors)


def use_deep_field() -> type[Router[Context]]:
    class Doors(Router[Context]):
        @query(access=public)
        async def list_(self) -> list[Door]:
            raise NotImplementedError

        @query(access=public)
        async def get(self) -> Door:
            raise NotImplementedError

    return nest(Doors)


def use_generic() -> type[Router[Context]]:
    class Doors(Router[Context]):
        @query(access=public)
        async def page(self) -> Page[object]:
            raise NotImplementedError

    return nest(Doors)


def use_error() -> type[Router[Context]]:
    class Doors(Router[Context]):
        @mutation(access=public, raises=(StuckError,))
        async def open(self) -> None:
            raise NotImplementedError

    return nest(Doors)


def use_event() -> type[Router[Context]]:
    class Doors(Router[Context]):
        @subscription(access=public)
        async def watch(self) -> AsyncIterator[Callable[[], int]]:
            yield int

    return nest(Doors)


def nest(doors_router: type[Router[Any]]) -> type[Router[Context]]:
    class App(Router[Context]):
        doors: doors_router  # type: ignore[valid-type]

    return App


UNTRANSLATABLE: dict[str, tuple[Callable[[], type[Router[Context]]], str]] = {
    "input": (
        use_any_input,
        r"Doors\.open > doors\.open \(input\)\.options\{\}: `Any` .* write `JsonValue`",
    ),
    "deep field": (
        use_deep_field,
        r"Doors\.get and 1 more > Lock\.held: `threading\.Event` has no JSON form; use",
    ),
    "generic": (use_generic, r"Doors\.page > Page.*\.items\[\]: `Any` has no type"),
    "error": (use_error, r"Doors\.open > StuckError\.details\{\}: `Any` has no type"),
    "event": (use_event, r"Doors\.watch > doors\.watch \(output\): .*Callable.*; use"),
}


@pytest.mark.parametrize("case", UNTRANSLATABLE)
def test_types_without_translation_are_refused_by_router_procedure_field_and_cure(
    case: str,
) -> None:
    make, message = UNTRANSLATABLE[case]
    router = make()
    with pytest.raises(DefinitionError, match=message):
        Fairlead(router)
    Fairlead(router, check_types=False)


def declare(attribute: str, name: str | None = None) -> type[Router[Context]]:
    async def body(self: object) -> int:
        return 1

    class Named(Router[Context]):
        locals()[attribute] = query(access=public, name=name)(body)

    return Named


RESERVED = ["then", "call", "apply", "_def", "createCaller", "pathKey", "pathFilter"]


@pytest.mark.parametrize("name", RESERVED)
def test_names_of_the_client_s_own_are_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match=rf"'{name}' is taken by tRPC itself"):
        Fairlead(declare("fine", name=name))
    with pytest.raises(DefinitionError, match=rf"'{name}' is taken by tRPC itself"):
        Fairlead(declare(name))


@pytest.mark.parametrize("name", ["a.b", "a-b", "a~b", "a b", "a/b", "", "1a", "__a"])
def test_names_with_separators_are_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match=r"Named\.fine: .* is no name for the"):
        Fairlead(declare("fine", name=name))


def test_the_path_separator_is_in_no_name() -> None:
    router = declare("fine", name="get_it")
    Fairlead(router)
    with pytest.raises(DefinitionError, match=r"'get_it' holds the path separator '_'"):
        Fairlead(router, wire=WireOptions(path_separator="_"))


@pytest.mark.parametrize(
    "name", ["bind", "ctx", "get_executor", "middleware", "router_path"]
)
def test_procedures_hide_no_attribute_of_routers(name: str) -> None:
    with pytest.raises(DefinitionError, match=rf"Named\.{name} would hide .*{name}_"):
        declare(name)
    Fairlead(declare(f"{name}_"))


def test_a_nested_router_hides_no_attribute_of_routers() -> None:
    class Parts(Router[Context]):
        @query(access=public)
        async def count(self) -> int:
            raise NotImplementedError

    class App(Router[Context]):
        bind: Parts  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]

    with pytest.raises(DefinitionError, match=r"App\.bind would hide an attribute"):
        Fairlead(App)


def test_a_router_and_a_procedure_of_one_name_are_refused() -> None:
    class Parts(Router[Context]):
        @query(access=public)
        async def count(self) -> int:
            raise NotImplementedError

    class App(Router[Context]):
        parts: Parts

        @query(access=public, name="parts")
        async def list_parts(self) -> int:
            raise NotImplementedError

    with pytest.raises(DefinitionError, match=r"'parts' is a procedure and a router"):
        Fairlead(App)


def test_names_that_meet_on_the_wire_are_refused() -> None:
    class App(Router[Context]):
        @query(access=public)
        async def get_it(self) -> int:
            raise NotImplementedError

        @query(access=public)
        async def getIt(self) -> int:  # noqa: N802
            raise NotImplementedError

    with pytest.raises(
        DefinitionError, match=r"App\.getIt and get_it are both 'getIt'"
    ):
        Fairlead(App)


class Ping(Router[Context]):
    pong: Pong


class Pong(Router[Context]):
    ping: Ping


def test_circles_of_routers_are_refused() -> None:
    with pytest.raises(DefinitionError, match=r"nest in a circle: Ping > Pong at"):
        Fairlead(Ping)


def test_missing_annotations_are_refused() -> None:
    class App(Router[Context]):
        @query(access=public)
        async def of(self, name) -> int:  # type: ignore[no-untyped-def]  # pyright: ignore[reportUnknownParameterType, reportMissingParameterType]
            raise NotImplementedError

    with pytest.raises(DefinitionError, match=r"'name' of App\.of has no annotation"):
        Fairlead(App)


def test_sync_methods_and_mixed_ones_are_refused() -> None:
    with pytest.raises(DefinitionError, match=r"sync.*is not `async def`.*to_thread"):

        @query(access=public)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
        def sync(self: object) -> int:
            return 1

    with pytest.raises(DefinitionError, match=r"late is a subscription, but .*`yield`"):

        @subscription(access=public)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        async def late(self: object) -> AsyncIterator[int]:
            raise NotImplementedError


class Stuck(BaseModel):
    constructor: Annotated[str, Field(min_length=1)]


def test_a_refused_application_leaves_the_generated_package_as_it_is(
    tmp_path: Path,
) -> None:
    class App(Router[Context]):
        @query(access=public)
        async def get(self) -> Stuck:
            raise NotImplementedError

    generate(declare("fine"), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(DefinitionError, match=r"App\.get > Stuck\.constructor: every"):
        generate(App, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

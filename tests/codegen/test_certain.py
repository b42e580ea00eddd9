"""What a server takes for translatable at its start is; what is not is refused there, as ever."""

from __future__ import annotations

import asyncio
import enum
from typing import Any

import pytest
from pydantic import BaseModel
from tests.codegen.test_refusals import INPUTS, make_app
from tests.codegen.test_registration import UNTRANSLATABLE
from tests.test_type_schemas import TYPES

from fairlead import Context, Fairlead, Router, compile_router, public, query
from fairlead.codegen import GenerationError
from fairlead.codegen.certain import is_certain
from fairlead.codegen.introspect import introspect
from fairlead.errors import DefinitionError


class Part(BaseModel):
    name: str
    size: int | None = None


class Color(enum.StrEnum):
    RED = "red"


class Whole(BaseModel):
    parts: list[Part]
    color: Color = Color.RED
    either: int | str | Part = 1
    by_name: dict[str, Part] = {}
    inner: Whole | None = None


class Plain(Router[Context]):
    @query(access=public)
    async def get(self, id_: int, text: str = "x") -> Whole:
        del id_
        return Whole(parts=[Part(name=text)])


def test_plain_types_are_certain_and_translated_when_somebody_asks() -> None:
    app = Fairlead(Plain)
    drift = app.runtime.drift
    assert is_certain(compile_router(Plain))
    assert drift is not None
    assert not drift.learned
    assert drift.served == introspect(compile_router(Plain)).fingerprints.whole
    assert drift.learned


async def test_they_are_translated_beside_the_life_of_the_application() -> None:
    app = Fairlead(Plain)
    drift = app.runtime.drift
    assert drift is not None
    async with asyncio.timeout(20), app.lifecycle.run():
        while not drift.learned:  # noqa: ASYNC110  in a thread, which tells nobody
            await asyncio.sleep(0.01)


async def test_a_websocket_of_other_types_is_counted_though_nobody_waited() -> None:
    app = Fairlead(Plain)
    drift = app.runtime.drift
    assert drift is not None
    assert not drift.note("0123456789abcdef", "websocket")
    async with asyncio.timeout(20):
        while not app.metrics.drift:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.01)
    assert dict(app.metrics.drift) == {("websocket", "unknown"): 1}


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_what_is_certain_has_a_translation(type_: Any) -> None:
    async def body(self: object, value: object) -> object:
        del self
        return value

    body.__annotations__ = {"value": type_, "return": type_}

    class App(Router[Context]):
        get = query(access=public)(body)

    compiled = compile_router(App)
    try:
        introspect(compiled)
    except GenerationError:
        assert not is_certain(compiled)


@pytest.mark.parametrize("name", INPUTS)
def test_what_has_none_is_not_certain(name: str) -> None:
    router = make_app(INPUTS[name][0])
    assert not is_certain(compile_router(router))
    with pytest.raises(DefinitionError):
        Fairlead(router)


@pytest.mark.parametrize("case", UNTRANSLATABLE)
def test_nor_are_applications_that_have_some(case: str) -> None:
    assert not is_certain(compile_router(UNTRANSLATABLE[case][0]()))


@pytest.mark.parametrize("name", ["constructor", "value_of"])
def test_nor_are_parameters_that_every_javascript_object_has(name: str) -> None:
    space: dict[str, Any] = {}
    source = f"async def get(self, {name}: int) -> int: ..."
    exec(source, space)  # noqa: S102  a parameter of any name

    class App(Router[Context]):
        get = query(access=public)(space["get"])

    assert not is_certain(compile_router(App))
    with pytest.raises(DefinitionError, match="every JavaScript object"):
        Fairlead(App)

"""msgspec structs, dataclasses and typed dictionaries as inputs and results, beside Pydantic models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from msgspec import UNSET, Meta, Struct, UnsetType
from pydantic import BaseModel
from tests.asgi.harness import open_http, to_input
from typing_extensions import TypedDict

from fairlead import (
    Context,
    Fairlead,
    Router,
    SuperJson,
    WireOptions,
    mutation,
    public,
    query,
    raw_json,
)
from fairlead.codegen.introspect import introspect
from fairlead.compiling import compile_router
from fairlead.errors import DefinitionError
from fairlead.structs import is_native


class Port(Struct):
    """Where something listens."""

    number: Annotated[int, Meta(ge=1, le=65535)]


class Service(Struct, rename="camel", forbid_unknown_fields=True):
    full_name: Annotated[str, Meta(min_length=1)]
    ports: list[Port] = []
    note: str | None = None
    seen_at: datetime | UnsetType = UNSET


class Dog(Struct, tag="dog"):
    bark: str


class Cat(Struct, tag="cat"):
    lives: int
    kittens: list[Cat] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Size(TypedDict):
    width: int


class Holder(BaseModel):
    label: str


class App(Router[Context]):
    @mutation(access=public)
    async def echo(self, service: Service, /) -> Service:
        return service

    @query(access=public)
    async def find(self, port: Port, at: Point) -> list[Port]:
        return [port, Port(at.x)]

    @query(access=public)
    async def pets(self, wanted: Dog | Cat | None = None) -> list[Dog | Cat]:
        return [wanted] if wanted is not None else [Dog("wuff"), Cat(9, [Cat(1)])]

    @query(access=public)
    async def point(self, size: Size, /) -> Point:
        return Point(size["width"])

    @query(access=public)
    async def pair(self) -> dict[str, Holder | Port]:
        return {"a": Holder(label="l"), "b": Port(8)}

    @query(access=public)
    async def wrong(self) -> list[Port]:
        untyped: Any = [{"number": "no"}]
        return list(untyped)

    @query(access=public)
    async def converted(self) -> list[Port]:
        untyped: Any = [{"number": 5}]
        return list(untyped)

    @query(access=public)
    async def ready(self) -> list[Port]:
        return raw_json(b'[{"number":1}]', list[Port])


async def call(path: str, value: object, method: str = "GET", **options: Any) -> Any:
    async with open_http(Fairlead(App, **options)) as client:
        if method == "POST":
            answer = await client.post(f"/trpc/{path}", json=value)
        else:
            answer = await client.get(f"/trpc/{path}?input={to_input(value)}")
        return answer.json()


TRAVELS: list[tuple[str, object, object]] = [
    ("find", {"port": {"number": 1}, "at": {"x": 2}}, [{"number": 1}, {"number": 2}]),
    ("pets", {}, [{"type": "dog", "bark": "wuff"}, {"type": "cat", "lives": 9, "kittens": [{"type": "cat", "lives": 1, "kittens": []}]}]),
    ("pets", {"wanted": {"type": "cat", "lives": 3}}, [{"type": "cat", "lives": 3, "kittens": []}]),
    ("point", {"width": 4}, {"x": 4, "y": 0}),
    ("pair", {}, {"a": {"label": "l"}, "b": {"number": 8}}),
    ("converted", {}, [{"number": 5}]),
    ("ready", {}, [{"number": 1}]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "expected"), TRAVELS)
async def test_structs_dataclasses_and_typed_dictionaries_travel(
    path: str, value: object, expected: object
) -> None:
    assert (await call(path, value))["result"]["data"] == expected


async def test_a_struct_is_renamed_and_leaves_out_what_is_unset() -> None:
    sent = {"fullName": "web", "ports": [{"number": 80}]}
    answer = await call("echo", sent, "POST")
    assert answer["result"]["data"] == {**sent, "note": None}
    sent["seenAt"] = "2026-01-02T03:04:05Z"
    answer = await call("echo", sent, "POST")
    assert answer["result"]["data"] == {**sent, "note": None}


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({"fullName": ""}, "fullName: "),
        ({"fullName": "a", "ports": [{"number": 0}]}, "ports.0.number: "),
        ({"fullName": "a", "ports": [{"number": "1"}]}, "ports.0.number: "),
        ({"fullName": "a", "other": 1}, "other: "),
        ({}, "fullName: "),
        ([], "input: "),
    ],
)
async def test_what_does_not_fit_a_struct_is_named_field_by_field(
    value: object, part: str
) -> None:
    error = (await call("echo", value, "POST"))["error"]
    assert error["data"]["code"] == "BAD_REQUEST"
    assert part in error["message"]


async def test_a_result_that_breaks_its_promise_is_an_internal_error() -> None:
    error = (await call("wrong", {}))["error"]
    assert error["message"] == "Output validation failed"


async def test_structs_travel_by_superjson() -> None:
    wire = WireOptions(transformer=SuperJson())
    sent = {"json": {"fullName": "web", "seenAt": "2026-01-02T03:04:05.000Z"}, "meta": {"values": {"seenAt": ["Date"]}}}  # fmt: skip
    data = (await call("echo", sent, "POST", wire=wire))["result"]["data"]
    assert data["json"]["seenAt"] == "2026-01-02T03:04:05.000Z"
    assert data["meta"]["values"] == {"seenAt": ["Date"]}


def test_only_what_msgspec_and_pydantic_write_alike_is_left_to_msgspec() -> None:
    assert is_native(list[Service])
    assert is_native(dict[str, Dog | Cat | None])
    assert not is_native(list[int])
    assert not is_native(dict[str, Holder | Port])
    assert not is_native(tuple[Port, bytes])


async def test_a_result_has_every_field_that_its_type_promises() -> None:
    class Brief(Struct, omit_defaults=True):
        name: str = "none"

    class Briefs(Router[Context]):
        @query(access=public)
        async def get(self) -> list[Brief]:
            return [Brief()]

    async with open_http(Fairlead(Briefs)) as client:
        answer = await client.get("/trpc/get")
    assert answer.json()["result"]["data"] == [{"name": "none"}]


def test_generated_types_know_structs() -> None:
    application = introspect(compile_router(App))
    names = {declaration.name for declaration in application.declarations}
    assert {"Service", "Port", "Dog", "Cat", "Point"} <= names
    text = json.dumps([str(declaration) for declaration in application.declarations])
    assert "fullName" in text
    assert "65535" in text
    assert "Where something listens." in text


def test_an_array_like_struct_is_refused() -> None:
    class Bare(Struct, array_like=True):
        x: int

    class Refused(Router[Context]):
        @query(access=public)
        async def bare(self) -> Bare:
            return Bare(1)

    with pytest.raises(DefinitionError, match="array_like"):
        compile_router(Refused)


async def test_times_are_written_alike() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    answer = await call("echo", {"fullName": "a", "seenAt": at}, "POST")
    assert answer["result"]["data"]["seenAt"] == at

"""The Python side of the identity test; `reference.ts` is the same router in TypeScript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.access import public
from fairlead.context import Context
from fairlead.errors import TypedError
from fairlead.procedure import mutation, query, subscription
from fairlead.router import Router
from fairlead.tracking import tracked


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Pod(Model):
    name: str
    phase: Literal["Running", "Pending"]
    node_name: str | None = None


class Tree(Model):
    name: str
    children: list[Tree] = []


class Cat(Model):
    kind: Literal["cat"] = "cat"
    lives: int


class Dog(Model):
    kind: Literal["dog"]
    good: bool


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Page(Model):
    items: list[Pod]
    next_cursor: int | None


class HeldError(TypedError, code="CONFLICT"):
    holder: str


class Deepest(Router[Context]):
    @query(access=public)
    async def ping(self) -> Literal["pong"]:
        return "pong"


class Deep(Router[Context]):
    deepest: Deepest


class Inputs(Router[Context]):
    deep: Deep

    @query(access=public)
    async def text(self, value: str, /) -> str:
        return value

    @query(access=public)
    async def nullable(self, value: str | None, /) -> str | None:
        return value

    @query(access=public)
    async def numbers(self, values: list[int], /) -> int:
        return sum(values)

    @query(access=public)
    async def either(self, value: str | int, /) -> str | int:
        return value

    @mutation(access=public)
    async def tree(self, tree: Tree, /) -> Tree:
        return tree

    @mutation(access=public)
    async def pet(self, pet: Pet, /) -> Pet:
        return pet

    @query(access=public)
    async def mixed(
        self, a: str, b: int | None, c: bool = True, d: list[str] | None = None
    ) -> bool:
        return c


class Outputs(Router[Context]):
    @query(access=public)
    async def nothing(self) -> None:
        return None

    @query(access=public)
    async def pair(self) -> tuple[str, int]:
        return "a", 1

    @query(access=public)
    async def table(self) -> dict[str, Pod]:
        return {}

    @query(access=public)
    async def anything(self) -> JsonValue:
        return 1

    @query(access=public)
    async def pod(self) -> Pod | None:
        return None


class App(Router[Context]):
    inputs: Inputs
    outputs: Outputs

    @query(access=public)
    async def hello(self) -> str:
        return "hello"

    @query(access=public)
    async def search(self, q: str = "") -> list[Pod]:
        return []

    @query(access=public)
    async def page(self, namespace: str, cursor: int | None = None) -> Page:
        return Page(items=[], next_cursor=cursor)

    @query(access=public)
    async def logs(self, pod: str) -> AsyncIterator[str]:
        yield pod

    @mutation(access=public, raises=(HeldError,))
    async def take(self, name: str) -> int:
        raise HeldError(holder=name)

    @subscription(access=public)
    async def watch(
        self, namespace: str, last_event_id: str | None = None
    ) -> AsyncIterator[tracked[Pod]]:
        yield tracked(last_event_id or "1", Pod(name=namespace, phase="Running"))

    @subscription(access=public)
    async def ticks(self) -> AsyncIterator[int]:
        yield 1

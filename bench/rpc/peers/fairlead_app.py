"""Fairlead with Pydantic models, as its users write it; `struct` and `ready` are other ways to the same list."""

from __future__ import annotations

import msgspec

from fairlead import Context, Fairlead, Router, mutation, public, query, raw_json
from models import ITEMS, MODELS, STRUCTS, Item, Msg, SItem

READY = msgspec.json.encode(ITEMS)


class App(Router[Context]):
    @query(access=public)
    async def greet(self, name: str) -> Msg:
        return Msg(message=f"hello {name}")

    @mutation(access=public)
    async def echo(self, item: Item, /) -> Item:
        return item

    @query(access=public)
    async def list_(self) -> list[Item]:
        return ITEMS  # plain dicts: validated against the declared type

    @query(access=public)
    async def models(self) -> list[Item]:
        return MODELS  # instances: each was validated when it was made

    @query(access=public)
    async def structs(self) -> list[SItem]:
        return STRUCTS

    @query(access=public)
    async def ready(self) -> list[Item]:
        return raw_json(READY, list[Item])


app = Fairlead(App)

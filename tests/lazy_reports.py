"""A module that tests import lazily; it counts how often it was executed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.lazy_imports import IMPORTS

from fairlead import Context, Router, public, query, subscription

IMPORTS.append("reports")


class Archive(Router[Context]):
    @query(access=public)
    async def first(self) -> str:
        return "the first report"


class Reports(Router[Context]):
    archive: Archive

    @query(access=public)
    async def latest(self, number: int = 1) -> str:
        return f"report {number} of {self.call.path}"

    @subscription(access=public)
    async def follow(self) -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)

"""Streamed results of the conformance router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import Field
from tests.conformance.kit_context import LOGS, KitContext
from tests.conformance.values import Int
from typing_extensions import TypedDict

from fairlead import MISSING, Router, TRPCError, public, query
from fairlead.errors import ErrorCode
from fairlead.protocol import BigInt
from fairlead.streaming import Deferred, Stream

T = TypeVar("T")
Count = Annotated[Int, Field(ge=0)]


def later(value: T) -> Deferred[T]:
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return Deferred(future)


async def numbers(to: int, delay_ms: int = 0) -> AsyncIterator[int]:
    for n in range(1, to + 1):
        if delay_ms:
            await asyncio.sleep(delay_ms / 1000)
        yield n


class Word(TypedDict):
    word: str
    upper: Deferred[str]


class Promises(TypedDict):
    now: str
    soon: Deferred[str]


class Third(TypedDict):
    level: int
    items: Stream[int]


class Second(TypedDict):
    level: int
    next: Deferred[Third]


class First(TypedDict):
    level: int
    next: Deferred[Second]


class Mixed(TypedDict):
    title: str
    numbers: Stream[int]
    total: Deferred[int]
    nothing: Deferred[object]


class Rejects(TypedDict):
    ok: Deferred[int]
    bad: Deferred[int]


class Typed(TypedDict):
    when: Deferred[object]
    bigs: Stream[object]


async def bigs() -> AsyncIterator[object]:
    yield BigInt(1)
    yield BigInt(12345678901234567890)


class StreamRouter(Router[KitContext]):
    @query(access=public)
    async def count(self, to: Count, delay_ms: Count = 0) -> AsyncIterator[int]:
        async for n in numbers(to, delay_ms):
            yield n

    @query(access=public)
    async def empty(self) -> AsyncIterator[int]:
        for n in range(0):
            yield n

    @query(access=public)
    async def words(self, words: list[str], /) -> AsyncIterator[Word]:
        for word in words:
            yield {"word": word, "upper": later(word.upper())}

    @query(access=public)
    async def promises(self) -> Promises:
        return {"now": "now", "soon": later("soon")}

    @query(access=public)
    async def nested(self) -> First:
        third: Third = {"level": 3, "items": Stream(numbers(2))}
        second: Second = {"level": 2, "next": later(third)}
        return {"level": 1, "next": later(second)}

    @query(access=public)
    async def mixed(self, to: Count, delay_ms: Count = 0) -> Mixed:
        return {
            "title": f"up to {to}",
            "numbers": Stream(numbers(to, delay_ms)),
            "total": later(to * (to + 1) // 2),
            "nothing": later(MISSING),
        }

    @query(access=public)
    async def fail_after(self, after: Count, code: ErrorCode) -> AsyncIterator[int]:
        async for n in numbers(after):
            yield n
        raise TRPCError(code, f"failed after {after}")

    @query(access=public)
    async def rejects(self, code: ErrorCode) -> Rejects:
        bad: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        bad.set_exception(TRPCError(code, "late rejection"))
        bad.exception()  # it is read later, if at all
        return {"ok": later(1), "bad": Deferred(bad)}

    @query(access=public)
    async def hold(self, key: str) -> AsyncIterator[str]:
        LOGS[key].append("open")
        try:
            yield "open"
            await asyncio.Event().wait()
        finally:
            LOGS[key].append("closed")

    @query(access=public)
    async def returns(self, to: Count, delay_ms: Count = 0) -> Stream[int]:
        return Stream(numbers(to, delay_ms), returned="done")

    @query(access=public)
    async def typed(self) -> Typed:
        when: object = datetime(2021, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
        return {"when": later(when), "bigs": Stream(bigs())}

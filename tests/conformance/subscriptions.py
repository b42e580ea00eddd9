"""Subscriptions of the conformance router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from tests.conformance.kit_context import LOGS, KitContext, KitError, guard
from tests.conformance.streams import Count, numbers

from fairlead import MISSING, Router, TRPCError, public, subscription, tracked
from fairlead import tracked as Tracked  # noqa: N812  a procedure takes the name below
from fairlead.errors import ErrorCode
from fairlead.protocol import BigInt, JsMap


def _count_from(last_event_id: str, to: int) -> Iterator[int | float]:
    """From what JavaScript's Number makes of it, plus one; a fraction stays one."""
    try:
        start = float(last_event_id.strip() or "0") + 1
    except ValueError:
        return
    while start <= to:
        yield int(start) if start.is_integer() else start
        start += 1


class SubRouter(Router[KitContext]):
    @subscription(access=public)
    async def count(self, to: Count, delay_ms: Count = 0) -> AsyncIterator[int]:
        async for n in numbers(to, delay_ms):
            yield n

    @subscription(access=public)
    async def tracked(
        self, to: Count, delay_ms: Count = 0, last_event_id: str = "0"
    ) -> AsyncIterator[Tracked[dict[str, float]]]:
        for n in _count_from(last_event_id, to):
            if delay_ms:
                await asyncio.sleep(delay_ms / 1000)
            yield tracked(str(n), {"n": n})

    @subscription(access=public)
    async def ids(self, ids: list[str], /) -> AsyncIterator[Tracked[int]]:
        for index, event_id in enumerate(ids):
            yield tracked(event_id, index)

    @subscription(access=public)
    async def echo(
        self, value: object = MISSING, /
    ) -> AsyncIterator[dict[str, object]]:
        yield {"input": None if value is MISSING else value}

    @subscription(access=public)
    async def kinds(self) -> AsyncIterator[object]:
        values: list[object] = [
            None,
            0,
            False,
            "",
            "line\nbreak",
            [1, [2]],
            {"a": {"b": None}},
            "ünï ✓ 😀",
        ]
        for value in values:
            yield value

    @subscription(access=public)
    async def mixed(self) -> AsyncIterator[object]:
        yield "plain"
        yield tracked("a", {"v": 1})
        yield "plain again"
        yield tracked("b c", None)

    @subscription(access=public)
    async def empty(self) -> AsyncIterator[int]:
        for n in range(0):
            yield n

    @subscription(access=public)
    async def hold(self, key: str = "") -> AsyncIterator[str]:
        if key:
            LOGS[key].append("open")
        try:
            yield "open"
            await asyncio.Event().wait()
        finally:
            if key:
                LOGS[key].append("closed")

    @subscription(access=public)
    async def fail_after(self, after: Count, code: ErrorCode) -> AsyncIterator[int]:
        async for n in numbers(after):
            yield n
        raise TRPCError(code, f"failed after {after}")

    @subscription(access=public)
    async def plain_fail(self) -> AsyncIterator[int]:
        for n in range(0):
            yield n
        raise KitError("sub boom", "sub")

    @subscription(access=public)
    async def whoami(self) -> AsyncIterator[dict[str, object]]:
        params = self.ctx.request.connection_params
        yield {
            "user": self.ctx.user,
            "params": None if params is None else dict(params),
        }

    @subscription(access=public, use=(guard,))
    async def guarded(self) -> AsyncIterator[str]:
        yield f"welcome {self.ctx.user}"

    @subscription(access=public)
    def not_iterable(self) -> AsyncIterator[int]:
        return 42  # type: ignore[return-value]  # what the case is about

    @subscription(access=public)
    async def typed(self) -> AsyncIterator[object]:
        yield datetime(2021, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
        yield JsMap({"k": BigInt(7)})
        yield tracked("t1", {"at": datetime.fromtimestamp(0, UTC), "gone": MISSING})

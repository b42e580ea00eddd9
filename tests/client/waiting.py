"""Waiting for what is about to be true, without guessing how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def wait_until(
    condition: Callable[[], Awaitable[bool]], seconds: float = 10
) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  it is another process's
            await asyncio.sleep(0.01)


async def collect(stream: AsyncIterator[T], seen: list[T]) -> None:
    """Appends the items as they arrive, so that those before a failure are known."""
    async for item in stream:
        seen.append(item)

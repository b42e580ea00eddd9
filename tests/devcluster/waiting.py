"""Waiting for a condition instead of for time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def wait_until(
    condition: Callable[[], Awaitable[bool]], seconds: float = 10.0
) -> None:
    """Return when the condition holds; fail when it does not in good time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the condition is on a server
            await asyncio.sleep(0.01)

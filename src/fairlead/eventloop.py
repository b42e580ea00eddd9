"""The event loop that Fairlead's own programs run on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["run"]

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs a program to its end on uvloop, where that is to be had, else on asyncio's own loop.

    A call over HTTP or a WebSocket takes about half the time on it.
    """
    try:
        import uvloop  # noqa: PLC0415  not on every platform
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)

"""Answers that are too long to wait for their end."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from fairlead.kube.completing import CompletedList
from fairlead.kube.passing import PassedList

__all__ = ["LongAnswer", "PassedChunks"]


class LongAnswer:
    """An answer of which the first bytes have come. Read it to its end, or `aclose` it.

    Attributes:
        first: at least as many bytes as were asked for.
        rest: what follows; raises `KubeError` where it breaks off.
        size: bytes of the whole, if the server said.
    """

    __slots__ = ("aclose", "first", "rest", "size")

    def __init__(
        self,
        first: bytes,
        rest: AsyncIterator[bytes],
        size: int | None,
        close: Callable[[], Awaitable[object]],
    ) -> None:
        self.first = first
        self.rest = rest
        self.size = size
        self.aclose = close

    async def read(self) -> bytes:
        """The whole."""
        try:
            return b"".join([self.first, *[chunk async for chunk in self.rest]])
        finally:
            await self.aclose()


class PassedChunks:
    """A long list as it goes out: reads on when what it has is taken."""

    def __init__(self, answer: LongAnswer, passed: PassedList | CompletedList) -> None:
        size, added = answer.size, passed.added
        self.size = None if size is None or added is None else size + added
        self._answer = answer
        self._passed = passed
        self._ready = deque(passed.feed(answer.first))
        self._ended = False

    def __aiter__(self) -> PassedChunks:
        return self

    async def __anext__(self) -> bytes:
        while not self._ready:
            if self._ended:
                raise StopAsyncIteration
            try:
                chunk = await anext(self._answer.rest)
            except StopAsyncIteration:
                self._ended = True
                return self._passed.finish()
            self._ready.extend(self._passed.feed(chunk))
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Reads no further."""
        await self._answer.aclose()

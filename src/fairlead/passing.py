"""Ready JSON that is sent on as it comes: a long answer is never held whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar, cast

__all__ = ["JsonStream", "json_stream"]

T = TypeVar("T")


class JsonStream(Generic[T]):
    """JSON of a `T` in chunks; see `json_stream`. Read it once, or `aclose` it.

    Attributes:
        size: bytes of all chunks together, if that is known.
    """

    __slots__ = ("_close", "chunks", "size")

    def __init__(self, chunks: AsyncIterator[bytes], size: int | None = None) -> None:
        self.chunks = chunks
        self.size = size
        self._close = cast(
            "Callable[[], Awaitable[None]] | None", getattr(chunks, "aclose", None)
        )

    async def read(self) -> bytes:
        """All of it, where it cannot be sent on in chunks."""
        try:
            return b"".join([chunk async for chunk in self.chunks])
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Ends the source, also before its end."""
        if self._close is not None:
            await self._close()


def json_stream(
    chunks: AsyncIterator[bytes], type_: type[T], *, size: int | None = None
) -> T:
    """Returns ready JSON in chunks in place of a `T`: each is sent on before the next is read.

    All chunks together must be valid JSON of that type: they are sent unchecked. The status is
    200 from the first chunk on: raise before you return, where something is wrong. What `chunks`
    raises later breaks off the connection, so that nobody takes a part for the whole. It is closed
    (`aclose`) when it is read, or when nobody wants it any more.

    Over HTTP it streams as the only call of a request, and in JSON lines (`httpBatchStreamLink`) in
    any batch. A plain batch of several calls, WebSockets, transformers and callers in process read it
    whole first.

    Args:
        size: bytes of all chunks together; known, it is told to the client.
    """
    del type_
    return cast("T", JsonStream[T](chunks, size))

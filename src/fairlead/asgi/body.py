"""Request bodies: read when an input needs them, and never beyond the bound.

What no input needs is received all the same, and dropped: where an answer overtakes the body,
some servers reset the connection, and the answer is lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from fairlead.asgi.suspension import ClientGoneError, run_with_deadline
from fairlead.asgi.types import Message, Receive
from fairlead.errors import TRPCError

__all__ = [
    "BodyReceive",
    "discard_body",
    "get_whole_body",
    "read_body",
    "stream_body",
]

MOST_DISCARDED = 4_194_304
DISCARD_SECONDS = 10.0


async def discard_body(
    receive: Receive,
    *,
    most_bytes: int = MOST_DISCARDED,
    seconds: float = DISCARD_SECONDS,
) -> None:
    """Receives the rest of a body that nobody reads, within these bounds."""
    with suppress(
        TRPCError
    ):  # only the deadline raises one; its timer is made when it must wait
        await run_with_deadline(_drop(receive, most_bytes), seconds, "The body")


async def _drop(receive: Receive, most_bytes: int) -> None:
    size = 0
    while size <= most_bytes:
        message = await receive()
        if not message.get("more_body", False):
            return
        size += len(message.get("body", b""))


class BodyReceive:
    """`receive` for a body that a procedure may leave unread."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_ended = False

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        self._is_ended = self._is_ended or not message.get("more_body", False)
        return message

    async def discard_rest(self) -> None:
        """Drops what has not been received yet."""
        if not self._is_ended:
            await discard_body(self)


async def stream_body(receive: Receive, bound: int | None) -> AsyncIterator[bytes]:
    """The body's chunks.

    Raises:
        TRPCError: PAYLOAD_TOO_LARGE, at the bound.
        ClientGoneError: the client left before the end.
    """
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if bound is not None and size > bound:
            if message.get("more_body", False):
                await discard_body(receive)
            raise TRPCError("PAYLOAD_TOO_LARGE")
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


def get_whole_body(message: Message, bound: int | None) -> bytes | None:
    """The body, if the first message holds all of it and it is not too large."""
    if message["type"] != "http.request" or message.get("more_body", False):
        return None
    body: bytes = message.get("body", b"")
    return body if bound is None or len(body) <= bound else None


async def read_body(
    receive: Receive, bound: int | None, first: Message | None = None
) -> bytes:
    """The whole body.

    Args:
        first: the first message, where it was received already.

    Raises:
        TRPCError: PAYLOAD_TOO_LARGE, at the bound.
        ClientGoneError: the client left before the end.
    """
    message = first or await receive()
    whole = get_whole_body(message, bound)
    if whole is not None:
        return whole

    rest = iter((message,))

    async def resume() -> Message:
        return next(rest, None) or await receive()

    return b"".join([chunk async for chunk in stream_body(resume, bound)])

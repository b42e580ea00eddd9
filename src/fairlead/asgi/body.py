"""Request bodies: read when an input needs them, and never beyond the bound.

What no input needs is received all the same, and dropped: where an answer overtakes the body,
some servers reset the connection, and the answer is lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from fairlead.asgi.suspension import ClientGoneError, run_with_deadline
from fairlead.asgi.types import Message, Receive
from fairlead.errors import TRPCError
from fairlead.uploads import FormData, UploadedFile

__all__ = [
    "BodyReceive",
    "discard_body",
    "get_whole_body",
    "parse_form",
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


class _FormReader:
    """Collects what the multipart parser finds."""

    def __init__(self, bound: int | None) -> None:
        self._bound = bound
        self.entries: list[tuple[str, str | UploadedFile]] = []
        self._name = b""
        self._value = b""
        self._headers: dict[str, bytes] = {}
        self._data: list[bytes] = []
        self.ended = False

    def on_part_begin(self) -> None:
        self._headers = {}
        self._data = []

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def on_part_end(self) -> None:
        if self._bound is not None and len(self.entries) == self._bound:
            raise TRPCError(
                "PAYLOAD_TOO_LARGE", f"The form has more than {self._bound} fields"
            )
        _, options = parse_options_header(self._headers.get("content-disposition"))
        name = options.get(b"name")
        if name is None:
            raise TRPCError("BAD_REQUEST", "A part of the form has no name")
        data = b"".join(self._data)
        filename = options.get(b"filename")
        if filename is None:
            self.entries.append(
                (name.decode("utf-8", "replace"), data.decode("utf-8", "replace"))
            )
            return
        content_type = self._headers.get(
            "content-type", b"application/octet-stream"
        ).decode("latin-1")
        file = UploadedFile(
            filename=filename.decode("utf-8", "replace"),
            content_type=content_type,
            data=data,
        )
        self.entries.append((name.decode("utf-8", "replace"), file))

    def on_end(self) -> None:
        self.ended = True


def parse_form(body: bytes, content_type: str, bound: int | None) -> FormData:
    """A multipart form of at most `bound` fields.

    Raises:
        TRPCError: BAD_REQUEST, it is none; PAYLOAD_TOO_LARGE, at the bound.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    reader = _FormReader(bound)
    names = (
        "part_begin", "part_data", "part_end", "header_field", "header_value", "header_end", "end",
    )  # fmt: skip
    try:
        if not boundary:
            raise MultipartParseError("the content-type names no boundary")
        callbacks = {f"on_{name}": getattr(reader, f"on_{name}") for name in names}
        parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]  # a TypedDict of these callbacks
        parser.write(body)
        parser.finalize()
        if not reader.ended:
            raise MultipartParseError("it ends before its last boundary")
    except MultipartParseError as error:
        raise TRPCError(
            "BAD_REQUEST", f"The body is no multipart form: {error}", cause=error
        ) from error
    return FormData(tuple(reader.entries))

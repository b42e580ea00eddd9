"""Small plain answers: health, metrics, nothing here."""

from __future__ import annotations

from fairlead.asgi.types import Message, Send
from fairlead.protocol.transformer import dump_json

__all__ = ["add_header", "send_json", "send_status", "send_text"]


async def send_text(send: Send, status: int, body: bytes, content_type: bytes) -> None:
    """A whole body that must not be cached."""
    headers = [
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_status(send: Send, status: int, text: str) -> None:
    """A word or two, as JSON."""
    await send_text(send, status, dump_json({"status": text}), b"application/json")


async def send_json(send: Send, status: int, value: object) -> None:
    """Any value as JSON."""
    await send_text(send, status, dump_json(value), b"application/json")


def add_header(send: Send, header: tuple[bytes, bytes]) -> Send:
    """A `send` whose answers have one more header."""

    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], header]}
        await send(message)

    return send_more

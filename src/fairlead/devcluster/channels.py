"""The channel protocol of exec and attach: several streams over one WebSocket.

A message is one byte that names the channel, then the channel's bytes. The `base64`
forms, for clients that only send text, are a digit and base64. Version 5 adds a message
that closes one channel, so that a command can see the end of its input.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from fairlead.devcluster.errors import ApiError
from fairlead.devcluster.jsontypes import JsonObject, is_object

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
_BINARY = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_TEXT = ("v5.base64.channel.k8s.io", "v4.base64.channel.k8s.io")
SUPPORTED = _BINARY + _TEXT


@dataclass(frozen=True, slots=True)
class Terminal:
    """The size of the client's terminal, in characters."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the client: bytes of a channel, or the end of one."""

    channel: int
    data: bytes = b""
    closes: bool = False


class Channels:
    """Encodes and decodes the messages of one negotiated protocol."""

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.text = protocol in _TEXT
        self._closing = protocol.startswith("v5.")

    def decode(self, message: bytes | str) -> Message | None:
        """Return what a client's message says; None for one that says nothing."""
        raw = _from_text(message) if self.text else _as_bytes(message)
        if not raw:
            return None
        if raw[0] == CLOSE and self._closing:
            return Message(raw[1], closes=True) if len(raw) == 2 else None
        return Message(raw[0], raw[1:])

    def encode(self, channel: int, data: bytes) -> bytes | str:
        """Return the message that carries bytes of a channel."""
        if self.text:
            return f"{channel}{base64.b64encode(data).decode()}"
        return bytes((channel,)) + data


def choose_protocol(offered: Iterable[str]) -> str:
    """Return the first offered protocol that is served; 403 when there is none."""
    wanted = list(offered)
    for protocol in wanted:
        if protocol in SUPPORTED:
            return protocol
    raise ApiError(
        403,
        "Forbidden",
        f"requested protocol(s) are not supported: [{' '.join(wanted)}]; supports [{' '.join(SUPPORTED)}]",
        {},
    )


def parse_terminal(data: bytes) -> Terminal | None:
    """Return the size that a resize message gives, if it gives one."""
    try:
        size: object = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not is_object(size):
        return None
    width, height = size.get("Width"), size.get("Height")
    if type(width) is not int or type(height) is not int:
        return None
    return Terminal(width, height)


def exit_status(code: int) -> JsonObject:
    """Return the Status that ends a command: success, or its exit code."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def failure_status(text: str) -> JsonObject:
    """Return the Status of a command that could not be started."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: error executing command in container: {text}",
        "reason": "InternalError",
        "details": {"causes": [{"message": f"error executing command in container: {text}"}]},
        "code": 500,
    }  # fmt: skip


def _as_bytes(message: bytes | str) -> bytes:
    return message.encode() if isinstance(message, str) else message


def _from_text(message: bytes | str) -> bytes:
    """Return channel and bytes of a text message; nothing when it is malformed."""
    text = message.decode("ascii", "replace") if isinstance(message, bytes) else message
    if not text[:1].isdigit():
        return b""
    try:
        data = base64.b64decode(text[1:], validate=True)
    except (binascii.Error, ValueError):
        return b""
    return bytes((int(text[0]),)) + data

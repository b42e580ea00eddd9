"""The channels of exec and attach, and what the last of them says: sans-IO.

`v5.channel.k8s.io` and `v4.channel.k8s.io`: each binary message begins with the number of its
channel. Output is text for a browser, so bytes of one character that come in two messages are
put together first.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from fairlead.kube.errors import Status

__all__ = ["PROTOCOLS", "Exit", "Output", "Streams", "encode_input", "encode_size"]

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
PIECE = 16_384
"""Bytes of input in one message: API servers refuse very large ones."""

_CLOSE = 255
_NAMES: Mapping[int, Literal["stdout", "stderr"]] = {STDOUT: "stdout", STDERR: "stderr"}


@dataclass(frozen=True, slots=True)
class Output:
    """Text that a command wrote."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Exit:
    """How a command ended.

    Attributes:
        code: its exit code; None where the cluster does not know it.
        message: what the cluster says where it did not end by itself.
    """

    code: int | None
    message: str


class Streams:
    """Messages of one command to text and its end."""

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {STDOUT: decoder("replace"), STDERR: decoder("replace")}

    def feed(self, message: bytes) -> Output | Exit | None:
        """What a message says; None for one that says nothing that can be shown."""
        if not message:
            return None
        channel, data = message[0], message[1:]
        if channel == ERROR:
            return read_exit(data)
        decoder = self._decoders.get(channel)
        if decoder is None:
            return None
        text = decoder.decode(data)
        return Output(_NAMES[channel], text) if text else None

    def finish(self) -> list[Output]:
        """What is left of characters that were cut off at the end."""
        return [
            Output(_NAMES[channel], text)
            for channel, decoder in self._decoders.items()
            if (text := decoder.decode(b"", final=True))
        ]


def read_exit(data: bytes) -> Exit:
    """The end of a command, as the error channel tells it."""
    try:
        status = msgspec.json.decode(data, type=_ExitStatus)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Exit(None, data.decode(errors="replace"))
    if status.status == "Success":
        return Exit(0, "")
    causes = status.details.causes if status.details is not None else ()
    for cause in causes:
        if cause.reason == "ExitCode" and cause.message.isdecimal():
            return Exit(int(cause.message), "")
    return Exit(None, status.message)


class _ExitStatus(Status, frozen=True):
    status: str = ""


def encode_input(text: str) -> list[bytes]:
    """Messages of standard input, none larger than a piece."""
    data = text.encode()
    return [
        bytes([STDIN]) + data[start : start + PIECE]
        for start in range(0, len(data), PIECE)
    ]


def encode_close() -> bytes:
    """The end of standard input (v5 only)."""
    return bytes([_CLOSE, STDIN])


def encode_size(columns: int, rows: int) -> bytes:
    """The terminal's size."""
    return bytes([RESIZE]) + msgspec.json.encode({"Width": columns, "Height": rows})

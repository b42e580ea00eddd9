"""WebSocket frames (RFC 6455) as a server reads and writes them: bytes in, messages out.

Frames without extensions, which is all that tRPC's clients need. What a client
may do wrong ends the connection with the code that the RFC names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from websockets.utils import apply_mask as _slow_apply_mask

try:
    from websockets.speedups import apply_mask
except ImportError:
    apply_mask = _slow_apply_mask

__all__ = [
    "Arrived",
    "FrameError",
    "FrameReader",
    "Opcode",
    "make_close",
    "make_control",
    "make_frame",
    "make_head",
]

SMALL, MEDIUM = 126, 65_536
CONTROL_BYTES = 125


class Opcode(IntEnum):
    """What a frame is."""

    CONT = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


_OPCODES = {opcode.value: opcode for opcode in Opcode}
CONTROL = Opcode.CLOSE.value
"""From here on opcodes are those of control frames."""


class FrameError(Exception):
    """The client broke the protocol.

    Attributes:
        code: to close with.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Arrived:
    """A whole message, or a control frame."""

    opcode: Opcode
    data: bytes


def make_head(size: int) -> bytes:
    """The head of an unfragmented, unmasked text frame."""
    if size < SMALL:
        return bytes((0x81, size))
    if size < MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")


def make_frame(payload: bytes) -> bytes:
    """A text frame as a server sends it."""
    return make_head(len(payload)) + payload


def make_control(opcode: Opcode, payload: bytes = b"") -> bytes:
    """A control frame; its payload is cut to what one may hold."""
    payload = payload[:CONTROL_BYTES]
    return bytes((0x80 | opcode, len(payload))) + payload


def make_close(code: int, reason: str = "") -> bytes:
    """A close frame."""
    text = reason.encode()[: CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return make_control(Opcode.CLOSE, code.to_bytes(2, "big") + text)


class FrameReader:
    """Takes bytes as they arrive, gives messages and control frames.

    Args:
        limit: the longest message.
    """

    __slots__ = ("_buffer", "_kind", "_limit", "_parts", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = b""
        self._parts: list[bytes] | None = None
        self._kind = Opcode.TEXT
        self._size = 0

    def feed(self, data: bytes) -> list[Arrived]:
        """What is complete now.

        Raises:
            FrameError: the client broke the protocol; nothing more can be read.
        """
        buffer = self._buffer + data if self._buffer else data
        found: list[Arrived] = []
        start = 0
        while start < len(buffer):
            frame = self._read_frame(buffer, start)
            if frame is None:
                self._buffer = buffer[start:]
                return found
            final, opcode, payload, start = frame
            whole = self._take(final, opcode, payload)
            if whole is not None:
                found.append(whole)
        self._buffer = b""
        return found

    def _read_frame(
        self, buffer: bytes, start: int
    ) -> tuple[bool, Opcode, bytes, int] | None:
        if len(buffer) - start < 2:
            return None
        first, second = buffer[start], buffer[start + 1]
        final = first >= 0x80
        opcode = self._check_head(first, second)
        size = second & 0x7F
        at = start + 2
        if size == 126:
            size = int.from_bytes(buffer[at : at + 2], "big")
            at += 2
        elif size == 127:
            size = int.from_bytes(buffer[at : at + 8], "big")
            at += 8
        if len(buffer) < at + 4:
            return None
        if size + self._size > self._limit:
            raise FrameError(1009, f"the message is longer than {self._limit} bytes")
        end = at + 4 + size
        if len(buffer) < end:
            return None
        payload = apply_mask(buffer[at + 4 : end], buffer[at : at + 4])
        return final, opcode, payload, end

    @staticmethod
    def _check_head(first: int, second: int) -> Opcode:
        if first & 0x70:
            raise FrameError(1002, "reserved bits are set")
        if second < 0x80:
            raise FrameError(1002, "a client's frames must be masked")
        opcode = _OPCODES.get(first & 0x0F)
        if opcode is None:
            raise FrameError(1002, "unknown opcode")
        if opcode >= CONTROL and (first < 0x80 or (second & 0x7F) > CONTROL_BYTES):
            raise FrameError(1002, "a control frame is fragmented or too long")
        return opcode

    def _take(self, final: bool, opcode: Opcode, payload: bytes) -> Arrived | None:
        if opcode >= CONTROL:
            return Arrived(opcode, payload)
        if (opcode == 0) != (self._parts is not None):
            raise FrameError(1002, "a fragment is out of order")
        if final and self._parts is None:
            return Arrived(opcode, payload)
        if self._parts is None:
            self._parts, self._kind = [], opcode
        self._parts.append(payload)
        self._size += len(payload)
        if not final:
            return None
        whole = b"".join(self._parts)
        self._parts, self._size = None, 0
        return Arrived(self._kind, whole)

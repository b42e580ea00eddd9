"""How a WebSocket opens (RFC 6455): the head of the request in, the answer out.

Only plain heads are read here, whole and in one piece, as clients send them. What is anything
else is left to a parser of HTTP.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Mapping

__all__ = ["HandshakeError", "UpgradeHead", "answer_handshake", "read_upgrade"]

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY_BYTES = 16
_HEAD = re.compile(
    rb"GET /[!-~]* HTTP/1\.1\r\n"
    rb"(?:[!#-'*+\-.^-`|~0-9A-Za-z]+:[\t -~\x80-\xff]*\r\n)+\r\n"
)
_BODY = frozenset(("content-length", "transfer-encoding"))
_COMMON = [
    "Accept-Encoding",
    "Accept-Language",
    "Cache-Control",
    "Connection",
    "Cookie",
    "Host",
    "Origin",
    "Pragma",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Upgrade",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
]
_NAMES = {name: name.lower() for name in (*_COMMON, *map(str.lower, _COMMON))}
"""One text for all connections: their headers are kept."""


class HandshakeError(Exception):
    """The request cannot become a WebSocket.

    Attributes:
        status: of the HTTP answer.
    """

    def __init__(self, status: bytes, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class UpgradeHead:
    """A request that wants to become a WebSocket.

    Attributes:
        target: path and query as sent.
        headers: names in lower case; repeated ones are joined.
    """

    __slots__ = ("headers", "target")

    def __init__(self, target: str, headers: dict[str, str]) -> None:
        self.target = target
        self.headers = headers


def read_upgrade(data: bytes) -> UpgradeHead | None:
    """The head that the bytes are, if they are one, and one of a WebSocket."""
    if _HEAD.fullmatch(data) is None:
        return None
    start, *lines = data[:-4].decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = _NAMES.get(name) or name.lower()
        value = value.strip(" \t")
        if name in headers:
            separator = "; " if name == "cookie" else ", "
            value = f"{headers[name]}{separator}{value}"
        headers[name] = value
    if headers.get("upgrade", "").lower() != "websocket" or not _BODY.isdisjoint(
        headers
    ):
        return None
    tokens = headers.get("connection", "").lower()
    if tokens != "upgrade" and "upgrade" not in map(str.strip, tokens.split(",")):
        return None
    return UpgradeHead(start[4:-9], headers)


def answer_handshake(headers: Mapping[str, str]) -> bytes:
    """The answer that opens the connection; header names are in lower case.

    Raises:
        HandshakeError: the request is none.
    """
    if headers.get("sec-websocket-version") != "13":
        raise HandshakeError(
            b"426 Upgrade Required\r\nSec-WebSocket-Version: 13",
            "only version 13 is spoken",
        )
    key = headers.get("sec-websocket-key", "").strip().encode("latin-1")
    try:
        is_key = len(binascii.a2b_base64(key, strict_mode=True)) == KEY_BYTES
    except binascii.Error:
        is_key = False
    if not is_key:
        raise HandshakeError(b"400 Bad Request", "Sec-WebSocket-Key is missing or none")
    digest = hashlib.sha1(key + GUID, usedforsecurity=False).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % binascii.b2a_base64(digest, newline=False)
    )

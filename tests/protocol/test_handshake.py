"""The head of a request that opens a WebSocket: read as HTTP's own parser reads it, or not at all."""

from __future__ import annotations

import contextlib

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.protocol.handshake import (
    HandshakeError,
    answer_handshake,
    read_upgrade,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PLAIN = (
    f"GET /trpc?a=%20b HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
).encode()


def test_a_plain_head_is_read() -> None:
    head = read_upgrade(PLAIN)
    assert head is not None
    assert head.target == "/trpc?a=%20b"
    assert head.headers == {
        "host": "here",
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": KEY,
    }
    # The example of RFC 6455, section 1.3.
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in (
        answer_handshake(head.headers)
    )


def add(*lines: bytes) -> bytes:
    return PLAIN[:-2] + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def test_repeated_headers_are_joined_and_blanks_around_values_are_not_part_of_them() -> (
    None
):
    head = read_upgrade(
        add(b"Cookie: a=1", b"cookie:b=2", b"X-Odd:\t 1 \t", b"x-odd: ", b"X-ODD: 2")
    )
    assert head is not None
    assert head.headers["cookie"] == "a=1; b=2"
    assert head.headers["x-odd"] == "1, , 2"


@pytest.mark.parametrize("value", [b"keep-alive, Upgrade", b"UPGRADE", b"a,upgrade ,b"])
def test_browsers_name_other_options_of_the_connection_too(value: bytes) -> None:
    assert read_upgrade(PLAIN.replace(b": Upgrade", b": " + value)) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:-1],
        PLAIN[:30],
        PLAIN + b"\x81\x80abcd",
        PLAIN.replace(b"GET", b"POST"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"/trpc", b"ws://here/trpc"),
        PLAIN.replace(b"/trpc", b"/t rpc"),
        PLAIN.replace(b"/trpc", b"/tr\xc3\xbcpc"),
        PLAIN.replace(b"Host:", b"Host :"),
        PLAIN.replace(b"Host: here", b"Host: here\r\n folded"),
        PLAIN.replace(b"Host: here", b"Host: he\x00re"),
        PLAIN.replace(b"Host: here", b"Host: he\rre"),
        PLAIN.replace(b"Host: here\r\n", b"Host: here\n"),
        PLAIN.replace(b"Host: here", b"no colon"),
        PLAIN.replace(b": websocket", b": h2c"),
        PLAIN.replace(b"Connection: Upgrade", b"Connection: keep-alive"),
        PLAIN.replace(b"Connection: Upgrade", b"Connection: noupgrade"),
        add(b"Content-Length: 5"),
        add(b"Transfer-Encoding: chunked"),
        b"GET /trpc HTTP/1.1\r\n\r\n",
    ],
)
def test_anything_else_is_left_to_a_parser_of_http(data: bytes) -> None:
    assert read_upgrade(data) is None


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("sec-websocket-version", "8", b"426"),
        ("sec-websocket-version", "", b"426"),
        ("sec-websocket-key", "", b"400"),
        ("sec-websocket-key", KEY[:-4], b"400"),
        ("sec-websocket-key", f"{KEY}, {KEY}", b"400"),
        ("sec-websocket-key", "ü" * 24, b"400"),
    ],
)
def test_what_is_no_handshake_is_refused(name: str, value: str, status: bytes) -> None:
    head = read_upgrade(PLAIN)
    assert head is not None
    with pytest.raises(HandshakeError) as refused:
        answer_handshake({**head.headers, name: value})
    assert refused.value.status.startswith(status)


class Parsed:
    """What httptools makes of bytes."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[str, str]] = []
        with contextlib.suppress(httptools.HttpParserUpgrade):
            httptools.HttpRequestParser(self).feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode().lower(), value.decode("latin-1")))


@given(
    st.lists(
        st.tuples(
            st.text("aB1-_~!#", min_size=1, max_size=6).map(str.encode),
            st.binary(max_size=12),
        ),
        max_size=4,
    )
)
def test_what_is_read_is_what_a_parser_of_http_reads(
    more: list[tuple[bytes, bytes]],
) -> None:
    data = add(*(name + b":" + value for name, value in more))
    head = read_upgrade(data)
    if head is None:
        return
    parsed = Parsed(data)
    assert parsed.url.decode() == head.target
    joined: dict[str, str] = {}
    for name, value in parsed.headers:
        stripped = value.strip(" \t")
        joined[name] = f"{joined[name]}, {stripped}" if name in joined else stripped
    assert joined == head.headers

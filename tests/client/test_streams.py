"""What arrives in pieces: JSON lines and server-sent events, cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import SuperJson
from fairlead.client import ProtocolError
from fairlead.client.lines import LineReader, LineSplitter
from fairlead.client.sse_events import ServerEvent, SseParser
from fairlead.protocol import BigInt
from fairlead.protocol.jsonl import PING, JsonlEncoder
from fairlead.protocol.sse import RETURN, SseEncoder
from fairlead.protocol.transformer import dump_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
IDS = st.none() | st.from_regex(r"[^\0\r\n]{1,10}", fullmatch=True).filter(
    lambda text: text.isprintable() and text == text.strip() and bool(text)
)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces: list[bytes] = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


SIZES = st.lists(st.integers(0, 9), max_size=40)


@given(st.lists(st.tuples(JSON, IDS), max_size=5), SIZES)
def test_events_arrive_however_they_are_cut(
    events: list[tuple[object, str | None]], sizes: list[int]
) -> None:
    encoder = SseEncoder()
    sent = b"".join(
        encoder.encode_data(dump_json(data), event_id) for data, event_id in events
    )
    parser = SseParser(1_000_000)
    got = [event for piece in cut(sent + RETURN, sizes) for event in parser.feed(piece)]
    messages = [event for event in got if event.name == "message"]
    assert [(event.data, event.id or None) for event in messages] == [
        (dump_json(data), event_id) for data, event_id in events
    ]
    assert got[-1].name == "return"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_and_comments_are_understood(end: bytes) -> None:
    text = b"\xef\xbb\xbf: note|event: x|data:a|data: b|id: 7|id: \x008|other: y||"
    parser = SseParser(1000)
    pieces = (bytes([byte]) for byte in text.replace(b"|", end) + end)
    assert [event for piece in pieces for event in parser.feed(piece)] == [
        ServerEvent("x", b"a\nb", "7")
    ]


@pytest.mark.parametrize("data", [b"data: " + b"x" * 50, b"data: xxxxx\n" * 10])
def test_an_endless_event_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="message_bytes"):
        SseParser(40).feed(data)


@given(st.lists(JSON, max_size=4), SIZES)
def test_lines_arrive_however_they_are_cut(
    values: list[object], sizes: list[int]
) -> None:
    encoder = JsonlEncoder(len(values))
    sent = encoder.encode_head() + PING
    for index, value in enumerate(values):
        sent += encoder.encode_json(index, dump_json(value)) + PING
    splitter, reader = LineSplitter(1_000_000), LineReader(None)
    head, *lines = [line for piece in cut(sent, sizes) for line in splitter.feed(piece)]
    assert list(reader.read_head(head)) == list(range(len(values)))
    chunks = [reader.read_chunk(line) for line in lines]
    results = [reader.read_value(chunk) for chunk in chunks][2::3]
    assert [result.raw for result in results] == [dump_json(v) for v in values]


def test_lines_are_read_under_a_transformer() -> None:
    encoder = JsonlEncoder(1, SuperJson())
    reader = LineReader(SuperJson())
    assert reader.read_head(encoder.encode_head())[0].marks[0].chunk_id == 0
    sent, _ = encoder.encode_value(0, {"n": BigInt(5)})
    last = sent.splitlines()[-1]
    assert reader.read_value(reader.read_chunk(last)).value == {"n": 5}


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"[1]", b'[0,0,"x"]', b"[0,0,[]]", b"[0,0,[[1],[null,7,1]]]"]
)
def test_lines_that_are_none_are_refused(line: bytes) -> None:
    reader = LineReader(None)
    with pytest.raises(ProtocolError):
        reader.read_value(reader.read_chunk(line))


@pytest.mark.parametrize("line", [b"[]", b"<html>", b'{"x":1}', b'{"0":[]}'])
def test_a_head_that_is_none_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        LineReader(None).read_head(line)


def test_an_endless_line_is_refused() -> None:
    splitter = LineSplitter(10)
    splitter.feed(b"12345")
    with pytest.raises(ProtocolError, match="message_bytes"):
        splitter.feed(b"678901")

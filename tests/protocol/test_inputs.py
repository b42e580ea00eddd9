from __future__ import annotations

import math

import pytest

from fairlead import MISSING, tracked
from fairlead.protocol import SuperJson
from fairlead.protocol.inputs import clean_text, deserialize
from fairlead.protocol.transformer import load_json


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\uDE00\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\\ud83d\n"', rb'"\\ud83d\n"'),
        (rb'"\\\ud83d"', rb'"\\\ufffd"'),
        (b'\xef\xbb\xbf"\xff"', '"\ufffd"'.encode()),
    ],
)
def test_text_is_cleaned_as_for_utf8(raw: bytes, cleaned: bytes) -> None:
    assert clean_text(raw) == cleaned


def test_a_number_beyond_doubles_is_infinite_as_in_javascript() -> None:
    assert load_json(b"[1e400,-1e400]") == [math.inf, -math.inf]
    with pytest.raises(ValueError, match="out of range"):
        load_json(b"1e400,")


def test_what_is_named_proto_is_dropped_under_superjson() -> None:
    raw = b'{"json":{"__proto__":{"a":1},"b":[{"__proto__":2,"c":3}]}}'

    assert deserialize(raw, SuperJson()) == {"b": [{"c": 3}]}
    assert deserialize(b'"__proto__"', SuperJson()) is MISSING


@pytest.mark.parametrize("event_id", ["", "a\nb", "a\rb", "\0"])
def test_ids_that_would_break_a_stream_of_events_are_refused(event_id: str) -> None:
    with pytest.raises(ValueError, match="`id` must not"):
        tracked(event_id, 1)


@pytest.mark.parametrize("event_id", ["1", " a b ", "ü\t\u2028"])
def test_other_ids_are_taken(event_id: str) -> None:
    assert tracked(event_id, 1).id == event_id

"""The channels of exec and attach, byte by byte."""

from __future__ import annotations

import json

import pytest

from fairlead.kube.channels import (
    PIECE,
    Exit,
    Output,
    Streams,
    encode_input,
    encode_size,
)


def test_a_character_that_comes_in_two_messages_is_put_together() -> None:
    streams = Streams()
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert streams.feed(b"\x01a" + first) == Output("stdout", "a")
    # The streams are decoded apart.
    assert streams.feed(b"\x02x") == Output("stderr", "x")
    assert streams.feed(b"\x01" + second) == Output("stdout", "é")


@pytest.mark.parametrize("message", [b"", b"\x01", b"\x09abc", b"\x01\xc3"])
def test_what_cannot_be_shown_yet_is_nothing(message: bytes) -> None:
    assert Streams().feed(message) is None


@pytest.mark.parametrize(
    ("status", "exit_"),
    [
        ({"status": "Success"}, Exit(0, "")),
        (
            {
                "status": "Failure",
                "reason": "NonZeroExitCode",
                "details": {"causes": [{"reason": "ExitCode", "message": "42"}]},
            },
            Exit(42, ""),
        ),
        (
            {"status": "Failure", "message": "container not found"},
            Exit(None, "container not found"),
        ),
    ],
)
def test_the_end_tells_the_exit_code(status: object, exit_: Exit) -> None:
    assert Streams().feed(b"\x03" + json.dumps(status).encode()) == exit_


def test_an_end_that_is_no_status_is_shown_as_it_is() -> None:
    assert Streams().feed(b"\x03broken") == Exit(None, "broken")


def test_input_is_cut_into_pieces_and_put_together_again() -> None:
    text = "é" * PIECE
    pieces = encode_input(text)
    assert all(len(piece) <= PIECE + 1 for piece in pieces)
    assert b"".join(piece[1:] for piece in pieces).decode() == text
    assert {piece[0] for piece in pieces} == {0}


def test_size_is_told_as_kubernetes_reads_it() -> None:
    assert encode_size(80, 24) == b'\x04{"Width":80,"Height":24}'


def test_characters_that_are_cut_off_at_the_end_are_shown_as_such() -> None:
    streams = Streams()
    assert streams.feed(b"\x01a\xe2\x82") == Output("stdout", "a")
    assert streams.feed(b"\x02\xf0") is None
    assert streams.finish() == [Output("stdout", "\ufffd"), Output("stderr", "\ufffd")]
    assert streams.finish() == []


@pytest.mark.parametrize("text", ["é", "€", "😀"])
def test_characters_are_whole_wherever_they_are_cut(text: str) -> None:
    raw = f"a{text}b".encode()
    for cut in range(1, len(raw)):
        streams = Streams()
        shown = [streams.feed(b"\x01" + raw[:cut]), streams.feed(b"\x01" + raw[cut:])]
        texts = [each.text for each in shown if isinstance(each, Output)]
        assert "".join(texts) == f"a{text}b"

"""Bytes of logs to lines: cut anywhere, resumed anywhere."""

from __future__ import annotations

import random

import pytest

from fairlead.kube.logs import MAX_LINE, LogReader


def test_characters_and_lines_that_are_cut_are_put_together() -> None:
    reader = LogReader()
    text = "2026-01-01T00:00:00.000000001Z Zürich\r\n".encode()
    lines = [line for byte in text for line in reader.feed(bytes([byte]))]
    assert lines == ["Zürich"]
    assert reader.feed(b"no stamp\nrest") == ["no stamp"]
    assert reader.feed(b"", final=True) == ["rest"]


def test_lines_of_the_same_moment_are_neither_lost_nor_repeated() -> None:
    stamp = b"2026-01-01T00:00:00.000000001Z "
    reader = LogReader()
    assert reader.feed(stamp + b"a\n" + stamp + b"b\n") == ["a", "b"]
    again = LogReader(reader.position)
    repeated = stamp + b"a\n" + stamp + b"b\n" + stamp + b"c\n"
    assert again.feed(repeated) == ["c"]
    assert LogReader(again.position).feed(repeated) == []


STAMP = "2026-01-01T00:00:00.00000000"


@pytest.mark.parametrize("timestamps", [False, True])
def test_a_line_that_is_too_long_comes_in_pieces_and_is_resumed_within(
    timestamps: bool,
) -> None:
    line = "x" * (MAX_LINE - 10) + "y" * MAX_LINE
    log = f"{STAMP}1Z {line}\n{STAMP}1Z b\n{STAMP}2Z c\n".encode()
    reader = LogReader(timestamps=timestamps)
    cut = MAX_LINE + 500
    shown = reader.feed(log[:cut])
    again = LogReader(reader.position, timestamps=timestamps)
    shown += again.feed(log)
    prefixes = [f"{STAMP}{number}Z " if timestamps else "" for number in (1, 2)]
    first, second = prefixes
    assert "".join(shown) == f"{first}{line}{first}b{second}c"
    assert LogReader(again.position).feed(log) == []


def test_a_long_line_that_was_sent_does_not_come_again() -> None:
    log = f"{STAMP}1Z {'x' * 2 * MAX_LINE}\n{STAMP}2Z b\n".encode()
    reader = LogReader(f"{STAMP}2Z/0")
    shown = [
        line
        for at in range(0, len(log), 1000)
        for line in reader.feed(log[at : at + 1000])
    ]
    assert shown == ["b"]


def test_a_last_line_without_its_end_is_completed() -> None:
    reader = LogReader()
    assert reader.feed(f"{STAMP}1Z half".encode(), final=True) == ["half"]
    whole = f"{STAMP}1Z half and half\n{STAMP}1Z b\n".encode()
    assert LogReader(reader.position).feed(whole) == [" and half", "b"]


def test_nothing_is_lost_or_repeated_wherever_a_log_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fairlead.kube.logs.MAX_LINE", 60)
    chance = random.Random(5)  # noqa: S311  cases, no secret
    for _ in range(500):
        lines = [
            (chance.randint(1, 3), "é" * chance.choice([0, 3, 29, 30, 31, 60, 90, 200]))
            for _ in range(5)
        ]
        lines.sort(key=lambda line: line[0])
        log = "".join(f"{STAMP}{at}Z {text}\n" for at, text in lines).encode()
        shown, position = "", None
        for end in (chance.randrange(len(log)), chance.randrange(len(log)), len(log)):
            reader = LogReader(position)
            step = chance.randint(1, 40)
            for at in range(0, end, step):
                if found := reader.feed(log[at : min(end, at + step)]):
                    shown, position = shown + "".join(found), reader.position
        assert shown == "".join(text for _, text in lines)

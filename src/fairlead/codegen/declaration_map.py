"""Declaration maps: go to definition on a client call opens the Python method.

Printers put marks into the text where a name starts; `extract_marks` takes them out again and
says where they stood, and `encode_map` writes source map version 3.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.codegen.nodes import Source

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Marks:
    """The sources that marks in a text stand for."""

    def __init__(self) -> None:
        self.sources: list[Source] = []

    def mark(self, source: Source | None) -> str:
        """Text to put in front of a name; nothing without a source."""
        if source is None:
            return ""
        self.sources.append(source)
        return f"{_OPEN}{len(self.sources) - 1}{_CLOSE}"


@dataclass(frozen=True, slots=True)
class Segment:
    """A place in the generated text (from zero, in UTF-16 units) and its source."""

    line: int
    column: int
    source: Source


def drop_marks(text: str) -> str:
    """Text from elsewhere, made unable to pass for a mark."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def extract_marks(text: str, marks: Marks) -> tuple[str, list[Segment]]:
    """The text without its marks, and what they marked."""
    segments: list[Segment] = []
    lines: list[str] = []
    for number, line in enumerate(text.split("\n")):
        parts = _MARK.split(line)
        plain = parts[0]
        for index, following in zip(parts[1::2], parts[2::2], strict=True):
            column = len(plain.encode("utf-16-le")) // 2
            segments.append(Segment(number, column, marks.sources[int(index)]))
            plain += following
        lines.append(plain)
    return "\n".join(lines), segments


def encode_map(
    generated: str, segments: Sequence[Segment], *, relative: dict[str, str]
) -> str:
    """The map's JSON; `relative` gives each source file as seen from the map's folder."""
    files = sorted({segment.source.file for segment in segments})
    index = {file: position for position, file in enumerate(files)}
    by_line: dict[int, list[Segment]] = {}
    for segment in segments:
        by_line.setdefault(segment.line, []).append(segment)
    lines: list[str] = []
    previous = (0, 0, 0)
    for number in range(max(by_line, default=-1) + 1):
        here = sorted(by_line.get(number, ()), key=_column)
        texts: list[str] = []
        column = 0
        for segment in here:
            place = (
                index[segment.source.file],
                segment.source.line,
                segment.source.column,
            )
            deltas = (new - old for new, old in zip(place, previous, strict=True))
            texts.append("".join(map(_vlq, (segment.column - column, *deltas))))
            column, previous = segment.column, place
        lines.append(",".join(texts))
    content = {
        "version": 3,
        "file": generated,
        "sourceRoot": "",
        "sources": [relative[file] for file in files],
        "names": [],
        "mappings": ";".join(lines),
    }
    return json.dumps(content, ensure_ascii=False) + "\n"


def _column(segment: Segment) -> int:
    return segment.column


def _vlq(number: int) -> str:
    value = (-number << 1) | 1 if number < 0 else number << 1
    text = ""
    while True:
        digit, value = value & 31, value >> 5
        text += _BASE64[digit | (32 if value else 0)]
        if not value:
            return text

"""Durations as people write them: `90s`, `1h30m`, and spans such as `2s..5s`."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def is_duration(written: str) -> bool:
    """Whether a text is a duration."""
    return _WHOLE.fullmatch(written) is not None


def parse_duration(written: str) -> timedelta:
    """Reads a duration.

    Raises:
        ValueError: it is none.
    """
    if not is_duration(written):
        raise ValueError(
            f"{written!r} is no duration: write it as 90s, 5m, 1h30m or 2d"
        )
    parts = _PART.findall(written)
    return timedelta(seconds=sum(float(count) * _UNITS[unit] for count, unit in parts))


@dataclass(frozen=True, slots=True)
class Span:
    """A duration that varies between two bounds, in seconds."""

    low: float
    high: float

    def draw(self, chance: random.Random) -> timedelta:
        """One duration of the span."""
        return timedelta(seconds=chance.uniform(self.low, self.high))


def parse_span(written: object) -> Span:
    """Reads `4s` or `2s..5s`.

    Raises:
        ValueError: it is neither, or its bounds are the wrong way round.
    """
    if isinstance(written, Span):
        return written
    low, _, high = str(written).partition("..")
    span = Span(*(parse_duration(part).total_seconds() for part in (low, high or low)))
    if span.low > span.high:
        raise ValueError(f"the span {written!r} ends before it begins: swap its bounds")
    return span


SpanField = Annotated[Span, BeforeValidator(parse_span)]
"""A span in a model: written as text."""

import random
from datetime import timedelta

import pytest

from fairlead.simulation.durations import Span, parse_duration, parse_span


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("250ms", 0.25), ("1.5s", 1.5)],
)
def test_duration_reads_what_people_write(written: str, seconds: float) -> None:
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", ["", "5", "s", "5 s", "-5s", "5s!"])
def test_duration_refuses_what_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="is no duration: write it as"):
        parse_duration(written)


def test_span_draws_between_its_bounds() -> None:
    drawn = [
        parse_span("2s..5s").draw(random.Random(seed)).total_seconds()  # noqa: S311 - no secret
        for seed in range(50)
    ]
    assert min(drawn) >= 2
    assert max(drawn) <= 5
    assert len(set(drawn)) > 10


def test_span_of_one_duration_is_that_duration() -> None:
    assert parse_span("4s") == Span(4, 4)


def test_span_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValueError, match="swap its bounds"):
        parse_span("5s..2s")

from datetime import UTC, datetime, timedelta, timezone

from fairlead.simulation.objects import (
    JsonObject,
    Kind,
    Ref,
    child,
    find_moment,
    objects,
    strings,
    text,
    timestamp,
)

VALUE: JsonObject = {"a": {"b": "c", "n": 3}, "list": [{"x": 1}, "y", None]}


def test_reading_finds_what_is_there() -> None:
    assert text(VALUE, "a", "b") == "c"
    assert objects(VALUE, "list") == [{"x": 1}]
    assert strings(VALUE, "list") == ["y"]


def test_reading_what_is_not_there_is_empty() -> None:
    assert text(VALUE, "a", "missing", "deeper") == ""
    assert text(VALUE, "a", "n") == ""
    assert child(VALUE, "list") == {}
    assert objects(VALUE, "a") == []


def test_moment_is_written_and_read_in_utc() -> None:
    moment = datetime(2026, 11, 1, 13, 0, 0, tzinfo=timezone(timedelta(hours=1)))
    assert timestamp(moment) == "2026-11-01T12:00:00Z"
    assert find_moment("2026-11-01T12:00:00Z") == moment.astimezone(UTC)
    assert find_moment("") is None


def test_reference_reads_as_people_say_it() -> None:
    assert str(Ref(Kind("v1", "Pod"), "team", "a")) == "Pod team/a"
    assert str(Ref(Kind("v1", "Namespace"), "", "team")) == "Namespace team"

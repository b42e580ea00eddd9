from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from fairlead.simulation.templates import (
    Scope,
    TemplateError,
    render,
    render_object,
    slug,
    suffix,
)

SCOPE = Scope(
    datetime(2026, 11, 1, 12, tzinfo=UTC),
    {
        "name": "shop",
        "order": 2,
        "none": None,
        "branch": "release/1.4",
        "age": "2h",
        "spec": {"lang": "Go"},
    },
)


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        ("plain", "plain"),
        ("{{ name }}-api", "shop-api"),
        ("{{ order }}", 2),
        ("stage {{ order }} of {{ name }}", "stage 2 of shop"),
        ("{{ name }}{{ order }}", "shop2"),
        ("{{ spec.lang }}", "Go"),
        ("{{ lower spec.lang }}", "go"),
        ("{{ slug branch }}", "release-1-4"),
        ("{{ now }}", "2026-11-01T12:00:00Z"),
        ("{{ ago 1d2h }}", "2026-10-31T10:00:00Z"),
        ("{{ ago age }}", "2026-11-01T10:00:00Z"),
    ],
)
def test_expression_is_replaced(written: str, rendered: JsonValue) -> None:
    assert render(written, SCOPE) == rendered


def test_null_field_is_left_out() -> None:
    assert render_object({"a": "{{ none }}", "b": ["{{ name }}"]}, SCOPE) == {
        "b": ["shop"]
    }


def test_unknown_name_is_told_with_what_there_is() -> None:
    with pytest.raises(TemplateError, match=r"nmae.*not there.*branch, name"):
        render("{{ nmae }}", SCOPE)


def test_unknown_function_is_told_with_what_there_is() -> None:
    with pytest.raises(TemplateError, match=r"Unknown function 'upper'.*ago, lower"):
        render("{{ upper name }}", SCOPE)


def test_suffix_depends_on_its_values_alone() -> None:
    assert suffix(5, "a", "b") == suffix(5, "a", "b")
    assert suffix(5, "a", "b") != suffix(5, "ab")
    assert len(suffix(8, "a")) == 8


def test_slug_is_part_of_a_name() -> None:
    assert slug("Feature/Apple Pay!") == "feature-apple-pay"

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.devcluster.errors import ApiError
from fairlead.devcluster.selectors import match_fields, parse_fields, parse_labels

LABELS = {
    "c0": {"app": "db", "i": "0", "tier": "x"},
    "c1": {"app": "web", "i": "1", "tier": "x"},
    "c2": {"app": "db", "i": "7"},
    "c3": {},
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "c0 c1 c2 c3"),
        ("app=web", "c1"),
        ("app==web", "c1"),
        ("app!=web", "c0 c2 c3"),
        ("app", "c0 c1 c2"),
        ("!app", "c3"),
        ("app in (web,db)", "c0 c1 c2"),
        ("app notin (web)", "c0 c2 c3"),
        ("app=web,tier", "c1"),
        ("i>5", "c2"),
        ("i<5", "c0 c1"),
        ("tier=x,i notin (0,1)", ""),
        ("app in ()", ""),
        ("app=", ""),
        ("app in (web,)", "c1"),
        (" app = web ", "c1"),
        ("example.com/x=1", ""),
    ],
)
def test_label_selectors_select(text: str, wanted: str) -> None:
    selector = parse_labels(text)
    found = [
        name
        for name, labels in LABELS.items()
        if all(item.matches(labels) for item in selector)
    ]
    assert " ".join(found) == wanted


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a b", "found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("app=web db", "found 'db', expected: ',' or 'end of string'"),
        ("=web", "found '=', expected: !, identifier, or 'end of string'"),
        ("app!", "found '!', expected: in, notin"),
        ("!", "found '', expected: identifier"),
        ("app in web", "found 'web' expected: '('"),
        ("app===web", "found '=', expected: identifier"),
        ("i>a", "the value must be an integer"),
        ("app=-bad", 'values[0][app]: Invalid value: "-bad"'),
        ("x" * 64, "name part must be no more than 63 characters"),
        ("app=web,", "found '', expected: identifier after ','"),
        ("app,,tier", "found ',', expected: identifier after ','"),
    ],
)
def test_bad_label_selectors_say_why(text: str, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_labels(text)
    assert caught.value.code == 400
    assert reason in caught.value.message


@given(st.text(alphabet="ab=!<>(), inot", max_size=30))
def test_any_label_selector_parses_or_is_refused(text: str) -> None:
    with contextlib.suppress(ApiError):
        for item in parse_labels(text):
            item.matches({"a": "b"})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a=1", True), ("a==1,", True), ("a!=1", False), ("a=1,b=3", False), ("", True)],
)
def test_field_selectors_match(text: str, wanted: bool) -> None:
    values = {"a": "1", "b": "2"}
    assert match_fields(parse_fields(text), values.__getitem__) is wanted


def test_a_field_selector_without_operator_is_refused() -> None:
    with pytest.raises(ApiError, match=r"can't understand 'metadata\.name'"):
        parse_fields("metadata.name")

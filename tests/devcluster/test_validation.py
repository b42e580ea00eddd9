from __future__ import annotations

from typing import Any

import pytest
from tests.devcluster.conftest import CONFIGMAPS, Api

from fairlead.devcluster.schema import apply_defaults, compile_structural, prune
from fairlead.devcluster.validation import repeated_items, validate


def _problems(schema: dict[str, Any], value: Any) -> list[str]:
    compiled = compile_structural(schema)
    found = [*validate(value, compiled, "f"), *repeated_items(value, compiled, "f")]
    return [str(item) for item in found]


@pytest.mark.parametrize(
    ("schema", "value", "problem"),
    [
        (
            {"type": "integer"},
            "x",
            'f: Invalid value: "string": f in body must be of type integer: "string"',
        ),
        (
            {"type": "integer"},
            True,
            'f: Invalid value: "boolean": f in body must be of type integer: "boolean"',
        ),
        (
            {"type": "string", "enum": ["a", "b"]},
            "c",
            'f: Unsupported value: "c": supported values: "a", "b"',
        ),
        (
            {"type": "integer", "maximum": 10},
            11,
            "f: Invalid value: 11: f in body should be less than or equal to 10",
        ),
        (
            {"type": "number", "minimum": 1, "exclusiveMinimum": True},
            1,
            "f: Invalid value: 1: f in body should be greater than 1",
        ),
        (
            {"type": "string", "maxLength": 3},
            "abcd",
            "f: Too long: may not be more than 3 bytes",
        ),
        (
            {"type": "string", "minLength": 3},
            "ab",
            'f: Invalid value: "ab": f in body should be at least 3 chars long',
        ),
        (
            {"type": "string", "pattern": "^a+$"},
            "b",
            "f: Invalid value: \"b\": f in body should match '^a+$'",
        ),
        (
            {"type": "string", "format": "date-time"},
            "x",
            'f: Invalid value: "x": f in body must be of type date-time: "x"',
        ),
        (
            {"type": "array", "maxItems": 1, "items": {"type": "string"}},
            ["a", "b"],
            "f: Too many: 2: must have at most 1 items",
        ),
        (
            {
                "type": "array",
                "x-kubernetes-list-type": "set",
                "items": {"type": "string"},
            },
            ["a", "a"],
            'f[1]: Duplicate value: "a"',
        ),
        ({"type": "object", "required": ["a"]}, {}, "f.a: Required value"),
        (
            {"x-kubernetes-int-or-string": True},
            False,
            'f: Invalid value: "boolean": f in body must be of type integer,string: "boolean"',
        ),
        (
            {"type": "integer", "multipleOf": 5},
            7,
            "f: Invalid value: 7: f in body should be a multiple of 5",
        ),
        (
            {"type": "integer", "format": "int32"},
            2**31,
            f"f: Invalid value: {2**31}: f in body must be of type int32: {2**31}",
        ),
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"a": 1},
            'f.a: Invalid value: "integer": f.a in body must be of type string: "integer"',
        ),
        (
            {"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 1}]},
            3,
            "f: Invalid value: 3: f in body must validate at least one schema (anyOf)",
        ),
        (
            {"type": "integer", "not": {"enum": [3]}},
            3,
            "f: Invalid value: 3: f in body must not validate the schema (not)",
        ),
    ],
)
def test_a_broken_rule_is_reported_with_its_field(
    schema: dict[str, Any], value: Any, problem: str
) -> None:
    assert _problems(schema, value) == [problem]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("date", "2026-01-31", "2026-13-01"),
        ("byte", "YQ==", "?"),
        ("uuid", "5b362e7a-32a1-45f2-9457-6c2130ecec2a", "5b"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "x"),
        ("email", "a@b.c", "a b"),
        ("uri", "https://a/b", "a b"),
        ("duration", "1h30m", "1x"),
        ("hostname", "a.b", "a..b"),
        ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
    ],
)
def test_formats(kind: str, good: str, bad: str) -> None:
    schema = {"type": "string", "format": kind}
    assert _problems(schema, good) == []
    assert len(_problems(schema, bad)) == 1


def test_unknown_fields_are_pruned_and_named() -> None:
    schema = compile_structural(
        {
            "type": "object",
            "properties": {
                "a": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"x": {"type": "string"}},
                    },
                },
                "free": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": True,
                },
            },
        }
    )
    value = {"a": [{"x": "1", "y": 2}], "b": 1, "free": {"z": 1}}
    assert sorted(prune(value, schema)) == ["a[0].y", "b"]
    assert value == {"a": [{"x": "1"}], "free": {"z": 1}}


def test_defaults_fill_missing_fields_and_replace_nulls() -> None:
    schema = compile_structural(
        {
            "type": "object",
            "properties": {
                "n": {"type": "integer", "default": 3},
                "o": {
                    "type": "object",
                    "default": {},
                    "properties": {"m": {"type": "integer", "default": 1}},
                },
                "kept": {"type": "string", "nullable": True},
                "gone": {"type": "string"},
            },
        }
    )
    value: dict[str, Any] = {"n": None, "kept": None, "gone": None}
    apply_defaults(value, schema)
    assert value == {"n": 3, "o": {"m": 1}, "kept": None}


async def test_a_warning_about_any_field_name_is_a_valid_header(api: Api) -> None:
    body = {"metadata": {"name": "w"}, "\x1f\n\u00e9": None}
    answer = await api.post(CONFIGMAPS, body)
    assert answer.status == 201
    assert answer.headers["Warning"] == '299 - "unknown field \\"???\\""'

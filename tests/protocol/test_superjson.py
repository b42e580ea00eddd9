from __future__ import annotations

import copy
import math
import re
from datetime import UTC, datetime
from typing import cast

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from fairlead import MISSING, TRPCError
from fairlead.protocol import (
    BigInt,
    JsError,
    JsMap,
    OrderedSet,
    SuperJson,
    Url,
)
from fairlead.protocol.inputs import BatchInputs
from fairlead.protocol.javascript import INVALID_DATE

SUPERJSON = SuperJson()


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        ("pong", {"json": "pong"}),
        (MISSING, {"json": None, "meta": {"values": ["undefined"], "v": 1}}),
        (datetime(2020, 1, 2, 3, 4, 5, 678999, tzinfo=UTC), {"json": "2020-01-02T03:04:05.678Z", "meta": {"values": ["Date"], "v": 1}}),
        (2**60, {"json": str(2**60), "meta": {"values": ["bigint"], "v": 1}}),
        (-math.inf, {"json": "-Infinity", "meta": {"values": ["number"], "v": 1}}),
        (-0.0, {"json": "-0", "meta": {"values": ["number"], "v": 1}}),
        (re.compile("a+", re.IGNORECASE), {"json": "/a+/i", "meta": {"values": ["regexp"], "v": 1}}),
        (Url("https://x.y"), {"json": "https://x.y", "meta": {"values": ["URL"], "v": 1}}),
        (JsError("E", "m"), {"json": {"name": "E", "message": "m"}, "meta": {"values": ["Error"], "v": 1}}),
        (
            {"a.b": [JsMap({"k": OrderedSet([BigInt(1)])})]},
            {
                "json": {"a.b": [[["k", ["1"]]]]},
                "meta": {"values": {"a\\.b.0": ["map", {"0.1": ["set", {"0": ["bigint"]}]}]}, "v": 1},
            },
        ),
    ],
)  # fmt: skip
def test_values_travel_as_superjson_writes_them(value: object, payload: object) -> None:
    assert SUPERJSON.serialize(value) == payload


def test_a_shared_object_is_named_by_its_shortest_path() -> None:
    shared = {"x": 1}

    payload = SUPERJSON.serialize({"deep": {"one": shared}, "two": shared})

    assert payload == {
        "json": {"deep": {"one": {"x": 1}}, "two": {"x": 1}},
        "meta": {"referentialEqualities": {"two": ["deep.one"]}, "v": 1},
    }


def test_shared_objects_are_shared_again_after_the_way() -> None:
    value = SUPERJSON.deserialize(
        {
            "json": {"a": {"x": 1}, "b": None},
            "meta": {"referentialEqualities": {"a": ["b"]}, "v": 1},
        }
    )

    assert isinstance(value, dict)
    assert value["a"] is value["b"]


IN_SETS_AND_MAPS: list[object] = [
        {"json": [{"a": 1}, {"a": 1}, [2]], "meta": {"values": ["set"], "v": 1}},
        {
            "json": [[["k", 1]], ["x"], {"name": "E", "message": "m", "cause": []}],
            "meta": {"values": ["set", {"0": ["map"], "1": ["set"], "2": ["Error"]}], "v": 1},
        },
        {"json": [[[1], "a"], [{"k": 1}, "b"]], "meta": {"values": ["map"], "v": 1}},
]  # fmt: skip


@pytest.mark.parametrize("payload", IN_SETS_AND_MAPS)
def test_objects_are_members_of_sets_and_keys_of_maps(payload: object) -> None:
    value = SUPERJSON.deserialize(copy.deepcopy(payload))

    assert SUPERJSON.serialize(value) == payload


def test_minus_zero_in_a_set_is_zero() -> None:
    value = SUPERJSON.deserialize(
        {"json": ["-0"], "meta": {"values": ["set", {"0": ["number"]}], "v": 1}}
    )

    assert SUPERJSON.serialize(value) == {
        "json": [0],
        "meta": {"values": ["set"], "v": 1},
    }


def test_what_is_inside_a_shared_object_is_not_named_again() -> None:
    shared = {"inner": {"deeper": [1]}}

    assert SUPERJSON.serialize({"a": shared, "b": shared}) == {
        "json": {"a": shared, "b": shared},
        "meta": {"referentialEqualities": {"a": ["b"]}, "v": 1},
    }


def test_an_object_may_be_shared_with_the_cause_of_an_error() -> None:
    error = {"name": "E", "message": "m", "cause": {"x": 1}}
    payload = {
        "json": {"error": error, "other": {"x": 1}},
        "meta": {
            "values": {"error": ["Error"]},
            "referentialEqualities": {"error.cause": ["other"]},
            "v": 1,
        },
    }

    value = cast("dict[str, object]", SUPERJSON.deserialize(payload))

    error_back, other = value["error"], value["other"]
    assert isinstance(error_back, JsError)
    assert error_back.cause is other


@pytest.mark.parametrize("value", [re.compile("a"), b"a"])
def test_equal_patterns_and_bytes_are_not_shared(value: object) -> None:
    payload = SUPERJSON.serialize([value, value])

    assert "referentialEqualities" not in str(payload)


@pytest.mark.parametrize(
    "meta",
    [
        {"values": ["symbol"]},
        {"values": [["class", "Foo"]]},
        {"values": {"no.such": ["Date"]}, "v": 1},
        {"values": {"__proto__": ["Date"]}, "v": 1},
        {"values": ["Date"]},
        {"values": [["typed-array", "Nope"]]},
        {"referentialEqualities": []},
    ],
)
def test_annotations_that_do_not_fit_are_refused(meta: object) -> None:
    with pytest.raises(ValueError, match=r"superjson|unknown typed array"):
        SUPERJSON.deserialize({"json": {"a": 1}, "meta": meta})


def test_a_date_that_is_none_is_null_when_sent_and_no_datetime() -> None:
    value = SUPERJSON.deserialize({"json": "x", "meta": {"values": ["Date"], "v": 1}})

    assert value is INVALID_DATE
    assert SUPERJSON.serialize({"at": value}) == {"json": {"at": None}}
    with pytest.raises(ValidationError):
        TypeAdapter(datetime).validate_python(value, strict=True)


def test_a_date_of_a_year_beyond_python_is_refused() -> None:
    meta = {"values": ["Date"], "v": 1}
    with pytest.raises(ValueError, match="isoformat"):
        SUPERJSON.deserialize({"json": "+010000-01-01T00:00:00.000Z", "meta": meta})


def test_a_date_before_the_first_year_in_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit its value"):
        SUPERJSON.deserialize(
            {"json": "0001-01-01T00:00:00+23:59", "meta": {"values": ["Date"], "v": 1}}
        )


def test_dangerous_keys_are_not_sent() -> None:
    with pytest.raises(ValueError, match="prototype pollution risk"):
        SUPERJSON.serialize({"constructor": 1})


class Event(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    started_at: datetime


def test_models_keep_their_dates() -> None:
    event = Event.model_validate({"startedAt": datetime(1970, 1, 1, tzinfo=UTC)})

    assert SUPERJSON.serialize(event) == {
        "json": {"startedAt": "1970-01-01T00:00:00.000Z"},
        "meta": {"values": {"startedAt": ["Date"]}, "v": 1},
    }


def test_an_error_that_travelled_has_a_cause_as_in_javascript() -> None:
    payload = {"json": {"name": "E", "message": "m"}, "meta": {"values": ["Error"]}}

    error = SUPERJSON.deserialize(payload)

    assert error == JsError("E", "m", MISSING)
    assert SUPERJSON.serialize(error) == {
        "json": {"name": "E", "message": "m", "cause": None},
        "meta": {"values": ["Error", {"cause": ["undefined"]}], "v": 1},
    }


def test_one_unreadable_payload_spoils_the_inputs_of_a_batch() -> None:
    inputs = BatchInputs(b'{"0":{"json":1},"1":null}')

    for index in (0, 1):
        with pytest.raises(TRPCError, match="a superjson payload is an object"):
            inputs.get_value(index, 2, SUPERJSON)


def test_broken_json_is_told_from_json_that_is_no_object() -> None:
    with pytest.raises(TRPCError, match="The inputs are not JSON"):
        BatchInputs(b"[1,]").get(0)
    with pytest.raises(TRPCError, match="needs to be an object"):
        BatchInputs(b"[1]").get(0)


def test_equal_values_of_a_map_may_be_named_as_shared() -> None:
    shared = [1]
    payload = SUPERJSON.serialize(JsMap({"a": shared, "b": shared}))

    assert "referentialEqualities" in str(payload)
    assert SUPERJSON.deserialize(payload) == JsMap({"a": [1], "b": [1]})

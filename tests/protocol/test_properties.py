"""Any bytes give a tRPC answer or a clean refusal, never another exception."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast
from urllib.parse import unquote_to_bytes, urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from fairlead import MISSING, TRPCError
from fairlead.protocol import BigInt, JsMap, OrderedSet, SuperJson
from fairlead.protocol.inputs import (
    BatchInputs,
    add_last_event_id,
    check_depth,
    clean_text,
)
from fairlead.protocol.options import Limits, WireOptions
from fairlead.protocol.requests import RequestParser, parse_query, unquote
from fairlead.protocol.transformer import dump_json, load_json
from fairlead.protocol.websocket import Send, StartCall, WebSocketProtocol


@dataclass(frozen=True)
class Known:
    kind: Literal["query", "mutation", "subscription"]


PROCEDURES = {
    "ping": Known("query"),
    "save": Known("mutation"),
    "watch": Known("subscription"),
}

scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
json_values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)
safe_keys = st.text().filter(
    lambda key: key not in ("__proto__", "constructor", "prototype")
)
rich_values = st.recursive(
    scalars
    | st.just(MISSING)
    | st.floats(allow_nan=False)
    | st.integers().map(BigInt)
    | st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(safe_keys, inner, max_size=4)
        | st.dictionaries(st.text(), inner, max_size=4).map(JsMap)
        | st.sets(st.text(), max_size=4).map(OrderedSet)
    ),
    max_leaves=12,
)


@given(
    st.binary(max_size=80),
    st.binary(max_size=120),
    st.sampled_from(["GET", "POST", "PUT"]),
    st.text(max_size=40),
)
def test_any_request_is_understood_or_refused(
    path: bytes, query: bytes, method: str, content_type: str
) -> None:
    parser = RequestParser(PROCEDURES.get, WireOptions())
    try:
        head = parser.parse(
            method, path, query, {"content-type": content_type, "accept": content_type}
        )
    except TRPCError:
        return
    assert head.calls


@given(st.binary(max_size=200), st.integers(0, 12))
def test_any_batch_input_is_cut_or_refused(raw: bytes, index: int) -> None:
    try:
        found = BatchInputs(clean_text(raw)).get(index)
    except TRPCError:
        return
    assert found is None or isinstance(found, bytes)


@given(st.binary(max_size=60))
@example(b"=%\n3D%41\r")
def test_percent_decoding_equals_the_standard_library(raw: bytes) -> None:
    assert unquote(raw) == unquote_to_bytes(raw)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_query_parameters_survive_the_way(parameters: dict[str, str]) -> None:
    parsed = parse_query(urlencode(parameters).encode("ascii", "surrogatepass"))

    assert parsed == {name: value.encode() for name, value in parameters.items()}


@given(json_values, st.text(min_size=1))
def test_the_last_event_id_is_added_to_any_input(value: object, event_id: str) -> None:
    merged = load_json(add_last_event_id(dump_json(value), event_id))

    if isinstance(value, dict):
        assert merged == {**value, "lastEventId": event_id}
    else:
        assert merged == ({"lastEventId": event_id} if value is None else value)


@given(json_values, st.integers(1, 6))
def test_the_depth_bound_is_exact(value: object, bound: int) -> None:
    def depth(node: object) -> int:
        if isinstance(node, dict):
            return 1 + max(
                map(depth, cast("dict[str, object]", node).values()), default=0
            )
        if isinstance(node, list):
            return 1 + max(map(depth, cast("list[object]", node)), default=0)
        return 0

    try:
        check_depth(dump_json(value), Limits(json_depth=bound))
    except TRPCError:
        assert depth(value) > bound
    else:
        assert depth(value) <= bound


@given(rich_values)
def test_superjson_returns_what_it_was_given(value: object) -> None:
    superjson = SuperJson()

    travelled = load_json(dump_json(superjson.serialize(value)))

    assert_same(superjson.deserialize(travelled), value)


@given(json_values)
def test_any_superjson_payload_is_read_or_refused(payload: object) -> None:
    with suppress(ValueError):
        SuperJson().deserialize(payload)


@given(
    st.lists(st.text(max_size=60) | st.binary(max_size=20) | json_values, max_size=8),
    st.booleans(),
)
def test_a_connection_survives_any_frames(
    frames: list[object], expects_params: bool
) -> None:
    for options in (WireOptions(), WireOptions(transformer=SuperJson())):
        protocol = WebSocketProtocol(options, expects_params=expects_params)
        protocol.open()
        protocol.context_ready(None) if not expects_params else None
        for frame in frames:
            if isinstance(frame, bytes):
                commands = protocol.receive_bytes(0.0)
            else:
                text = frame if isinstance(frame, str) else dump_json(frame).decode()
                commands = protocol.receive_text(text, 0.0)
            for command in commands:
                if isinstance(command, StartCall):
                    load_json(b"".join(protocol.encode_pieces(command.call, b"1")))
                elif isinstance(command, Send):
                    assert command.text in ("PONG",) or isinstance(
                        load_json(command.text), dict
                    )


def assert_same(left: object, right: object) -> None:
    assert type(left) is type(right)
    if isinstance(left, dict):
        mine, other = cast("dict[str, object]", left), cast("dict[str, object]", right)
        assert list(mine) == list(other)
        for key in mine:
            assert_same(mine[key], other[key])
    elif isinstance(left, list):
        for one, two in zip(
            cast("list[object]", left), cast("list[object]", right), strict=True
        ):
            assert_same(one, two)
    elif isinstance(left, float) and isinstance(right, float):
        assert (left, math.copysign(1, left)) == (right, math.copysign(1, right))
    else:
        assert left == right

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from fairlead import TRPCError
from fairlead.protocol.options import Limits, WireOptions
from fairlead.protocol.requests import (
    RequestParser,
    check_head,
    decode_path,
    find_target,
)


@dataclass(frozen=True)
class Known:
    kind: Literal["query", "mutation", "subscription"]


PROCEDURES = {"ping": Known("query"), "a.b": Known("query"), "save": Known("mutation")}
JSON = {"content-type": "application/json"}


def make_parser(options: WireOptions | None = None) -> RequestParser[Known]:
    return RequestParser(PROCEDURES.get, options or WireOptions())


def test_a_batch_names_its_calls_in_order() -> None:
    head = make_parser().parse("GET", b"/ping,nope,a.b", b"batch=1", {})

    assert [(call.index, call.path, call.known_path) for call in head.calls] == [
        (0, "ping", "ping"),
        (1, "nope", None),
        (2, "a.b", "a.b"),
    ]
    assert head.type == "query"


def test_mixed_types_are_refused() -> None:
    with pytest.raises(
        TRPCError, match="Cannot mix procedure types in call: query, mutation"
    ):
        make_parser().parse("POST", b"/ping,save", b"batch=1", JSON)


def test_a_batch_at_the_bound_is_taken_and_one_beyond_refused() -> None:
    parser = make_parser(WireOptions(limits=Limits(batch_size=2)))

    assert len(parser.parse("GET", b"/ping,ping", b"batch=1", {}).calls) == 2
    with pytest.raises(TRPCError, match="Batch call exceeds maximum size"):
        parser.parse("GET", b"/ping,ping,ping", b"batch=1", {})


def test_broken_percent_encoding_names_the_path() -> None:
    with pytest.raises(TRPCError, match=r'Invalid URL-encoding in path "%E0%A4%A"'):
        decode_path(b"/%E0%A4%A")


def test_bytes_that_are_no_text_are_named_as_they_were_sent() -> None:
    with pytest.raises(TRPCError, match=r'Invalid URL-encoding in path "a%20b%FF"'):
        decode_path(b"/a%20b%FF")


def test_slashes_around_a_path_are_trimmed_as_in_trpc() -> None:
    assert decode_path(b"/a.b//") == "a.b"
    assert decode_path(b"//a.b///") == "/a.b/"


def test_a_stream_of_bytes_is_not_answered_as_json_lines() -> None:
    headers = {
        "accept": "application/jsonl",
        "content-type": "application/octet-stream",
    }
    head = make_parser().parse("POST", b"/save", b"", headers)

    with pytest.raises(TRPCError, match="Streaming requests must be batched"):
        check_head(head, WireOptions())


def test_streaming_needs_a_batch() -> None:
    head = make_parser().parse(
        "GET", b"/ping", b"", {"trpc-accept": "application/jsonl"}
    )

    with pytest.raises(TRPCError, match="Streaming requests must be batched"):
        check_head(head, WireOptions())


def test_a_mutation_by_get_is_refused() -> None:
    head = make_parser().parse("GET", b"/save", b"", {})

    with pytest.raises(
        TRPCError, match="Unsupported GET-request to mutation procedure"
    ) as caught:
        find_target(head.calls[0], "GET", head, WireOptions())

    assert caught.value.code == "METHOD_NOT_SUPPORTED"

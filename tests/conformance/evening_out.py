"""Telling where two answers may differ, and evening them out: see `known_differences`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import cast
from urllib.parse import unquote

from tests.conformance.random_odd import ODD_IDS
from tests.conformance.random_superjson import WRONG_META
from tests.conformance.random_values import Case

from fairlead.protocol.urls import resolve_dots

__all__ = [
    "BAD_JSON",
    "BAD_STATUS",
    "HALF",
    "Seen",
    "asks",
    "both_closed",
    "cannot_be_written",
    "change_objects",
    "change_texts",
    "drop_flags",
    "forget_entries",
    "forget_equalities",
    "forget_type",
    "forget_user",
    "group_equalities",
    "has_wrong_meta",
    "hide_all",
    "hide_mangled",
    "is_beyond_json",
    "is_luck",
    "is_refused_origin",
    "keep_first_events",
    "keep_refusal",
    "keep_shape",
    "leaves_mount",
    "refused_before_us",
    "replace",
    "says",
    "shares_regexp",
    "sort_frames",
]

Seen = dict[str, object]


def hide_all(seen: Seen) -> Seen:
    del seen
    return {}


def replace(pattern: re.Pattern[str], by: str) -> Callable[[Seen], Seen]:
    """Evens out every message that matches."""

    def change(fields: Seen) -> Seen:
        message = fields.get("message")
        if isinstance(message, str) and "code" in fields and pattern.match(message):
            return {**fields, "message": by}
        return fields

    return lambda seen: cast("Seen", change_objects(seen, change))


def says(pattern: re.Pattern[str]) -> Callable[[Case, Seen, Seen], bool]:
    """Both refuse in such words (the kit leaves the words of validation out by itself)."""

    def applies(case: Case, want: Seen, got: Seen) -> bool:
        del case
        found = (replace(pattern, "")(seen) != seen for seen in (want, got))
        return all(found)

    return applies


def get_asked(case: Case) -> str:
    """What a case asks for, without the escapes of URLs and JSON, its paths dotted."""
    asked = unquote(json.dumps(case, ensure_ascii=False))
    return asked.replace("\\", "").replace("~", ".")


def asks(
    text: str, beside: str = "", unless: str | None = None
) -> Callable[[Case, Seen, Seen], bool]:
    def applies(case: Case, want: Seen, got: Seen) -> bool:
        del want, got
        asked = get_asked(case)
        return text in asked and beside in asked and (not unless or unless not in asked)

    return applies


def both_closed(case: Case, want: Seen, got: Seen) -> bool:
    del case
    return all(seen.get("closed by server") for seen in (want, got))


def get_frames(seen: Seen) -> dict[str, list[object]]:
    return cast("dict[str, list[object]]", seen.get("ws", {}))


def keep_refusal(seen: Seen) -> Seen:
    """Why the context was refused; the rest of the frames answers what came behind."""
    frames = get_frames(seen).get("null", [])
    refusals = [frame for frame in frames if REFUSED.search(json.dumps(frame))]
    return {**seen, "ws": {"null": refusals[:1]}}


def refused_before_us(case: Case, want: Seen, got: Seen) -> bool:
    del want
    path = cast("Seen", case.get("http", {})).get("path")
    bare = got.get("status") == 400 and not got.get("headers")
    return bare and '"' in str(path)


def has_wrong_meta(case: Case, want: Seen, got: Seen) -> bool:
    """It is asked for, and cleanly refused by us."""
    asked = any(asks(text)(case, want, got) for text in (WRONG_META, '"b":["Date"]'))
    return asked and REFUSAL.search(json.dumps(got)) is not None


def shares_regexp(case: Case, want: Seen, got: Seen) -> bool:
    shared = asks('"regexp"', "referentialEqualities")(case, want, got)
    return shared or asks("Uint8Array", "referentialEqualities")(case, want, got)


def is_luck(case: Case, want: Seen, got: Seen) -> bool:
    """Refused as a duplicate by one of the two only."""
    refused = ["Duplicate id" in json.dumps(seen) for seen in (want, got)]
    return ODD_IDS in str(case["name"]) and refused[0] != refused[1]


def sort_frames(seen: Seen) -> Seen:
    frames = {
        key: sorted(group, key=json.dumps) for key, group in get_frames(seen).items()
    }
    return {**seen, "ws": frames}


def forget_user(seen: Seen) -> Seen:
    for frame in get_frames(seen).get("null", []):
        shape = cast("dict[str, dict[str, dict[str, object]]]", frame).get("error", {})
        data = shape.get("data") or shape.get("json", {}).get("data", {})
        cast("Seen", data).pop("user", None)
    return seen


def keep_first_events(seen: Seen) -> Seen:
    sse = cast("dict[str, list[Seen]]", seen.get("sse", {}))
    return {**seen, "sse": {"events": sse.get("events", [])[:2]}} if sse else seen


def forget_equalities(seen: Seen) -> Seen:
    def forget(fields: Seen) -> Seen:
        kept = {key: fields[key] for key in fields if key != "referentialEqualities"}
        if kept.get("meta") in ({}, {"v": 1}):
            del kept["meta"]
        return kept

    return cast("Seen", change_objects(seen, forget))


def group_equalities(seen: Seen) -> Seen:
    """Which places are equal, whichever of them is named first."""

    def group(fields: Seen) -> Seen:
        shared = fields.get("referentialEqualities")
        if not isinstance(shared, dict):
            return fields
        pairs = cast("dict[str, list[str]]", shared).items()
        groups = sorted(sorted((first, *others)) for first, others in pairs)
        return {**fields, "referentialEqualities": groups}

    return cast("Seen", change_objects(seen, group))


def change_objects(value: object, change: Callable[[Seen], Seen]) -> object:
    """Changes every object in a value, inner ones first."""
    if isinstance(value, list):
        return [change_objects(item, change) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("Seen", value).items()
    return change({key: change_objects(item, change) for key, item in fields})


def is_refused_origin(case: Case, want: Seen, got: Seen) -> bool:
    return got.get("status") == 403 and asks('"origin": "http://other.test"')(
        case, want, got
    )


def is_beyond_json(path: str) -> Callable[[Case, Seen, Seen], bool]:
    """Asked for, and refused by us (or streamed, until the first bigint that tRPC cannot send)."""

    def applies(case: Case, want: Seen, got: Seen) -> bool:
        refused = path == "stream.typed" or "INTERNAL_SERVER_ERROR" in json.dumps(got)
        return refused and asks(path, unless="/superjson")(case, want, got)

    return applies


def leaves_mount(case: Case, want: Seen, got: Seen) -> bool:
    del want
    path = str(cast("Seen", case.get("http", {})).get("path")).encode()
    mount = b"/" + path.split(b"/")[1] if path.startswith(b"/") else b""
    resolved = resolve_dots(path.partition(b"?")[0])
    return got.get("status") == 404 and not resolved.startswith(mount + b"/")


def cannot_be_written(case: Case, want: Seen, got: Seen) -> bool:
    del case
    return all(
        seen.get("status") == 500 and UNWRITTEN.search(json.dumps(seen))
        for seen in (want, got)
    )


def keep_shape(seen: Seen) -> Seen:
    def change(fields: Seen) -> Seen:
        if not UNWRITTEN.match(str(fields.get("message"))):
            return fields
        data = {**cast("Seen", fields["data"])}
        data.pop("path", None)
        return {**fields, "message": "<cannot be written>", "data": data}

    headers = cast("Seen", seen["headers"]).items()
    kept = {name: value for name, value in headers if not name.startswith("x-kit-")}
    return cast("Seen", change_objects({**seen, "headers": kept}, change))


def forget_type(seen: Seen) -> Seen:
    headers = {**cast("Seen", seen["headers"])}
    headers.pop("content-type", None)
    return {**seen, "headers": headers}


def drop_flags(text: str) -> str:
    found = REGEXP.fullmatch(text)
    return text if found is None else drop_flags(found[1] + found[2])


def hide_mangled(fields: Seen) -> Seen:
    """The result that the client can do nothing with, and our refusal of it."""
    error = cast("Seen", fields.get("error", {}))
    shape = cast("Seen", error.get("json", error))
    if str(shape.get("message")).startswith("Cannot return an async iterable"):
        return {"id": fields.get("id"), "streamed": True}
    result = fields.get("result")
    data = cast("Seen", result).get("data") if isinstance(result, dict) else None
    if isinstance(data, dict):
        inner = cast("Seen", data).get("json", cast("object", data))
        if isinstance(inner, dict) and set(cast("Seen", inner)) in MANGLED:
            return {"id": fields.get("id"), "streamed": True}
    return fields


def forget_entries(fields: Seen) -> Seen:
    return {} if set(fields) == {"entries"} else fields


def change_texts(value: object, change: Callable[[str], str]) -> object:
    """Changes every text in a value, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [change_texts(item, change) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("Seen", value).items()
    return {change(key): change_texts(item, change) for key, item in fields}


BAD_JSON = re.compile(
    r"Unexpected (token|end|non-whitespace|string|number)|Expected (property|double|',')|"
    r"Unterminated string|Bad (control|escaped|Unicode)|No number after|Exponent part|"
    r'"undefined" is not|"NaN" is not|Invalid (string|union)|Not an object|'
    r"The inputs? (is|are) not JSON|JSON is malformed|Input data was truncated|"
    r"Must be JSONRPC|Invalid (request id|procedure type)|"
    r"jsonEncoder received binary|Binary frames carry no JSON|"
    r"Cannot destructure property 'json'|a superjson payload is|Unterminated fractional|"
    r"Unknown transformation|superjson cannot make|Maximum call stack|superjson annotations|"
    r"Expected .* after"
)
REFUSED = re.compile("context refused|Invalid connection params|TRPCConnectionParams")
UNWRITTEN = re.compile(
    r"Detected property|Do not know how to serialize|Unable to serialize"
)
BAD_STATUS = re.compile(r"init\[|Response constructor|No answer can have the status")
HALF = re.compile("[\ud800-\udfff]")
REGEXP = re.compile(r"(/.*/[a-z]*?)[guyvd]+([a-z]*)", re.DOTALL)
REFUSAL = re.compile('"code": "(BAD_REQUEST|PARSE_ERROR)"')
MANGLED: tuple[set[str], ...] = (
    {"now", "soon"}, {"level", "next"}, {"title", "numbers", "total", "nothing"}, {"ok", "bad"}, {"when", "bigs"},
)  # fmt: skip
"""The fields of results that hold promises or iterables."""

"""Where Fairlead answers otherwise than tRPC's own server, and why: all of it, in one place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote

from tests.conformance.random_odd import ODD_IDS
from tests.conformance.random_superjson import WRONG_META
from tests.conformance.random_values import Case

__all__ = ["KNOWN", "KnownDifference", "Seen"]

Seen = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownDifference:
    """One difference that stays.

    Attributes:
        why: for the reader.
        applies: can it show in what these two saw (the reference first)?
        even_out: what was seen, without it.
    """

    name: str
    why: str
    applies: Callable[[Case, Seen, Seen], bool]
    even_out: Callable[[Seen], Seen]


def _hide_all(seen: Seen) -> Seen:
    del seen
    return {}


def _replace(pattern: re.Pattern[str], by: str) -> Callable[[Seen], Seen]:
    """Evens out every message that matches."""

    def change(fields: Seen) -> Seen:
        message = fields.get("message")
        if isinstance(message, str) and "code" in fields and pattern.match(message):
            return {**fields, "message": by}
        return fields

    return lambda seen: cast("Seen", _change_objects(seen, change))


def _says(pattern: re.Pattern[str]) -> Callable[[Case, Seen, Seen], bool]:
    """Both refuse in such words (the kit leaves the words of validation out by itself)."""

    def applies(case: Case, want: Seen, got: Seen) -> bool:
        del case
        found = (_replace(pattern, "")(seen) != seen for seen in (want, got))
        return all(found)

    return applies


def _get_asked(case: Case) -> str:
    """What a case asks for, without the escapes of URLs and JSON, its paths dotted."""
    asked = unquote(json.dumps(case, ensure_ascii=False))
    return asked.replace("\\", "").replace("~", ".")


def _asks(
    text: str, beside: str = "", unless: str | None = None
) -> Callable[[Case, Seen, Seen], bool]:
    def applies(case: Case, want: Seen, got: Seen) -> bool:
        del want, got
        asked = _get_asked(case)
        return text in asked and beside in asked and (not unless or unless not in asked)

    return applies


def _both_closed(case: Case, want: Seen, got: Seen) -> bool:
    del case
    return all(seen.get("closed by server") for seen in (want, got))


def _get_frames(seen: Seen) -> dict[str, list[object]]:
    return cast("dict[str, list[object]]", seen.get("ws", {}))


def _keep_refusal(seen: Seen) -> Seen:
    """Why the context was refused; the rest of the frames answers what came behind."""
    frames = _get_frames(seen).get("null", [])
    refusals = [frame for frame in frames if _REFUSED.search(json.dumps(frame))]
    return {**seen, "ws": {"null": refusals[:1]}}


def _refused_before_us(case: Case, want: Seen, got: Seen) -> bool:
    del want
    path = cast("Seen", case.get("http", {})).get("path")
    bare = got.get("status") == 400 and not got.get("headers")
    return bare and '"' in str(path)


def _has_wrong_meta(case: Case, want: Seen, got: Seen) -> bool:
    return any(_asks(text)(case, want, got) for text in (WRONG_META, '"b":["Date"]'))


def _shares_regexp(case: Case, want: Seen, got: Seen) -> bool:
    shared = _asks('"regexp"', "referentialEqualities")(case, want, got)
    return shared or _asks("Uint8Array", "referentialEqualities")(case, want, got)


def _is_luck(case: Case, want: Seen, got: Seen) -> bool:
    """Refused as a duplicate by one of the two only."""
    refused = ["Duplicate id" in json.dumps(seen) for seen in (want, got)]
    return ODD_IDS in str(case["name"]) and refused[0] != refused[1]


def _sort_frames(seen: Seen) -> Seen:
    frames = {
        key: sorted(group, key=json.dumps) for key, group in _get_frames(seen).items()
    }
    return {**seen, "ws": frames}


def _forget_user(seen: Seen) -> Seen:
    for frame in _get_frames(seen).get("null", []):
        shape = cast("dict[str, dict[str, dict[str, object]]]", frame).get("error", {})
        data = shape.get("data") or shape.get("json", {}).get("data", {})
        cast("Seen", data).pop("user", None)
    return seen


def _keep_failures(seen: Seen) -> Seen:
    """An answer has to come, and it must not be our fault."""
    return {"ran": "failed to run" not in seen}


def _keep_first_events(seen: Seen) -> Seen:
    sse = cast("dict[str, list[Seen]]", seen.get("sse", {}))
    return {**seen, "sse": {"events": sse.get("events", [])[:2]}} if sse else seen


def _forget_equalities(seen: Seen) -> Seen:
    def forget(fields: Seen) -> Seen:
        kept = {key: fields[key] for key in fields if key != "referentialEqualities"}
        if kept.get("meta") in ({}, {"v": 1}):
            del kept["meta"]
        return kept

    return cast("Seen", _change_objects(seen, forget))


def _group_equalities(seen: Seen) -> Seen:
    """Which places are equal, whichever of them is named first."""

    def group(fields: Seen) -> Seen:
        shared = fields.get("referentialEqualities")
        if not isinstance(shared, dict):
            return fields
        pairs = cast("dict[str, list[str]]", shared).items()
        groups = sorted(sorted((first, *others)) for first, others in pairs)
        return {**fields, "referentialEqualities": groups}

    return cast("Seen", _change_objects(seen, group))


def _change_objects(value: object, change: Callable[[Seen], Seen]) -> object:
    """Changes every object in a value, inner ones first."""
    if isinstance(value, list):
        return [_change_objects(item, change) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("Seen", value).items()
    return change({key: _change_objects(item, change) for key, item in fields})


_DOTS = re.compile(r"/\.{1,2}(/|\?|\")")
_BAD_JSON = re.compile(
    r"Unexpected (token|end|non-whitespace|string|number)|Expected (property|double|',')|"
    r"Unterminated string|Bad (control|escaped|Unicode)|No number after|Exponent part|"
    r'"undefined" is not|"NaN" is not|Invalid (string|union)|Not an object|'
    r"The inputs? (is|are) not JSON|JSON is malformed|Input data was truncated|"
    r"Must be JSONRPC|Invalid (request id|procedure type)|"
    r"jsonEncoder received binary|Binary frames carry no JSON|"
    r"Cannot destructure property 'json'|a superjson payload is|Unterminated fractional|"
    r"Detected property|superjson sends no property|Unknown transformation|superjson cannot make|Maximum call stack|superjson annotations|"
    r"Expected .* after"
)
_REFUSED = re.compile("context refused|Invalid connection params|TRPCConnectionParams")
_BAD_FORM = re.compile(
    r"Failed to parse body as FormData|The body is no multipart form"
)

KNOWN: tuple[KnownDifference, ...] = (
    KnownDifference(
        name="words about broken JSON",
        why="They are the parser's own, V8's there and pydantic-core's or msgspec's here; the "
        "code, the status and the path are the same.",
        applies=_says(_BAD_JSON),
        even_out=_replace(_BAD_JSON, "<broken JSON>"),
    ),
    KnownDifference(
        name="words about broken forms",
        why="As above: undici's there, ours say what is wrong.",
        applies=_says(_BAD_FORM),
        even_out=_replace(_BAD_FORM, "<broken form>"),
    ),
    KnownDifference(
        name="requests from pages of other origins",
        why="tRPC leaves them to the application; Fairlead refuses what Cors does not name.",
        applies=_asks('"origin": "http://other.test"'),
        even_out=_hide_all,
    ),
    *(
        KnownDifference(
            name=f"{path} without a transformer",
            why="Its values are beyond JSON. JSON.stringify drops, mangles or refuses them by "
            "kind; Pydantic has JSON for dates and exact integers, and refuses the rest.",
            applies=_asks(path, unless="/superjson"),
            even_out=_hide_all,
        )
        for path in ("types.sample", "stream.typed", "sub.typed")
    ),
    KnownDifference(
        name="flags of regular expressions",
        why="Python's have no g, u, y, v or d.",
        applies=_asks("/a+/gi"),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="superjson metas that superjson never writes",
        why="It goes on with what is left, or throws whatever JavaScript says; we refuse them.",
        applies=_has_wrong_meta,
        even_out=_keep_failures,
    ),
    KnownDifference(
        name="halves of characters",
        why="A lone surrogate is nothing that UTF-8 can hold; we refuse it as broken JSON.",
        applies=_asks("ud800"),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="regular expressions and bytes that are shared",
        why="Python makes one object of equal ones by itself, so it says nothing about them.",
        applies=_shares_regexp,
        even_out=_forget_equalities,
    ),
    KnownDifference(
        name="which of equal places is named first",
        why="JavaScript looks at keys that are numbers before all others, we go by their order.",
        applies=_asks("/superjson"),
        even_out=_group_equalities,
    ),
    KnownDifference(
        name="a property named __proto__ as a result",
        why="superjson throws while tRPC answers already, so its headers go out twice; we refuse it once.",
        applies=_asks("ctx.params", '{"__proto__":"x"}'),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="numbers that no double holds",
        why="JavaScript reads Infinity and writes null; we refuse them.",
        applies=_asks("1e400"),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="TRACE",
        why="Node has no Request for this method, so tRPC fails with 500; we say 405 or 404.",
        applies=_asks('"method": "TRACE"'),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="dots between slashes",
        why="URL of JavaScript takes `a/../b` for `b`; we look for what was asked, and find none.",
        applies=lambda case, want, got: bool(_DOTS.search(_get_asked(case))),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="the end of subscriptions that end with their first event",
        why="The end comes a millisecond later; how much those that never wait have sent by then, "
        "or whether they are over, is a matter of luck.",
        applies=_asks('"path": "/once/'),
        even_out=_keep_first_events,
    ),
    *(
        KnownDifference(
            name=f"{path} over WebSocket",
            why="JSON.stringify makes {} of a promise, so the client gets an answer that never "
            "completes. Fairlead says that such a result needs httpBatchStreamLink.",
            applies=_asks(f'"path":"{path}"'),
            even_out=_hide_all,
        )
        for path in (
            "stream.promises",
            "stream.nested",
            "stream.mixed",
            "stream.rejects",
            "stream.typed",
        )
    ),
    KnownDifference(
        name="dates that are none",
        why="JavaScript has an invalid date for them, which travels back as null; we refuse.",
        applies=_asks('"values":["Date"]', beside='"json":"x"'),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="a form as a result",
        why="JSON.stringify makes {} of FormData; ours is a dataclass with its entries.",
        applies=_asks("echoMut", beside='"form"'),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="calls behind a refused context",
        why="Both answer those that arrive before the close; how many do is a matter of luck.",
        applies=_both_closed,
        even_out=_keep_refusal,
    ),
    KnownDifference(
        name="the order of a duplicate's refusal",
        why="tRPC refuses it while the first one still waits for its context; we had that "
        "context by then, and say first that the first one has started.",
        applies=_asks("sub.hold"),
        even_out=_sort_frames,
    ),
    KnownDifference(
        name="an id that may still be in use",
        why="Whether the first is over when the second comes is a matter of luck.",
        applies=_is_luck,
        even_out=_hide_all,
    ),
    KnownDifference(
        name="the order among calls of one id",
        why="Those that run at the same time answer when they are ready.",
        applies=_asks(ODD_IDS),
        even_out=_sort_frames,
    ),
    KnownDifference(
        name="quotes in URLs",
        why="No client sends them unescaped. HTTP servers that are strict refuse such a URL "
        "before Fairlead sees it.",
        applies=_refused_before_us,
        even_out=_hide_all,
    ),
    KnownDifference(
        name="GET with a body in pieces",
        why="No client sends one. A server may hang up when the answer is there before the body.",
        applies=lambda case, want, got: (
            "failed to run" in got
            and _asks('"method": "GET"', '"chunked": true')(case, want, got)
        ),
        even_out=_hide_all,
    ),
    KnownDifference(
        name="the user in errors of no call",
        why="Whether the context is there when the first bad message is, is a matter of luck.",
        applies=_asks('"ws"'),
        even_out=_forget_user,
    ),
)

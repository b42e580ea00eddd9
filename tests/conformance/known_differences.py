"""Where Fairlead answers otherwise than tRPC's own server, and why: all of it, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from tests.conformance.evening_out import (
    BAD_JSON,
    BAD_STATUS,
    HALF,
    Seen,
    asks,
    both_closed,
    cannot_be_written,
    change_objects,
    change_texts,
    drop_flags,
    forget_entries,
    forget_equalities,
    forget_type,
    forget_user,
    group_equalities,
    has_wrong_meta,
    hide_all,
    hide_mangled,
    is_beyond_json,
    is_luck,
    is_refused_origin,
    keep_first_events,
    keep_refusal,
    keep_shape,
    leaves_mount,
    refused_before_us,
    replace,
    says,
    shares_regexp,
    sort_frames,
)
from tests.conformance.random_odd import ODD_IDS
from tests.conformance.random_values import Case

__all__ = ["KNOWN", "KnownDifference", "Seen"]


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


KNOWN: tuple[KnownDifference, ...] = (
    KnownDifference(
        name="words about broken JSON",
        why="They are the parser's own, V8's there and pydantic-core's or msgspec's here; the "
        "code, the status and the path are the same.",
        applies=says(BAD_JSON),
        even_out=replace(BAD_JSON, "<broken JSON>"),
    ),
    KnownDifference(
        name="requests from pages of other origins",
        why="tRPC leaves them to the application; Fairlead refuses what Cors does not name.",
        applies=is_refused_origin,
        even_out=hide_all,
    ),
    *(
        KnownDifference(
            name=f"{path} without a transformer",
            why="Its values are beyond JSON. JSON.stringify drops, mangles or refuses them by "
            "kind; Pydantic has JSON for dates and exact integers, and refuses the rest.",
            applies=is_beyond_json(path),
            even_out=hide_all,
        )
        for path in ("types.sample", "stream.typed", "sub.typed")
    ),
    KnownDifference(
        name="flags of regular expressions",
        why="Python's have no g, u, y, v or d.",
        applies=asks('"regexp"'),
        even_out=lambda seen: cast("Seen", change_texts(seen, drop_flags)),
    ),
    KnownDifference(
        name="superjson metas that superjson never writes",
        why="It goes on with what is left, or throws whatever JavaScript says; we refuse them.",
        applies=has_wrong_meta,
        even_out=hide_all,
    ),
    KnownDifference(
        name="halves of characters",
        why="A lone surrogate is nothing that UTF-8 can hold: as everywhere in Python it is U+FFFD.",
        applies=asks("ud"),
        even_out=lambda seen: cast(
            "Seen", change_texts(seen, lambda text: HALF.sub("\ufffd", text))
        ),
    ),
    KnownDifference(
        name="regular expressions and bytes that are shared",
        why="Python makes one object of equal ones by itself, so it says nothing about them.",
        applies=shares_regexp,
        even_out=forget_equalities,
    ),
    KnownDifference(
        name="which of equal places is named first",
        why="JavaScript looks at keys that are numbers before all others, we go by their order.",
        applies=asks("/superjson"),
        even_out=group_equalities,
    ),
    KnownDifference(
        name="results that cannot be written",
        why="tRPC notices while it answers already, so its headers go out twice, and no path is "
        "named; the words about values beyond JSON are JavaScript's.",
        applies=cannot_be_written,
        even_out=keep_shape,
    ),
    KnownDifference(
        name="the type of errors for which no response can be made",
        why="tRPC sends JSON without a content-type, which browsers then guess.",
        applies=lambda case, want, got: (
            want.get("status") == got.get("status") == 500 and not want["headers"]
        ),
        even_out=forget_type,
    ),
    KnownDifference(
        name="words about a status that no response can have",
        why="They are those of the Fetch API.",
        applies=says(BAD_STATUS),
        even_out=replace(BAD_STATUS, "<bad status>"),
    ),
    KnownDifference(
        name="dots that lead out of the mount",
        why="tRPC cuts as many characters off as its prefix has, whatever they are; we find nothing.",
        applies=leaves_mount,
        even_out=hide_all,
    ),
    KnownDifference(
        name="the end of subscriptions that end with their first event",
        why="The end comes a millisecond later; how much those that never wait have sent by then, "
        "or whether they are over, is a matter of luck.",
        applies=asks('"path": "/once/'),
        even_out=keep_first_events,
    ),
    KnownDifference(
        name="promises and iterables inside a result over WebSocket",
        why="JSON.stringify makes {} of a promise, so the client gets an answer that never "
        "completes. Fairlead refuses such a result, as both do over HTTP.",
        applies=asks('"ws"', "stream."),
        even_out=lambda seen: cast("Seen", change_objects(seen, hide_mangled)),
    ),
    KnownDifference(
        name="a form as a result",
        why="JSON.stringify makes {} of FormData; ours is a dataclass with its entries.",
        applies=asks("echoMut", beside="form"),
        even_out=lambda seen: cast("Seen", change_objects(seen, forget_entries)),
    ),
    KnownDifference(
        name="calls behind a refused context",
        why="Both answer those that arrive before the close; how many do is a matter of luck.",
        applies=both_closed,
        even_out=keep_refusal,
    ),
    KnownDifference(
        name="the order of a duplicate's refusal",
        why="tRPC refuses it while the first one still waits for its context; we had that "
        "context by then, and say first that the first one has started.",
        applies=asks("sub.hold"),
        even_out=sort_frames,
    ),
    KnownDifference(
        name="an id that may still be in use",
        why="Whether the first is over when the second comes is a matter of luck.",
        applies=is_luck,
        even_out=hide_all,
    ),
    KnownDifference(
        name="the order among calls of one id",
        why="Those that run at the same time answer when they are ready.",
        applies=asks(ODD_IDS),
        even_out=sort_frames,
    ),
    KnownDifference(
        name="quotes in URLs",
        why="No client sends them unescaped. HTTP servers that are strict refuse such a URL "
        "before Fairlead sees it.",
        applies=refused_before_us,
        even_out=hide_all,
    ),
    KnownDifference(
        name="GET with a body in pieces",
        why="No client sends one. A server may hang up when the answer is there before the body.",
        applies=lambda case, want, got: (
            "failed to run" in got
            and asks('"method": "GET"', '"chunked": true')(case, want, got)
        ),
        even_out=hide_all,
    ),
    KnownDifference(
        name="the user in errors of no call",
        why="Whether the context is there when the first bad message is, is a matter of luck.",
        applies=asks('"ws"'),
        even_out=forget_user,
    ),
)

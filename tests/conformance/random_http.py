"""Random HTTP requests: one call or several, and something about them is off."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from tests.conformance.random_values import (
    BROKEN,
    CONNECTION_PARAMS,
    NO_INPUT,
    UPLOADS,
    choose_size,
    dump,
    encode_query,
    make_call,
    make_key,
)

__all__ = ["make_http"]


def make_http(rng: random.Random, mount: str) -> dict[str, object]:
    kind = rng.choices(("query", "mutation", "subscription", "upload"), (10, 7, 6, 1))[
        0
    ]
    if kind == "upload":
        return _make_upload(rng, mount)
    method = "POST" if kind == "mutation" else "GET"
    if rng.random() < 0.12:
        method = rng.choice(
            ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
        )
    is_batch = kind != "subscription" and rng.random() < 0.4
    calls = [
        make_call(rng, kind, mount) for _ in range(choose_size(rng) if is_batch else 1)
    ]
    headers = make_headers(rng, kind, is_batch=is_batch)
    spec: dict[str, object] = {"method": method, "headers": headers}
    query = make_query(rng, kind, is_batch=is_batch)
    body = _encode_input(rng, calls, is_batch=is_batch)
    carries_body = (
        method not in ("GET", "HEAD") if rng.random() < 0.96 else method == "GET"
    )
    if body is not None:
        if carries_body:
            spec["body"] = body
            spec["chunked"] = rng.random() < 0.2
        else:
            query.append("input=" + encode_query(rng, body))
    rng.shuffle(query)
    path = _make_path(rng, mount, [path for path, _ in calls])
    spec["path"] = path + ("?" + "&".join(query) if query else "")
    return spec


def _make_path(rng: random.Random, mount: str, paths: Sequence[str]) -> str:
    joined = ",".join(
        quote(path, safe=".~,/%" if rng.random() < 0.9 else "") for path in paths
    )
    if "%" in paths and rng.random() < 0.5:
        joined = joined.replace("%", "%25")
    chance = rng.random()
    if mount == "alt" and chance < 0.5:
        joined = joined.replace(".", "~")
    elif chance < 0.03:
        joined = joined.replace(",", "%2C").replace(".", "%2E")
    elif chance < 0.06:
        joined += rng.choice(
            ("/", "//", "%", "%zz", ",", "%2F", "%00", "%FF", ";x", "%C3%BC")
        )
    elif chance < 0.08:
        joined = rng.choice(("/", ",", "%2f")) + joined
    elif chance < 0.09:
        return f"/{mount}"
    return f"/{mount}/{joined}"


def make_headers(
    rng: random.Random, kind: str, *, is_batch: bool
) -> dict[str, str | None]:
    headers: dict[str, str | None] = {}
    if is_batch and kind == "query" and rng.random() < 0.4:
        headers["trpc-accept"] = "application/jsonl"
    for names, chance in _HEADERS:
        if rng.random() < chance:
            name, values = rng.choice(names)
            headers[name] = rng.choice(values)
    return headers


_HEADERS: Final[tuple[tuple[tuple[tuple[str, tuple[str | None, ...]], ...], float], ...]] = (
    ((("x-user", ("ada", "root", "", "é")),), 0.25),
    ((("x-kit-ctx-fail", ("1", "")),), 0.05),
    ((("x-kit-status", ("201", "299", "0")), ("x-kit-cookies", ("1", "2")), ("x-kit-vary", ("x-a",))), 0.08),
    (
        (
            (
                "content-type",
                (
                    "application/json", "application/json; charset=utf-8", "Application/JSON",
                    "application/json;", "application/jsonx", "text/plain", "", None,
                    "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream",
                    "application/json, text/plain", " application/json", "application/graphql",
                ),
            ),
        ),
        0.15,
    ),
    (
        (
            ("accept", ("*/*", "application/jsonl", "text/event-stream", "application/json, application/jsonl", "")),
            ("trpc-accept", ("application/jsonl", "application/json", "", "x")),
        ),
        0.12,
    ),
    ((("last-event-id", ("1", "3", "", "x", "ü")),), 0.06),
    ((("trpc-batch-mode", ("stream",)), ("origin", ("http://other.test",)), ("cookie", ("a=b; a",))), 0.05),
)  # fmt: skip


def make_query(rng: random.Random, kind: str, *, is_batch: bool) -> list[str]:
    query: list[str] = []
    if is_batch:
        query.append(
            "batch=1"
            if rng.random() < 0.95
            else rng.choice(("batch=true", "batch", "batch=%31"))
        )
    elif rng.random() < 0.03:
        query.append(rng.choice(("batch=1", "batch=0", "batch=", "batch=1&batch=0")))
    if rng.random() < 0.1:
        query.append("connectionParams=" + quote(rng.choice(CONNECTION_PARAMS)))
    if kind == "subscription" and rng.random() < 0.15:
        name = rng.choice(
            ("lastEventId", "Last-Event-Id", "last-event-id", "Last-Event-ID")
        )
        query.append(f"{name}={rng.choice(('1', '2', '', 'x', '%C3%BC', '+'))}")
    if rng.random() < 0.04:
        query.append(
            rng.choice(("x=1", "", "=", "input", "a%zz=1", "%", "x=%FF", "input=1"))
        )
    return query


def _encode_input(
    rng: random.Random,
    calls: Sequence[tuple[str, object]],
    *,
    is_batch: bool,
) -> str | None:
    if rng.random() < 0.04:
        return rng.choice(BROKEN)
    if is_batch:
        given = {
            str(index): value
            for index, (_, value) in enumerate(calls)
            if value is not NO_INPUT
        }
        if rng.random() < 0.03:
            return dump(
                rng.choice(([], None, 1, "x", list(given.values()), {"-1": 1, "00": 2}))
            )
        if rng.random() < 0.05 and given:
            given.pop(rng.choice(sorted(given)))
        return dump(given) if given or rng.random() < 0.5 else None
    value = calls[0][1]
    return None if value is NO_INPUT else dump(value)


def _make_upload(rng: random.Random, mount: str) -> dict[str, object]:
    path = rng.choice(
        (*UPLOADS, *UPLOADS, "echoMut", "touch", "ping", "nope", "sub.count")
    )
    spec: dict[str, object] = {"method": "POST" if rng.random() < 0.9 else "PUT"}
    query = rng.choice(("", "", "", "?batch=1", "?input=1", "?connectionParams=%7B%7D"))
    spec["path"] = f"/{mount}/{path}{query}"
    headers = make_headers(rng, "mutation", is_batch=False)
    if rng.random() < 0.5:
        spec["form"] = [
            [make_key(rng), _make_part(rng)] for _ in range(rng.randrange(4))
        ]
    else:
        headers.setdefault("content-type", "application/octet-stream")
        spec["body"] = rng.choice(("", "abc", "ü" * 10, "{}", "x" * 70_000))
        spec["chunked"] = rng.random() < 0.3
    spec["headers"] = headers
    return spec


def _make_part(rng: random.Random) -> object:
    if rng.random() < 0.6:
        return rng.choice(("", "v", "ü", "a\r\nb", "x" * 100))
    return {
        "filename": rng.choice(("a.txt", "ü.txt", "a b.txt", "")),
        "type": rng.choice(
            ("text/plain", "application/octet-stream", "text/plain;charset=utf-8")
        ),
        "text": rng.choice(("", "hi", "ü")),
    }

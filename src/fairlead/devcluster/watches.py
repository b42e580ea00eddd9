"""watch: the events of a collection as they happen, from any version still kept."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from functools import partial

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import ApiError, FieldError
from fairlead.devcluster.negotiation import YAML, choose_form, not_acceptable
from fairlead.devcluster.options import check_timeout
from fairlead.devcluster.pushing import push_watch
from fairlead.devcluster.representation import warn_deprecated
from fairlead.devcluster.request import Request, parse_int, parse_resource_version
from fairlead.devcluster.responses import Stream
from fairlead.devcluster.selection import select
from fairlead.devcluster.state import State
from fairlead.devcluster.target import Target
from fairlead.devcluster.watching import Schedule, Watcher, WatchOptions, frame


def watch_options(state: State, request: Request) -> WatchOptions:
    """Read and check the parameters of a watch request."""
    text, match = (
        request.param("resourceVersion"),
        request.param("resourceVersionMatch"),
    )
    initial = (
        request.flag("sendInitialEvents")
        if "sendInitialEvents" in request.query
        else None
    )
    problems = list(_problems(match, initial))
    if problems:
        raise err.invalid("meta.k8s.io", "ListOptions", "", problems)
    seconds = float(parse_int(request.param("timeoutSeconds") or "0"))
    if seconds <= 0:
        longest = state.limits.watch_seconds
        seconds = check_timeout(request) or random.uniform(longest, 2 * longest)  # noqa: S311 - spreads reconnects, no secret
    revision = parse_resource_version(text) if text else None
    return WatchOptions(revision, request.flag("allowWatchBookmarks"), initial, seconds)


def _problems(match: str, initial: bool | None) -> Iterator[FieldError]:
    path = "resourceVersionMatch"
    if initial is not None and match != "NotOlderThan":
        yield err.forbidden_field(
            path,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )
    elif match and initial is None:
        yield err.forbidden_field(
            path,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )


def watch_objects(target: Target) -> Stream:
    """Answer a watch of a collection."""
    form = choose_form(target.request.header("accept"))
    if form.media == YAML:
        raise not_acceptable()
    selection = select(target.request, target.resource, target.version)
    options = watch_options(target.state, target.request)
    warn_deprecated(target)
    watcher = Watcher(target, selection, form, options)
    return Stream(pull_watch(watcher), push=partial(push_watch, watcher))


async def pull_watch(watcher: Watcher) -> AsyncGenerator[bytes, None]:
    """Yield frames until the time is over, the resource changes or the server closes."""
    with watcher.running():
        yield b""  # the headers go out at once
        for piece in watcher.opening():
            yield piece
        if not watcher.ended:
            async for piece in _live(watcher):
                yield piece
            if farewell := watcher.farewell():
                yield farewell


async def _live(watcher: Watcher) -> AsyncIterator[bytes]:
    state, key = watcher.state, watcher.key
    schedule = Schedule.begin(watcher.options.seconds, state)
    while not watcher.is_over():
        waiter = state.bell.waiter(key)
        try:
            if piece := watcher.next_events():
                yield piece
                continue
            now = state.clock.steady()
            if watcher.ended or now >= schedule.end:
                return
            if now >= schedule.next_mark:
                if watcher.options.bookmarks:
                    yield watcher.bookmark()
                schedule.advance(now)
                continue
            await asyncio.wait([waiter], timeout=schedule.wait(now))
        finally:
            state.bell.forget(key, waiter)


def expired_stream(problem: ApiError) -> Stream:
    """Return a watch that says 410 and ends (for planned faults)."""

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield frame("ERROR", problem.status())

    return Stream(pieces())

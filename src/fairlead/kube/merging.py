"""Several namespaces as one: lists and live views of users who may not see them all."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec

from fairlead.errors import TRPCError
from fairlead.kube.frames import UNKNOWN_VERSION, FeedState, RawFrame, make_state, track
from fairlead.kube.objects import ListOptions
from fairlead.kube.scopes import Scope
from fairlead.kube.subscription import Subscription

__all__ = ["merge_lists", "merge_watches"]


class _Frame(msgspec.Struct, rename="camel"):
    type: str
    items: msgspec.Raw = msgspec.Raw(b"[]")
    upserts: msgspec.Raw = msgspec.Raw(b"[]")
    deletes: msgspec.Raw = msgspec.Raw(b"[]")
    state: str = "live"
    reason: str | None = None


_frame_decoder = msgspec.json.Decoder(_Frame)


@dataclass(slots=True)
class _Child:
    """The live view of one namespace."""

    namespace: str
    subscription: Subscription
    version: str = UNKNOWN_VERSION
    snapshot: bytes | None = None
    stale: str | None = None
    pending: asyncio.Task[RawFrame] | None = None


async def merge_watches(
    resolve: Callable[[], Awaitable[Scope]],
    open_child: Callable[[str | None], Subscription],
    recheck_seconds: float,
) -> AsyncGenerator[RawFrame]:
    """One stream of all namespaces that the user may see now; a change starts it anew.

    Raises:
        TRPCError: FORBIDDEN; there is none, or none is left.
    """
    while True:
        scope = await resolve()
        if scope.namespaces == ():
            raise TRPCError("FORBIDDEN", scope.reason)
        merged = _Merged(scope, open_child)
        try:
            while True:
                frames = await merged.read(recheck_seconds)
                for frame in frames or ():
                    yield frame
                if frames is None and (merged.broken or await resolve() != scope):
                    break  # what is seen has changed: a new snapshot replaces it
        finally:
            await merged.aclose()


class _Merged:
    """The children of one scope.

    Attributes:
        broken: a child has failed: its right was taken away, or its namespace is gone.
    """

    def __init__(
        self, scope: Scope, open_child: Callable[[str | None], Subscription]
    ) -> None:
        names: tuple[str | None, ...] = scope.namespaces or (None,)
        self._scope = scope
        self._children = [_Child(name or "", open_child(name)) for name in names]
        self._complete = False
        self._told: tuple[FeedState, str | None] = ("live", None)
        self.broken = False

    async def read(self, seconds: float) -> list[RawFrame] | None:
        """The frames that come next; None when none came in that time."""
        for child in self._children:
            if child.pending is None:
                child.pending = asyncio.ensure_future(anext(child.subscription))
        tasks = [child.pending for child in self._children if child.pending]
        done, _ = await asyncio.wait(
            tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        frames: list[RawFrame] = []
        for child in self._children:
            task = child.pending
            if task is None or task not in done:
                continue
            child.pending = None
            if task.exception() is not None:
                self.broken = True
                return None
            frames += self._take(child, task.result())
        return frames if done else None

    def _take(self, child: _Child, frame: RawFrame) -> list[RawFrame]:
        found = _frame_decoder.decode(frame.data.data)
        if found.type == "state":
            child.stale = found.reason or "" if found.state == "stale" else None
            return self._tell_state()
        child.version = frame.id
        if found.type == "snapshot":
            child.snapshot = bytes(found.items)
            return self._tell_snapshot()
        if not self._complete:
            return []
        return [
            track(
                self._get_version(),
                b"delta",
                b'"upserts":%b,"deletes":%b'
                % (bytes(found.upserts), bytes(found.deletes)),
            )
        ]

    def _tell_snapshot(self) -> list[RawFrame]:
        """All of it once all are there; one child alone cannot be replaced in a client."""
        if self._complete:
            self.broken = True
            return []
        parts = [child.snapshot for child in self._children]
        if None in parts:
            return []
        self._complete = True
        items = b",".join(part[1:-1] for part in parts if part and part != b"[]")
        for child in self._children:
            child.snapshot = b""
        frame = track(self._get_version(), b"snapshot", b'"items":[%b]' % items)
        return [frame, *self._tell_state()]

    def _tell_state(self) -> list[RawFrame]:
        lost = [child for child in self._children if child.stale is not None]
        state: FeedState = "stale" if lost else "live"
        reason = self._scope.reason
        if lost:
            reason = "; ".join(f"{child.namespace}: {child.stale}" for child in lost)
        if (state, reason) == self._told or not self._complete:
            return []
        self._told = (state, reason)
        return [make_state(self._get_version(), state, reason)]

    def _get_version(self) -> str:
        """Opaque to clients; nothing resumes from it, since one of many may be too old."""
        return ",".join(
            f"{child.namespace}={child.version}" for child in self._children
        )

    async def aclose(self) -> None:
        for child in self._children:
            if child.pending is not None:
                child.pending.cancel()
                with suppress(asyncio.CancelledError, StopAsyncIteration, TRPCError):
                    await child.pending
            await child.subscription.aclose()


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str
    continue_: str | None = msgspec.field(name="continue", default=None)


class _List(msgspec.Struct):
    items: msgspec.Raw
    metadata: _ListMetadata


_list_decoder = msgspec.json.Decoder(_List)


async def merge_lists(
    namespaces: tuple[str, ...],
    options: ListOptions,
    list_one: Callable[[str, ListOptions], Awaitable[bytes]],
) -> bytes:
    """One list, or a page of it, of several namespaces, in their order.

    Raises:
        TRPCError: BAD_REQUEST; the page token is none of ours.
    """
    index, token = _read_token(options.continue_, namespaces)
    left = options.limit
    parts: list[bytes] = []
    versions: list[str] = []
    following: str | None = None
    while index < len(namespaces):
        if left == 0:
            following = _make_token(namespaces[index], None)
            break
        page = replace(options, limit=left, continue_=token)
        found = _list_decoder.decode(await list_one(namespaces[index], page))
        items = bytes(found.items)
        versions.append(f"{namespaces[index]}={found.metadata.resource_version}")
        if items != b"[]":
            parts.append(items[1:-1])
        if left is not None:
            left = max(
                0, left - len(msgspec.json.decode(items, type=list[msgspec.Raw]))
            )
        token = found.metadata.continue_
        if token:
            following = _make_token(namespaces[index], token)
            break
        index += 1
    metadata = msgspec.json.encode(
        {
            "resourceVersion": ",".join(versions),
            "continue": following,
            "remainingItemCount": None,
        }
    )
    return b'{"items":[%b],"metadata":%b}' % (b",".join(parts), metadata)


def _make_token(namespace: str, token: str | None) -> str:
    text = msgspec.json.encode([namespace, token])
    return base64.urlsafe_b64encode(text).decode()


def _read_token(
    token: str | None, namespaces: tuple[str, ...]
) -> tuple[int, str | None]:
    if token is None:
        return 0, None
    try:
        namespace, inner = msgspec.json.decode(
            base64.urlsafe_b64decode(token), type=tuple[str, str | None]
        )
        return namespaces.index(namespace), inner
    except ValueError as error:  # also msgspec's and base64's own
        raise TRPCError(
            "BAD_REQUEST", "The page token is not valid any more: list from the start"
        ) from error

"""Several namespaces as one: lists and live views of users who may not see them all."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import msgspec

from fairlead.errors import TRPCError
from fairlead.kube.frames import RawFrame
from fairlead.kube.objects import ListOptions
from fairlead.kube.scopes import Scope
from fairlead.kube.subscription import Subscription

__all__ = ["follow_scope", "merge_lists"]


async def follow_scope(
    resolve: Callable[[], Awaitable[Scope]],
    open_one: Callable[[Scope], Subscription],
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
        subscription = open_one(scope)
        pending: asyncio.Task[RawFrame] | None = None
        try:
            while True:
                pending = pending or asyncio.ensure_future(anext(subscription))
                done, _ = await asyncio.wait([pending], timeout=recheck_seconds)
                if not done:
                    if await resolve() != scope:
                        break  # what is seen has changed: a new snapshot replaces it
                    continue
                task, pending = pending, None
                if task.exception() is not None:
                    # A right was taken away, a namespace is gone, or the server stops.
                    if isinstance(task.exception(), StopAsyncIteration):
                        return
                    break
                yield task.result()
        finally:
            if pending is not None:
                pending.cancel()
                with suppress(asyncio.CancelledError, StopAsyncIteration, TRPCError):
                    await pending
            await subscription.aclose()


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

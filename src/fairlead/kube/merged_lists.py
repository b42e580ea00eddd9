"""Several namespaces as one list, of users who may not see them all.

One that is broken does not cost the others: they are listed, and the metadata says what is missing
and why. A page of a merged list ends where its `limit` is reached, or where its time is up.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

import msgspec

from fairlead.errors import TRPCError
from fairlead.kube.errors import KubeError, KubeGoneError, KubeTimeoutError
from fairlead.kube.lists import MissingObjects
from fairlead.kube.objects import ListOptions
from fairlead.kube.scopes import Scope

__all__ = ["MergedList", "ask_each", "merge_lists"]

PATIENCE = 10.0
"""Seconds that the others wait for a namespace which does not answer."""
AT_ONCE = 32
"""Namespaces that are asked at once."""

T = TypeVar("T")
ListOne: TypeAlias = Callable[[str, ListOptions], Awaitable[bytes]]


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str
    continue_: str | None = msgspec.field(name="continue", default=None)


class _List(msgspec.Struct):
    items: msgspec.Raw
    metadata: _ListMetadata


_list_decoder = msgspec.json.Decoder(_List)
_items_decoder = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class _Token:
    """Where a page begins.

    Attributes:
        inner: the namespace's own token.
        has_come: has a namespace answered, on the pages before?
    """

    namespace: str
    inner: str | None
    has_come: bool

    def encode(self) -> str:
        text = msgspec.json.encode([self.namespace, self.inner, self.has_come])
        return base64.urlsafe_b64encode(text).decode()


@dataclass(slots=True)
class MergedList:
    """What came of several namespaces, in their order.

    Attributes:
        missing: what did not, and why.
        has_come: has a namespace answered, here or on the pages before?
    """

    missing: list[MissingObjects]
    has_come: bool
    _parts: list[bytes] = field(default_factory=list[bytes])
    _versions: list[str] = field(default_factory=list[str])
    _next: _Token | None = None
    _failure: KubeError | None = None

    def add(self, namespace: str, found: _List | KubeError) -> bool:
        """Adds what came of the next namespace; is that all there is of it?"""
        if isinstance(found, KubeError):
            self._failure = self._failure or found
            missing = MissingObjects(
                namespace=namespace, code=found.code, message=found.message
            )
            self.missing.append(missing)
            return True
        self.has_come = True
        items = bytes(found.items)
        self._versions.append(f"{namespace}={found.metadata.resource_version}")
        if items != b"[]":
            self._parts.append(items[1:-1])
        token = found.metadata.continue_
        if token:
            self._next = _Token(namespace, token, self.has_come)
        return not token

    def stop_before(self, namespace: str) -> None:
        """The page ends here; the next one begins with that namespace."""
        self._next = _Token(namespace, None, self.has_come)

    def check(self) -> None:
        """Is there something of a namespace, or more to come?

        Raises:
            KubeError: nothing has come, and nothing will.
        """
        if not self.has_come and self._next is None and self._failure is not None:
            raise self._failure

    def to_json(self) -> bytes:
        """`{items, metadata}` in the form of resource routers."""
        metadata = msgspec.json.encode(
            {
                "resourceVersion": ",".join(self._versions),
                "continue": None if self._next is None else self._next.encode(),
                "remainingItemCount": None,
                "missing": [each.model_dump() for each in self.missing],
            }
        )
        return b'{"items":[%b],"metadata":%b}' % (b",".join(self._parts), metadata)


async def merge_lists(
    scope: Scope, options: ListOptions, list_one: ListOne
) -> MergedList:
    """One list, or a page of it, of the several namespaces of a scope, in their order.

    Raises:
        TRPCError: BAD_REQUEST; the page token is none of ours.
        KubeError: no namespace has answered, or the page has expired.
    """
    namespaces = scope.namespaces or ()
    start, token = _read_token(options.continue_, namespaces)
    merged = MergedList([], token is not None and token.has_come)
    if scope.reason is not None and token is None:
        hidden = MissingObjects(namespace=None, code="FORBIDDEN", message=scope.reason)
        merged.missing.append(hidden)
    first = replace(options, continue_=None if token is None else token.inner)
    merge = _merge_all if options.limit is None else _merge_page
    await merge(merged, namespaces[start:], first, list_one)
    merged.check()
    return merged


async def _merge_all(
    merged: MergedList,
    namespaces: tuple[str, ...],
    options: ListOptions,
    list_one: ListOne,
) -> None:
    """All objects: the namespaces are asked at once."""
    first = namespaces[:1]

    async def ask(namespace: str) -> _List | KubeError:
        asked = options if namespace in first else replace(options, continue_=None)
        return await _ask(namespace, asked, list_one)

    answers = await ask_each(namespaces, ask)
    for namespace, found in zip(namespaces, answers, strict=True):
        if not merged.add(namespace, found):
            break


async def ask_each(
    namespaces: Sequence[str], ask: Callable[[str], Awaitable[T]]
) -> list[T | KubeError]:
    """Asks something of several namespaces, `AT_ONCE` of them at a time.

    Returns:
        The answers in the order of the namespaces; for one that is broken, or silent for `PATIENCE`
        seconds, the error.
    """
    slots = asyncio.Semaphore(AT_ONCE)

    async def wait_turn(namespace: str) -> T | KubeError:
        async with slots:
            return await _wait(ask(namespace))

    asking = [asyncio.ensure_future(wait_turn(each)) for each in namespaces]
    try:
        return await asyncio.gather(*asking)
    finally:
        for each in asking:
            each.cancel()


async def _merge_page(
    merged: MergedList,
    namespaces: tuple[str, ...],
    options: ListOptions,
    list_one: ListOne,
) -> None:
    """So many objects: one namespace is asked after the other, until the time is up."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    left, asked = options.limit or 0, options
    for namespace in namespaces:
        if left <= 0 or loop.time() >= until:
            merged.stop_before(namespace)
            return
        found = await _ask(namespace, replace(asked, limit=left), list_one)
        if not merged.add(namespace, found):
            return
        if isinstance(found, _List):
            left -= len(_items_decoder.decode(found.items))
        asked = replace(options, continue_=None)


async def _ask(
    namespace: str, options: ListOptions, list_one: ListOne
) -> _List | KubeError:
    found = await _wait(list_one(namespace, options))
    if isinstance(found, KubeGoneError) and options.continue_ is not None:
        raise found  # the page has expired: nothing is wrong with the namespace
    return found if isinstance(found, KubeError) else _list_decoder.decode(found)


async def _wait(answer: Awaitable[T]) -> T | KubeError:
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        return KubeTimeoutError("The cluster did not answer in time")
    except KubeError as error:
        return error


def _read_token(
    text: str | None, namespaces: tuple[str, ...]
) -> tuple[int, _Token | None]:
    if text is None:
        return 0, None
    try:
        namespace, inner, has_come = msgspec.json.decode(
            base64.urlsafe_b64decode(text), type=tuple[str, str | None, bool]
        )
        return namespaces.index(namespace), _Token(namespace, inner, has_come)
    except ValueError as error:  # also msgspec's and base64's own
        raise TRPCError(
            "BAD_REQUEST", "The page token is not valid any more: list from the start"
        ) from error

"""What a user may do with a kind: asked once, for many objects at once, or followed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress

from pydantic import BaseModel

from fairlead.access import Authorizer, Decision, ResourceAttributes
from fairlead.context import Request
from fairlead.kube.errors import KubeError
from fairlead.kube.policies import VERBS
from fairlead.kube.resource import ResourceInfo

__all__ = [
    "Permission",
    "PermissionTarget",
    "Permissions",
    "TargetPermissions",
    "ask_permissions",
    "follow",
]

SETTLE = (0.05, 0.25)
"""Seconds to wait after news: roles change in groups, and followers should not ask at once."""

Subresources = Mapping[str, tuple[str, ...]]
"""Verbs by subresource: `{"log": ("get",), "scale": ("get", "patch")}`."""


class Permission(BaseModel):
    """One right."""

    allowed: bool
    reason: str | None


class Permissions(BaseModel):
    """The rights of the caller on one kind, in one namespace or in all.

    Attributes:
        subresources: by subresource and verb, those that the router names.
    """

    get: Permission
    list: Permission
    watch: Permission
    create: Permission
    update: Permission
    patch: Permission
    delete: Permission
    subresources: dict[str, dict[str, Permission]]


class PermissionTarget(BaseModel):
    """What rights are asked about: one object, a namespace, or everything."""

    namespace: str | None = None
    name: str | None = None


class TargetPermissions(PermissionTarget):
    """The answer for one of them."""

    permissions: Permissions


async def ask_permissions(
    request: Request,
    info: ResourceInfo,
    subresources: Subresources,
    targets: list[PermissionTarget],
    *,
    max_age: float | None = None,
) -> list[Permissions]:
    """All rights on each target, in order; the cluster is asked once for each namespace."""
    authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
    rights = [
        right for each in targets for right in _list_rights(info, subresources, each)
    ]
    decisions = iter(await authorizer.review_many(request, rights, max_age=max_age))
    return [_read(subresources, decisions) for _ in targets]


def _list_rights(
    info: ResourceInfo, subresources: Subresources, target: PermissionTarget
) -> Iterator[ResourceAttributes]:
    pairs: list[tuple[str, str | None]] = [(verb, None) for verb in VERBS]
    pairs += [(verb, name) for name, verbs in subresources.items() for verb in verbs]
    for verb, subresource in pairs:
        yield ResourceAttributes.of(
            info,
            verb,
            subresource=subresource,
            namespace=target.namespace,
            name=target.name,
        )


def _read(subresources: Subresources, decisions: Iterator[Decision]) -> Permissions:
    found: dict[str, object] = {verb: _show(next(decisions)) for verb in VERBS}
    found["subresources"] = {
        name: {verb: _show(next(decisions)) for verb in verbs}
        for name, verbs in subresources.items()
    }
    return Permissions.model_validate(found)


def _show(decision: Decision) -> Permission:
    return Permission(allowed=decision.allowed, reason=decision.reason)


async def follow(
    request: Request, ask: Callable[[float], Awaitable[Permissions]]
) -> AsyncGenerator[Permissions]:
    """The rights now, and again whenever they differ.

    They are asked for anew when the engine says so, and every so often. An engine that does
    not answer for a while changes nothing: what is known stays.

    Args:
        ask: answers that are no older than so many seconds.

    Raises:
        TRPCError: the session has ended, or the first answer cannot be had.
    """
    authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
    news = asyncio.Event()
    stop = authorizer.on_change(request, news.set)
    last: Permissions | None = None
    try:
        while True:
            news.clear()
            try:
                now = await ask(authorizer.poll_seconds / 2)
            except KubeError:
                if last is None:
                    raise
                now = last
            if now != last:
                last = now
                yield now
            with suppress(TimeoutError):
                async with asyncio.timeout(authorizer.poll_seconds):
                    await news.wait()
            await asyncio.sleep(random.uniform(*SETTLE))  # noqa: S311
    finally:
        stop()

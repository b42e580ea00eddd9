"""Deleting many objects in one call: each for itself, with a result of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fairlead.access import ResourceAttributes
from fairlead.access.audit import DENIALS, Subject, note_allowed, note_denied
from fairlead.calling import Call
from fairlead.errors import ErrorCode, TRPCError
from fairlead.kube.errors import KubeNotFoundError
from fairlead.kube.names import check_name
from fairlead.kube.objects import DeleteOptions
from fairlead.kube.resource import Resource, get_info
from fairlead.kube.scopes import review
from fairlead.kube.user_kube import UserKube

__all__ = ["DeleteResult", "DeleteTarget", "delete_many"]

log = logging.getLogger("fairlead.kube")

AT_ONCE = 10


class DeleteTarget(BaseModel):
    """An object to delete; with a uid, only that very one.

    Attributes:
        resource_version: delete it only if it was not changed since.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    name: str
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None


class DeleteResult(BaseModel):
    """What became of one of them.

    Attributes:
        deleted: it is gone, or will be when its finalizers are done, or would be if it was only tried.
        code: the error's code; None when it was deleted, or was gone already.
    """

    name: str
    namespace: str | None
    deleted: bool
    code: ErrorCode | None
    message: str | None


Check: TypeAlias = "Callable[[str, str | None], Awaitable[None]]"
"""Given an object's name and namespace, raises why it has to stay."""


async def delete_many(  # noqa: PLR0913  keyword-only after what is deleted
    kube: UserKube,
    call: Call,
    resource: type[Resource],
    targets: list[DeleteTarget],
    options: DeleteOptions | None = None,
    *,
    check: Check | None = None,
) -> list[DeleteResult]:
    """Deletes objects; one that cannot be deleted does not keep the others.

    Each is checked, answered and recorded in the audit for itself.

    Args:
        options: of all of them; each target adds its own preconditions.
        check: asked for each that the caller may delete.
    """
    slots = asyncio.Semaphore(AT_ONCE)
    shared = options or DeleteOptions()

    async def delete_one(target: DeleteTarget) -> DeleteResult:
        async with slots:
            error = await _try(kube, call, resource, target, shared, check)
        return DeleteResult(
            name=target.name,
            namespace=target.namespace,
            deleted=error is None,
            code=error.code if error else None,
            message=error.message if error else None,
        )

    return await asyncio.gather(*(delete_one(target) for target in targets))


async def _try(  # noqa: PLR0913, PLR0917  as the function it serves
    kube: UserKube,
    call: Call,
    resource: type[Resource],
    target: DeleteTarget,
    options: DeleteOptions,
    check: Check | None,
) -> TRPCError | None:
    """Why an object was not deleted; an application's check that fails keeps that object alone."""
    try:
        return await _delete(kube, call, resource, target, options, check)
    except Exception:
        log.exception("%s/%s could not be deleted", target.namespace, target.name)
        return TRPCError(
            "INTERNAL_SERVER_ERROR", "Something went wrong: the server's log says what"
        )


async def _delete(  # noqa: PLR0913, PLR0917  as the function it serves
    kube: UserKube,
    call: Call,
    resource: type[Resource],
    target: DeleteTarget,
    options: DeleteOptions,
    check: Check | None,
) -> TRPCError | None:
    place = kube.place(resource, target.namespace)
    fields = {"namespace": place, "name": target.name}
    subject = Subject(call.request, call.path, call.kind, fields)
    right: ResourceAttributes | None = None
    try:
        name = check_name(target.name)
        decision = await review(call.request, get_info(resource), "delete", place, name)
        right = decision.right
        if not decision.allowed:
            raise TRPCError("FORBIDDEN", decision.reason)
        note_allowed(subject, decision)
        if check is not None:
            await check(name, place)
        own = replace(options, uid=target.uid, resource_version=target.resource_version)
        await kube.delete(resource, name, place, own)
    except TRPCError as error:
        if error.code in DENIALS:
            note_denied(subject, error, right)
        return None if is_gone(error) else error
    return None


def is_gone(error: TRPCError) -> bool:
    """Does the cluster say that there is no such object? Of a kind it does not serve it names none."""
    return isinstance(error, KubeNotFoundError) and bool(error.details.name)

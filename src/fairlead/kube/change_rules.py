"""Rules of an application that every write of a user keeps, whatever procedure it comes through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import msgspec

from fairlead.context import User
from fairlead.errors import TRPCError
from fairlead.kube.errors import KubeNotFoundError
from fairlead.kube.protection import Protection
from fairlead.kube.resource import Resource, ResourceInfo, get_info

if TYPE_CHECKING:
    from fairlead.kube.user_kube import UserKube

__all__ = ["Change", "ChangeRule", "WriteGuard"]

R_co = TypeVar("R_co", bound=Resource, covariant=True)

Verb = Literal["create", "update", "delete"]
Send = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[R_co]):
    """What a write would make of an object.

    Attributes:
        user: who writes.
        kube: the cluster with that user's rights, to look around in.
        before: the object as it is; None when it is created.
        after: as the cluster would keep it, told by a dry run; None when it is deleted.
    """

    user: User
    kube: UserKube
    before: R_co | None
    after: R_co | None


class ChangeRule(Generic[R_co]):
    """What users may make of objects of one kind, beside the rights that they have.

        async def keep_the_owner(change: Change[Project]) -> None:
            if change.before and change.after and change.before.spec.owner != change.after.spec.owner:
                raise TRPCError("FORBIDDEN", "A project stays with its owner")

        Kube.from_env(rules=[ChangeRule(Project, keep_the_owner)])

    It is asked before each create, update, patch, apply and delete of a user, through whatever
    procedure, of any version of the kind; a write of `scale` or `status` alone is none of its
    business. It costs a dry run of the write, and a read of the object.

    Args:
        check: refuses by raising a TRPCError.
    """

    def __init__(
        self,
        resource: type[R_co],
        check: Callable[[Change[R_co]], Awaitable[None]],
    ) -> None:
        info = get_info(resource)
        self.kind = (info.group, info.plural)

        def read(data: bytes | None) -> R_co | None:
            return None if data is None else resource.from_wire(data)

        async def ask(
            user: User, kube: UserKube, before: bytes | None, after: bytes | None
        ) -> None:
            change = Change(
                user=user, kube=kube, before=read(before), after=read(after)
            )
            await check(change)

        self.ask = ask


class _Metadata(msgspec.Struct):
    labels: dict[str, str] | None = None


class _Labelled(msgspec.Struct):
    metadata: _Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteGuard:
    """What stands before the writes of one user.

    Attributes:
        kube: the cluster with the user's rights, without this guard.
    """

    user: User
    kube: UserKube
    rules: Mapping[tuple[str, str], Sequence[ChangeRule[Resource]]]
    protection: Protection | None

    async def check(
        self,
        verb: Verb,
        info: ResourceInfo,
        read: Send | None,
        attempt: Send | None,
    ) -> None:
        """Asks whether a write is allowed.

        Args:
            read: reads the object as it is; None of a new one.
            attempt: makes the write as a dry run; None where its answer is no such object.

        Raises:
            TRPCError: it is not.
            KubeError: the write would fail anyway, and so.
        """
        rules = self.rules.get((info.group, info.plural), ())
        if not rules and (self.protection is None or read is None):
            return
        before = None if read is None else await _find(read)
        if before is None and verb == "delete":
            return  # the write itself says that there is none
        kept = before is not None and self._is_kept(before, verb)
        after = await attempt() if attempt and (rules or kept) else None
        if kept and before is not None and after is not None:
            self._check_label(before, after)
        if verb != "delete" and after is None:
            return
        for rule in rules:
            await rule.ask(self.user, self.kube, before, after)

    def _is_kept(self, before: bytes, verb: Verb) -> bool:
        """Has the object a label of protection, that an update may not take away?"""
        if self.protection is None or verb == "create":
            return False
        labels = _read_labels(before)
        reason = self.protection.explain(labels, verb)
        if reason is not None:
            raise TRPCError("FORBIDDEN", reason)
        return self.protection.explain(labels, "delete") is not None

    def _check_label(self, before: bytes, after: bytes) -> None:
        """What is protected from deletion only cannot be stripped of that by an update."""
        protection = self.protection
        if protection is None:
            return
        label = protection.label
        if _read_labels(before).get(label) != _read_labels(after).get(label):
            raise TRPCError(
                "FORBIDDEN",
                f"The label {label} is changed in the cluster, not from here",
            )


async def _find(read: Send) -> bytes | None:
    try:
        return await read()
    except KubeNotFoundError:
        return None


def _read_labels(data: bytes) -> Mapping[str, str]:
    return msgspec.json.decode(data, type=_Labelled).metadata.labels or {}

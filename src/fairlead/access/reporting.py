"""Who may call what, as data: for a table, for JSON, and to compare two versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgspec

from fairlead.access.policy import AccessRequest, AssumesInput, Policy, public
from fairlead.calling import CompiledProcedure
from fairlead.context import Request, UserContext
from fairlead.errors import FairleadError, TRPCError

__all__ = ["Change", "Report", "ReportError", "Row", "compare", "decide", "declare"]


class ReportError(FairleadError):
    """A saved report cannot be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One procedure.

    Attributes:
        access: the policy, as it is declared.
        allowed: None where nobody was asked about, or where the input decides.
        reason: why not, or why it cannot be told.
    """

    path: str
    kind: str
    access: str
    allowed: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All procedures of an application, and whom it is about."""

    user: str | None = None
    groups: tuple[str, ...] = ()
    namespace: str | None = None
    rows: tuple[Row, ...]

    def to_json(self) -> str:
        """To be saved and compared later."""
        return json.dumps({"version": 1, **asdict(self)}, indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """A saved report.

        Raises:
            ReportError: it is none.
        """
        try:
            return msgspec.json.decode(text, type=Report)
        except msgspec.DecodeError as error:
            raise ReportError(f"this is no saved access report: {error}") from error


def declare(procedures: Mapping[str, CompiledProcedure]) -> Report:
    """What is declared; nobody is asked about."""
    return Report(rows=tuple(_declare(each) for each in procedures.values()))


async def decide(
    procedures: Mapping[str, CompiledProcedure],
    request: Request,
    namespace: str | None = None,
) -> Report:
    """What the user of a request may call, in one namespace or in all.

    Raises:
        KubeError: the cluster that decides did not answer.
    """
    user = request.user
    rows = [await _decide(each, request, namespace) for each in procedures.values()]
    return Report(
        user=user.name if user else None,
        groups=user.groups if user else (),
        namespace=namespace,
        rows=tuple(rows),
    )


def _declare(procedure: CompiledProcedure, **decision: Any) -> Row:
    access = repr(procedure.options.access)
    resource = getattr(procedure.router, "resource", None)
    if isinstance(resource, type):
        access = access.replace("the router's resource", resource.__name__)
    return Row(
        path=procedure.path,
        kind=procedure.kind,
        access=access,
        **decision,
    )


async def _decide(
    procedure: CompiledProcedure, request: Request, namespace: str | None
) -> Row:
    policy = procedure.options.access or public
    if request.user is None and issubclass(procedure.context_type, UserContext):
        return _declare(procedure, allowed=False, reason="Sign in first")
    asked = AccessRequest(
        request=request,
        path=procedure.path,
        input=_assume(policy, namespace),
        router=procedure.router,
    )
    try:
        decision = await policy.decide(asked)
    except TRPCError as error:
        if error.code not in ("FORBIDDEN", "UNAUTHORIZED"):
            raise
        return _declare(procedure, allowed=False, reason=error.message)
    except (KeyError, TypeError, AttributeError):
        # A policy that looks at an input that there is none of here.
        return _declare(procedure, reason="It depends on the input")
    reason = None if decision.allowed else decision.reason
    return _declare(procedure, allowed=decision.allowed, reason=reason)


def _assume(policy: Policy, namespace: str | None) -> Mapping[str, object]:
    found: dict[str, object] = {}
    if namespace is not None:
        found["namespace"] = namespace
        if isinstance(policy, AssumesInput):
            policy.assume(found, namespace)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differs between two reports at one procedure; None where it was not, or is not."""

    kind: Literal["added", "removed", "changed"]
    path: str
    old: Row | None
    new: Row | None

    @property
    def is_wider(self) -> bool:
        """May somebody call now what he could not before?"""
        if self.new is None:
            return False
        if self.new.allowed is not None:
            return self.new.allowed and (self.old is None or not self.old.allowed)
        return self.new.access == repr(public) and (
            self.old is None or self.old.access != self.new.access
        )


def compare(old: Report, new: Report) -> Iterator[Change]:
    """The differences, by path.

    Raises:
        ReportError: they are about different users or places.
    """
    about = [(each.user, each.groups, each.namespace) for each in (old, new)]
    if about[0] != about[1]:
        raise ReportError(
            f"the reports are not about the same: {about[0]} and {about[1]}"
        )
    before = {row.path: row for row in old.rows}
    after = {row.path: row for row in new.rows}
    for path in sorted(before | after):
        was, now = before.get(path), after.get(path)
        if was is None or now is None:
            kind: Literal["added", "removed"] = "added" if was is None else "removed"
            yield Change(kind=kind, path=path, old=was, new=now)
        elif (was.kind, was.access, was.allowed) != (now.kind, now.access, now.allowed):
            yield Change(kind="changed", path=path, old=was, new=now)

"""Policies: who may call a procedure. Nothing is reachable without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fairlead.context import Request

__all__ = [
    "AccessRequest",
    "Decision",
    "Policy",
    "all_of",
    "any_of",
    "authenticated",
    "public",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """The question put to a policy.

    Attributes:
        path: the procedure's wire path.
        input: the validated input's fields; empty for a policy that needs none.
        router: the router class the procedure was called on.
    """

    request: Request
    path: str
    input: Mapping[str, object]
    router: type


@dataclass(frozen=True, slots=True)
class Decision:
    """A policy's answer.

    Attributes:
        reason: of a denial: what is missing, in words a person can act on.
        needs_user: the denial is for want of a user (UNAUTHORIZED, not FORBIDDEN).
    """

    allowed: bool
    reason: str | None = None
    needs_user: bool = False


ALLOWED = Decision(allowed=True)


@runtime_checkable
class Policy(Protocol):
    """Decides about one call before the procedure's body runs."""

    @property
    def needs_input(self) -> bool:
        """True when the decision depends on the input: it is then taken after validation."""
        ...

    async def decide(self, request: AccessRequest) -> Decision:
        """Allows or denies."""
        ...


@dataclass(frozen=True, slots=True)
class _Public:
    needs_input: bool = False

    async def decide(self, request: AccessRequest) -> Decision:
        del request
        return ALLOWED

    def __repr__(self) -> str:
        return "public"


@dataclass(frozen=True, slots=True)
class _Authenticated:
    needs_input: bool = False

    async def decide(self, request: AccessRequest) -> Decision:
        if request.request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        return ALLOWED

    def __repr__(self) -> str:
        return "authenticated"


public: Policy = _Public()
"""Everybody, signed in or not."""

authenticated: Policy = _Authenticated()
"""Everybody who is signed in."""


@dataclass(frozen=True, slots=True)
class _AllOf:
    policies: tuple[Policy, ...]

    @property
    def needs_input(self) -> bool:
        return any(policy.needs_input for policy in self.policies)

    async def decide(self, request: AccessRequest) -> Decision:
        for policy in self.policies:
            decision = await policy.decide(request)
            if not decision.allowed:
                return decision
        return ALLOWED


@dataclass(frozen=True, slots=True)
class _AnyOf:
    policies: tuple[Policy, ...]

    @property
    def needs_input(self) -> bool:
        return any(policy.needs_input for policy in self.policies)

    async def decide(self, request: AccessRequest) -> Decision:
        denials: list[Decision] = []
        for policy in self.policies:
            decision = await policy.decide(request)
            if decision.allowed:
                return decision
            denials.append(decision)
        reasons = [denial.reason for denial in denials if denial.reason]
        return Decision(
            allowed=False,
            reason="; or ".join(reasons) or None,
            needs_user=any(denial.needs_user for denial in denials),
        )


def all_of(*policies: Policy) -> Policy:
    """Allows when every policy does."""
    return _AllOf(_at_least_one(policies))


def any_of(*policies: Policy) -> Policy:
    """Allows when one policy does."""
    return _AnyOf(_at_least_one(policies))


def _at_least_one(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    if not policies:
        raise ValueError("all_of() and any_of() need at least one policy")
    return policies

"""Policies: who may call a procedure. Nothing is reachable without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from msgspec import Struct

from fairlead.access.rights import ResourceAttributes
from fairlead.context import Request

__all__ = [
    "AccessRequest",
    "AssumesInput",
    "ChecksFields",
    "Decision",
    "Policy",
    "Verdict",
    "all_of",
    "any_of",
    "authenticated",
    "custom",
    "public",
]


class AccessRequest(Struct, frozen=True, kw_only=True):
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


class Decision(Struct, frozen=True):
    """A policy's answer.

    Attributes:
        reason: of a denial: what is missing, in words a person can act on.
        needs_user: the denial is for want of a user (UNAUTHORIZED, not FORBIDDEN).
        right: what was asked of the engine, for the audit record.
    """

    allowed: bool
    reason: str | None = None
    needs_user: bool = False
    right: ResourceAttributes | None = None


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


@runtime_checkable
class ChecksFields(Protocol):
    """A policy that can tell, when the application is made, that it names no input field."""

    def check_fields(self, fields: frozenset[str], owner: str) -> None:
        """Raises DefinitionError, naming the procedure (`owner`) and the cure."""
        ...


@runtime_checkable
class AssumesInput(Protocol):
    """A policy that can say what input would be about a namespace, for reports."""

    def assume(self, fields: dict[str, object], namespace: str) -> None:
        """Adds the fields that it would read the namespace from."""
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


Verdict: TypeAlias = "bool | str | Decision"
"""What a policy function answers: yes or no, a reason to refuse, or a whole decision."""


@dataclass(frozen=True, slots=True)
class _Custom:
    function: Callable[[AccessRequest], Verdict | Awaitable[Verdict]]
    needs_input: bool

    async def decide(self, request: AccessRequest) -> Decision:
        if request.request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        verdict = self.function(request)
        if isinstance(verdict, Awaitable):
            verdict = await verdict
        if isinstance(verdict, Decision):
            return verdict
        if isinstance(verdict, str):
            return Decision(allowed=False, reason=verdict)
        # Whatever else a function answers is no permission.
        return ALLOWED if verdict is True else Decision(allowed=False)

    def __repr__(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))


def custom(
    function: Callable[[AccessRequest], Verdict | Awaitable[Verdict]],
    *,
    needs_input: bool = True,
) -> Policy:
    """A policy of your own: a function, async or not, of the signed-in user's call.

        @custom
        def office_hours(request: AccessRequest) -> Verdict:
            return 8 <= datetime.now().hour < 18 or "Deployments run from 8 to 18 o'clock"

    Nobody who has not signed in gets as far; `True` alone allows, and a text is the reason
    why not.

    Args:
        needs_input: False for a decision that can be taken before the input is read.
    """
    return _Custom(function, needs_input)


@dataclass(frozen=True, slots=True)
class _Combined:
    policies: tuple[Policy, ...]

    @property
    def needs_input(self) -> bool:
        return any(policy.needs_input for policy in self.policies)

    def check_fields(self, fields: frozenset[str], owner: str) -> None:
        for policy in self.policies:
            if isinstance(policy, ChecksFields):
                policy.check_fields(fields, owner)

    def assume(self, fields: dict[str, object], namespace: str) -> None:
        for policy in self.policies:
            if isinstance(policy, AssumesInput):
                policy.assume(fields, namespace)

    def show(self, name: str) -> str:
        return f"{name}({', '.join(map(repr, self.policies))})"


@dataclass(frozen=True, slots=True, repr=False)
class _AllOf(_Combined):
    async def decide(self, request: AccessRequest) -> Decision:
        found = ALLOWED
        for policy in self.policies:
            decision = await policy.decide(request)
            if not decision.allowed:
                return decision
            if decision.right is not None:
                found = decision
        return found

    def __repr__(self) -> str:
        return self.show("all_of")


@dataclass(frozen=True, slots=True, repr=False)
class _AnyOf(_Combined):
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
            right=next((denial.right for denial in denials if denial.right), None),
        )

    def __repr__(self) -> str:
        return self.show("any_of")


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

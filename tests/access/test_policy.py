"""Policies and their combination."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from fairlead import Request, Router, Services, User, authenticated, public
from fairlead.access import (
    AccessRequest,
    Authorizer,
    Decision,
    ResourceAttributes,
    all_of,
    any_of,
    can,
)


@dataclass(frozen=True)
class Description:
    group: str
    plural: str


class Described:
    __resource__: ClassVar[Description] = Description("apps", "deployments")


class OnlyTeamA:
    """A local engine: everything in team-a, nothing elsewhere."""

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        self.last = attributes
        if attributes.namespace == "team-a":
            return Decision(allowed=True)
        return Decision(allowed=False, reason=f"not in {attributes.namespace}")


def ask(
    user: str | None = None, engine: OnlyTeamA | None = None, **fields: object
) -> AccessRequest:
    services = Services()
    if engine is not None:
        services.add(engine, as_type=Authorizer)
    return AccessRequest(
        request=Request(user=User(name=user) if user else None, services=services),
        path="a.b",
        input=fields,
        router=Router,
    )


async def test_public_and_authenticated() -> None:
    assert (await public.decide(ask())).allowed
    denial = await authenticated.decide(ask())
    assert not denial.allowed
    assert denial.needs_user
    assert (await authenticated.decide(ask("ann"))).allowed


async def test_can_asks_the_engine_with_namespace_and_name_of_the_input() -> None:
    engine = OnlyTeamA()
    policy = can("patch", Described)
    assert (
        await policy.decide(ask("ann", engine, namespace="team-a", name="x"))
    ).allowed
    assert engine.last == ResourceAttributes(
        verb="patch", group="apps", plural="deployments", namespace="team-a", name="x"
    )
    denial = await policy.decide(ask("ann", engine, namespace="team-b"))
    assert denial == Decision(allowed=False, reason="not in team-b")


async def test_can_needs_a_user_first() -> None:
    assert (await can("get", Described).decide(ask())).needs_user


async def test_can_without_a_resource_denies() -> None:
    denial = await can("get").decide(ask("ann", OnlyTeamA()))
    assert not denial.allowed
    assert denial.reason is not None
    assert "names no resource" in denial.reason


async def test_all_of_and_any_of() -> None:
    engine = OnlyTeamA()
    here = ask("ann", engine, namespace="team-a")
    there = ask("ann", engine, namespace="team-b")
    both = all_of(authenticated, can("get", Described))
    assert (await both.decide(here)).allowed
    assert not (await both.decide(there)).allowed
    assert (await any_of(can("get", Described), public).decide(there)).allowed
    denial = await any_of(can("get", Described)).decide(there)
    assert denial.reason == "not in team-b"
    with pytest.raises(ValueError, match="at least one"):
        all_of()

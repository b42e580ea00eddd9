"""Policies and their combination."""

from typing import Any

import pytest
from pydantic import BaseModel

from fairlead import (
    Context,
    DefinitionError,
    Request,
    Router,
    Services,
    TRPCError,
    User,
    authenticated,
    create_caller,
    mutation,
    public,
    query,
)
from fairlead.access import (
    AccessRequest,
    Decision,
    Engine,
    Kind,
    Policy,
    ResourceAttributes,
    Verdict,
    all_of,
    any_of,
    can,
    custom,
)
from fairlead.compiling import compile_router

DEPLOYMENTS = Kind(group="apps", plural="deployments")
NODES = Kind(plural="nodes", namespaced=False)
NAMESPACES = Kind(plural="namespaces", namespaced=False)


class OnlyTeamA(Engine):
    """A local engine: everything in team-a, nothing elsewhere."""

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        self.last = attributes
        if attributes.namespace == "team-a":
            return Decision(allowed=True, right=attributes)
        return Decision(allowed=False, reason=f"not in {attributes.namespace}")


def ask(
    user: str | None = None, engine: OnlyTeamA | None = None, **fields: object
) -> AccessRequest:
    services = Services()
    if engine is not None:
        services.add(engine)
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
    policy = can("patch", DEPLOYMENTS)
    assert (
        await policy.decide(ask("ann", engine, namespace="team-a", name="x"))
    ).allowed
    assert engine.last == ResourceAttributes(
        verb="patch", group="apps", plural="deployments", namespace="team-a", name="x"
    )
    denial = await policy.decide(ask("ann", engine, namespace="team-b"))
    assert denial == Decision(allowed=False, reason="not in team-b")


async def test_can_needs_a_user_first() -> None:
    assert (await can("get", DEPLOYMENTS).decide(ask())).needs_user


async def test_can_without_a_resource_denies() -> None:
    denial = await can("get").decide(ask("ann", OnlyTeamA()))
    assert not denial.allowed
    assert denial.reason is not None
    assert "names no resource" in denial.reason


async def test_all_of_and_any_of() -> None:
    engine = OnlyTeamA()
    here = ask("ann", engine, namespace="team-a")
    there = ask("ann", engine, namespace="team-b")
    both = all_of(authenticated, can("get", DEPLOYMENTS))
    assert (await both.decide(here)).allowed
    assert not (await both.decide(there)).allowed
    assert (await any_of(can("get", DEPLOYMENTS), public).decide(there)).allowed
    denial = await any_of(can("get", DEPLOYMENTS)).decide(there)
    assert denial.reason == "not in team-b"
    with pytest.raises(ValueError, match="at least one"):
        all_of()
    assert repr(both) == "all_of(authenticated, can('get', deployments.apps))"


class Target(BaseModel):
    namespace: str
    stage: str


@pytest.mark.parametrize(
    ("policy", "namespace", "name"),
    [
        (can("get", DEPLOYMENTS, namespace="team", name="app"), "team-a", "shop"),
        (can("get", DEPLOYMENTS, namespace="target.namespace"), "team-a", None),
        (can("get", DEPLOYMENTS, namespace="target.namespace", name="target.stage"), "team-a", "prod"),
        (can("get", DEPLOYMENTS, namespace=lambda _: "team-a", name=None), "team-a", None),
        (can("create", DEPLOYMENTS, namespace="team", name="app"), "team-a", None),
    ],
)  # fmt: skip
async def test_can_takes_namespace_and_name_from_where_it_is_told(
    policy: Policy, namespace: str, name: str | None
) -> None:
    engine = OnlyTeamA()
    target = Target(namespace="team-a", stage="prod")
    assert (
        await policy.decide(
            ask("ann", engine, team="team-a", app="shop", target=target)
        )
    ).allowed
    assert (engine.last.namespace, engine.last.name) == (namespace, name)


async def test_can_without_a_namespace_asks_for_the_default_one_but_lists_all() -> None:
    engine = OnlyTeamA()
    engine.default_namespace = "team-a"
    assert (await can("patch", DEPLOYMENTS).decide(ask("ann", engine))).allowed
    assert not (await can("list", DEPLOYMENTS).decide(ask("ann", engine))).allowed
    everywhere = can("patch", DEPLOYMENTS, namespace=None)
    assert not (await everywhere.decide(ask("ann", engine))).allowed


async def test_a_namespace_gives_no_right_on_what_is_of_the_whole_cluster() -> None:
    engine = OnlyTeamA()
    here = ask("ann", engine, namespace="team-a", name="n1")
    assert not (await can("get", NODES).decide(here)).allowed
    assert engine.last.namespace is None
    # A Namespace is asked for inside itself, as an API server does.
    named = ask("ann", engine, name="team-a")
    assert (await can("get", NAMESPACES).decide(named)).allowed


def test_a_mapping_that_names_no_field_is_refused_when_the_application_is_made() -> (
    None
):
    class Misspelt(Router[Context]):
        @mutation(access=any_of(can("patch", DEPLOYMENTS, namespace="taem"), public))
        async def deploy(self, team: str) -> None: ...

    with pytest.raises(DefinitionError, match=r"no input field 'taem'.*are: team"):
        compile_router(Misspelt)


@pytest.mark.parametrize(
    ("verdict", "allowed", "reason"),
    [
        (True, True, None),
        (False, False, None),
        ("closed on Sundays", False, "closed on Sundays"),
        (Decision(allowed=True), True, None),
        (1, False, None),  # only True itself allows
        (None, False, None),
    ],
)
async def test_a_policy_of_ones_own(
    verdict: Any, allowed: bool, reason: str | None
) -> None:
    def answer(_: AccessRequest) -> Verdict:
        return verdict  # type: ignore[no-any-return]

    async def answer_later(_: AccessRequest) -> Verdict:
        return verdict  # type: ignore[no-any-return]

    for policy in (custom(answer), custom(answer_later)):
        decision = await policy.decide(ask("ann"))
        assert (decision.allowed, decision.reason) == (allowed, reason)
        assert (await policy.decide(ask())).needs_user


async def test_access_is_decided_before_the_body_runs() -> None:
    ran: list[str] = []

    @custom
    def never(request: AccessRequest) -> Verdict:
        return f"not {request.input['name']}"

    class App(Router[Context]):
        @query(access=never)
        async def read(self, name: str) -> None:
            ran.append(name)

        @mutation(access=all_of(authenticated, never))
        async def write(self, name: str) -> None:
            ran.append(name)

    app = create_caller(App, Context(request=Request(user=User(name="ann"))))
    for call in (app.read("x"), app.write("x")):
        with pytest.raises(TRPCError, match="not x") as caught:
            await call
        assert caught.value.code == "FORBIDDEN"
    assert ran == []

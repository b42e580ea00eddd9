"""Router classes: declaration, nesting, generics, and what registration refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel

from fairlead import (
    Context,
    DefinitionError,
    Request,
    Router,
    UserContext,
    authenticated,
    compile_router,
    create_caller,
    mutation,
    public,
    query,
    subscription,
    tracked,
)

M = TypeVar("M", bound=BaseModel)


class Item(BaseModel):
    """A model of the test's own."""

    size: int


class Crud(Router[Context], Generic[M]):
    @query(access=public)
    async def list_(self) -> list[M]:
        return []

    @subscription(access=public)
    async def watch(self, count: int) -> AsyncIterator[tracked[M | None]]:
        for number in range(count):
            yield tracked(str(number + 1), None)


class Account(Router[UserContext]):
    @query(access=authenticated)
    async def user_name(self) -> str:
        return self.ctx.user.name


class App(Router[Context]):
    items: Crud[Item]
    account: Account
    later: Later

    @mutation(access=public)
    async def resize_item(self, new_size: int, dry_run: bool = False) -> Item:
        return Item(size=0 if dry_run else new_size)


class Later(Router[Context]):
    @query(access=public)
    async def ping(self) -> str:
        return "pong"


def test_paths_are_camel_case_without_trailing_underscore() -> None:
    assert sorted(compile_router(App).procedures) == [
        "account.userName",
        "items.list",
        "items.watch",
        "later.ping",
        "resizeItem",
    ]


def test_type_variables_become_the_arguments_of_a_nested_router() -> None:
    procedures = compile_router(App).procedures
    assert procedures["items.list"].output.type_ == list[Item]
    assert procedures["items.watch"].output.type_ == (Item | None)
    assert procedures["items.watch"].tracked


def test_context_type_comes_from_the_router() -> None:
    procedures = compile_router(App).procedures
    assert procedures["account.userName"].context_type is UserContext
    assert procedures["items.list"].context_type is Context


def test_an_inherited_procedure_may_be_replaced() -> None:
    class Base(Router[Context]):
        @query(access=public)
        async def one(self) -> int:
            return 1

        @query(access=public)
        async def two(self) -> int:
            return 2

    class Child(Base):
        @query(access=public)
        async def two(self) -> int:
            return 22

    procedures = compile_router(Child).procedures
    assert list(procedures) == ["one", "two"]
    assert procedures["two"].router is Child


def test_procedure_without_access_is_refused_by_name_with_the_cure() -> None:
    with pytest.raises(
        DefinitionError, match=r"Open\.reboot declares no access.*access=public"
    ):

        class Open(Router[Context]):  # pyright: ignore[reportUnusedClass]
            @mutation()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
            async def reboot(self) -> None: ...


def test_sync_method_is_refused() -> None:
    async_only: Any = query(access=public)
    with pytest.raises(DefinitionError, match="not `async def`"):
        async_only(len)


def test_missing_result_annotation_is_refused() -> None:
    class Silent(Router[Context]):
        @query(access=public)
        async def now(self):  # type: ignore[no-untyped-def]
            return 1

    with pytest.raises(DefinitionError, match=r"Silent\.now does not say what"):
        compile_router(Silent)


def test_any_parameter_is_refused() -> None:
    class Loose(Router[Context]):
        @query(access=public)
        async def find(self, what: Any) -> int:
            return 1

    with pytest.raises(DefinitionError, match=r"'what' of Loose\.find is Any"):
        compile_router(Loose)


def test_name_that_trpc_uses_is_refused() -> None:
    class Promise(Router[Context]):
        @query(access=public)
        async def then(self) -> int:
            return 1

    with pytest.raises(DefinitionError, match="'then' is taken by tRPC"):
        compile_router(Promise)


def test_two_procedures_of_one_wire_name_are_refused() -> None:
    class Twice(Router[Context]):
        @query(access=public)
        async def get_it(self) -> int:
            return 1

        @query(access=public, name="getIt")
        async def other(self) -> int:
            return 2

    with pytest.raises(DefinitionError, match="both 'getIt' on the wire"):
        compile_router(Twice)


class Circle(Router[Context]):
    inner: Circle


def test_circle_of_routers_is_refused() -> None:
    with pytest.raises(DefinitionError, match="nest in a circle"):
        compile_router(Circle)


def test_router_without_context_is_refused() -> None:
    class Bare(Router):  # type: ignore[type-arg]  # pyright: ignore[reportMissingTypeArgument]
        @query(access=public)
        async def ping(self) -> int:
            return 1

    with pytest.raises(DefinitionError, match=r"Router\[Context\]"):
        compile_router(Bare)


async def test_unconnected_router_says_how_to_connect_it() -> None:
    with pytest.raises(DefinitionError, match="create_caller"):
        await Later().ping()


async def test_router_knows_no_other_names() -> None:
    caller: Any = create_caller(App, Context(request=Request()))
    with pytest.raises(AttributeError, match="no procedure or router 'absent'"):
        _ = caller.absent
